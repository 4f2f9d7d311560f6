using NetSniff.Kube.Objects;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Config;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Operator.Sensors;
using NetSniff.Operator.Workers;
using NetSniff.Wire.Security;

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

    public FilterChecks Filters { get; init; } = new(null);

    public WorkerRules Rules { get; init; } = new();

    /// <summary>What we made, as it is.</summary>
    public required ChildCaches Children { get; init; }

    public required ObjectNames Names { get; init; }

    /// <summary>What the sensors of each class were last told.</summary>
    public SensorPlans Sensors { get; init; } = new();

    /// <summary>What this replica shows of itself to workers.</summary>
    public required ICertificateSource Certificates { get; init; }

    /// <summary>One line for the program's own log, and whether somebody should look at it.</summary>
    public required Action<string, bool> Say { get; init; }
}
