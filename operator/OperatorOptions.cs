using NetSniff.Kube;
using NetSniff.Operator.Config;
using NetSniff.Operator.Reconciling.Leading;

namespace NetSniff.Operator;

/// <summary>What an operator is told by whoever starts it.</summary>
public sealed record OperatorOptions
{
    public required OperatorSettings Settings { get; init; }

    public required ClusterClient Cluster { get; init; }

    /// <summary>Another for every run of every replica.</summary>
    public required string Identity { get; init; }

    /// <summary>What identities of earlier runs begin with that have surely ended: those of the same pod.</summary>
    public string PastPrefix { get; init; } = "";

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public required Random Random { get; init; }

    public LeaseTimes Lease { get; init; } = new();

    /// <summary>What is wrong with a filter of tcpdump's language, null for nothing. Without it sensors say.</summary>
    public Func<string, string?>? CompileFilter { get; init; }

    /// <summary>One line, and whether somebody should look at it.</summary>
    public required Action<string, bool> Say { get; init; }
}
