using System.Net;
using System.Net.Security;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Authorizing;
using NetSniff.Worker.Serve.Cutting;
using NetSniff.Worker.Serve.Feed;
using NetSniff.Worker.Serve.Keeping;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve;

/// <summary>What a query port needs.</summary>
public sealed record QueryOptions
{
    public required IPEndPoint Listen { get; init; }

    /// <summary>Asked for each connection, so that certificates may change. Must ask for a client's certificate without
    /// insisting on one, and refuse one that is not of our authority.</summary>
    public required Func<SslServerAuthenticationOptions> Tls { get; init; }

    /// <summary>Null when certificates alone let in.</summary>
    public BearerToken? Token { get; init; }

    /// <summary>Null where certificates and secrets alone decide.</summary>
    public AuthorizingOptions? Authorizing { get; init; }

    /// <summary>What our own certificate is made out to: where all workers share one, who shows it is a worker. Null
    /// where each has its own.</summary>
    public Func<string>? OwnCertificate { get; init; }

    public required IRecordStore Store { get; init; }

    public required RecordFeed Feed { get; init; }

    public required IWorkerAccount Account { get; init; }

    /// <summary>The other workers; null when there are none.</summary>
    public IWorkerMembers? Members { get; init; }

    /// <summary>Null where no raw packets are given out.</summary>
    public PacketServing? Packets { get; init; }

    /// <summary>Files of packets that are kept; null where none are.</summary>
    public KeptFiles? Kept { get; init; }

    public ServeLimits Limits { get; init; } = new();

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Why a caller may not ask for a path; null when they may.</summary>
    public Func<Caller, string, string?>? Refuses { get; init; }

    internal bool IsWorker(Caller caller) => caller.IsMember
        && (caller.Name == OwnCertificate?.Invoke() || Members?.Others.Any(other => other.Name == caller.Name) == true);
}

/// <summary>How people are let in who have nothing of ours to show.</summary>
/// <param name="Certificates">Names of those that may read, beside the workers'.</param>
public sealed record AuthorizingOptions(IAuthority Authority, IReadOnlySet<string> Certificates)
{
    /// <summary>How often a call that goes on is looked at again.</summary>
    public TimeSpan LookAgain { get; init; } = RememberingAuthority.AllowedKept;
}
