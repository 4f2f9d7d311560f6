using NetSniff.Kube.Objects;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Config;
using NetSniff.Operator.Control;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Operator.Workers;

namespace NetSniff.Operator;

/// <summary>What reconcilers are made of.</summary>
public sealed record OperatorParts
{
    public required OperatorSettings Settings { get; init; }

    /// <summary>Its writes go out only while we surely lead.</summary>
    public required ObjectClient Objects { get; init; }

    public required Applier Applier { get; init; }

    public required StatusWriter Statuses { get; init; }

    public required EventRecorder Events { get; init; }

    public required ClusterCaches Caches { get; init; }

    public required IClusterMembers Members { get; init; }

    public required TimeProvider Clock { get; init; }

    public AcceptedProfiles Accepted { get; init; } = new();

    public WorkerRules Rules { get; init; } = new();

    /// <summary>One line for the program's own log, and whether somebody should look at it.</summary>
    public required Action<string, bool> Say { get; init; }
}
