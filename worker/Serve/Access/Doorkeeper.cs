using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using NetSniff.Worker.Serve.Authorizing;

namespace NetSniff.Worker.Serve.Access;

/// <summary>Lets in who has a certificate of our authority, the token, or a token of the cluster, and only so many
/// calls of each.</summary>
/// <remarks>The handshake has checked the certificate: one that is there is good.</remarks>
/// <param name="door">Null where no raw packets are given out.</param>
internal sealed class Doorkeeper(QueryOptions options, PacketDoor? door)
{
    private const string Scheme = "Bearer ";

    /// <summary>Of a bearer token; those of a cluster's own have one KiB, those of others up to eight.</summary>
    private const int TokenLengthMax = 12 * 1024;

    /// <summary>A call that goes on is not ended while the cluster cannot be asked, for so long.</summary>
    private static readonly TimeSpan s_uncheckedMax = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string, string), int> _open = new();
    private readonly Gate _gate = new(options.Authorizing?.Authority);
    private readonly BearerToken? _packetsToken = options.Packets?.Token;
    private long _refused;

    public long Refused => Interlocked.Read(ref _refused);

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var (caller, problem) = await WhoAsync(context).ConfigureAwait(false);
        if (caller is null)
        {
            Interlocked.Increment(ref _refused);
            if (problem.Code == StatusCode.Unauthenticated) context.Response.Headers.WWWAuthenticate = "Bearer";
            await Refusals.WriteAsync(context, problem.Code, problem.Text).ConfigureAwait(false);
            return;
        }

        if (context.Request.ContentLength > options.Limits.RequestBytesMax)
        {
            await Refusals.WriteAsync(
                context, StatusCode.ResourceExhausted,
                $"a request has at most {options.Limits.RequestBytesMax} bytes").ConfigureAwait(false);
            return;
        }

        var key = (caller.Name, caller.Address);
        if (!Enter(key))
        {
            await Refusals.WriteAsync(
                context, StatusCode.ResourceExhausted,
                $"{options.Limits.CallsPerCallerMax} calls of yours are open already").ConfigureAwait(false);
            return;
        }

        try
        {
            await AdmitAsync(context, next, caller).ConfigureAwait(false);
        }
        finally
        {
            Leave(key);
        }
    }

    private async Task AdmitAsync(HttpContext context, RequestDelegate next, Caller caller)
    {
        var path = AskedPaths.Of(context);
        if ((door?.Refuse(caller, path) ?? options.Refuses?.Invoke(caller, path)) is { } reason)
        {
            await Refusals.WriteAsync(context, StatusCode.PermissionDenied, reason).ConfigureAwait(false);
            return;
        }

        var (asked, namespaces) = (AskedPaths.What(path), AskedPaths.Namespaces(context));
        var admission = await AskAsync(caller, asked, namespaces, context.RequestAborted).ConfigureAwait(false);
        if (admission.Refusal is { } refusal)
        {
            if (caller.Person is not null && asked is Asked.Packets or Asked.Sensors) door?.Note(caller);
            await Refusals.WriteAsync(context, refusal.Code, refusal.Text).ConfigureAwait(false);
            return;
        }

        using var revoked = new CancellationTokenSource();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        (caller with { Sight = admission.Sight, Revoked = revoked.Token }).KeepIn(context);
        var watching = caller.Person is null
            ? Task.CompletedTask : WatchAsync(context, caller, asked, namespaces, revoked, ended.Token);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Asks again while a call goes on, for rights are taken away and tokens end.</summary>
    private async Task WatchAsync(
        HttpContext context, Caller caller, Asked asked, IReadOnlyList<string> namespaces,
        CancellationTokenSource revoked, CancellationToken ended)
    {
        var last = options.Clock.GetTimestamp();
        while (true)
        {
            await Task.Delay(options.Authorizing!.LookAgain, options.Clock, ended).ConfigureAwait(false);
            var (again, problem) = await OfTokenAsync(SecretOf(context)!, caller.Address, ended).ConfigureAwait(false);
            var refusal = again is null ? problem.Code
                : (await AskAsync(again, asked, namespaces, ended).ConfigureAwait(false)).Refusal?.Code;
            if (refusal is null) last = options.Clock.GetTimestamp();
            else if (refusal != StatusCode.Unavailable || options.Clock.GetElapsedTime(last) > s_uncheckedMax)
            {
                await revoked.CancelAsync().ConfigureAwait(false);
                return;
            }
        }
    }

    private async Task<Admission> AskAsync(
        Caller caller, Asked asked, IReadOnlyList<string> namespaces, CancellationToken cancel)
    {
        try
        {
            return await _gate.AdmitAsync(caller.Person, asked, namespaces, cancel).ConfigureAwait(false);
        }
        catch (IOException problem)
        {
            return Admission.No(StatusCode.Unavailable, problem.Message);
        }
    }

    private async Task<(Caller? Caller, (StatusCode Code, string Text) Problem)> WhoAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var certificate = context.Connection.ClientCertificate
            ?? await context.Connection.GetClientCertificateAsync(context.RequestAborted).ConfigureAwait(false);
        if (certificate is not null) return OfCertificate(certificate, address);

        return SecretOf(context) is { } secret
            ? await OfTokenAsync(secret, address, context.RequestAborted).ConfigureAwait(false) : (null, Nobody());
    }

    private static string? SecretOf(HttpContext context)
    {
        string? given = context.Request.Headers.Authorization;
        return given?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true
            ? given[Scheme.Length..].Trim() : null;
    }

    private async Task<(Caller? Caller, (StatusCode Code, string Text) Problem)> OfTokenAsync(
        string secret, string address, CancellationToken cancel)
    {
        if (_packetsToken?.Accepts(secret) == true)
        {
            return (new Caller("packets-token", address, false) { IsForPackets = true }, default);
        }

        if (options.Token?.Accepts(secret) == true) return (new Caller("token", address, false), default);
        if (options.Authorizing is not { } authorizing || secret.Length is 0 or > TokenLengthMax)
        {
            return (null, Nobody());
        }

        try
        {
            var person = await authorizing.Authority.WhoAsync(secret, cancel).ConfigureAwait(false);
            return person is null
                ? (null, (StatusCode.Unauthenticated, "the cluster does not know this token, or it is over"))
                : (new Caller(Missing.Shown(person), address, false) { Person = person }, default);
        }
        catch (IOException problem)
        {
            return (null, (StatusCode.Unavailable, problem.Message));
        }
    }

    private (Caller? Caller, (StatusCode Code, string Text) Problem) OfCertificate(
        X509Certificate2 certificate, string address)
    {
        var caller = new Caller(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), address, true);
        if (options.Authorizing is not { } authorizing || authorizing.Certificates.Contains(caller.Name)
            || options.IsWorker(caller))
        {
            return (caller, default);
        }

        // A sensor's lies on every node: it is for sending records, not for reading those of others.
        return (null, (StatusCode.PermissionDenied,
            $"the certificate of {caller.Name} lets nobody read here: come without one and show a token of the "
            + "cluster"));
    }

    private (StatusCode Code, string Text) Nobody() => (StatusCode.Unauthenticated, options.Authorizing is null
        ? "a client certificate or a bearer token is needed"
        : "a bearer token of the cluster is needed: kubectl netsniff shows yours");

    private bool Enter((string, string) key)
    {
        if (_open.AddOrUpdate(key, 1, static (_, open) => open + 1) <= options.Limits.CallsPerCallerMax) return true;

        Leave(key);
        return false;
    }

    private void Leave((string, string) key)
    {
        if (_open.AddOrUpdate(key, 0, static (_, open) => open - 1) == 0)
        {
            // Only when it is still at nought: another call may have come in between.
            _open.TryRemove(new KeyValuePair<(string, string), int>(key, 0));
        }
    }
}
