using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public sealed record CaptureProfileStatus : ResourcePart
{
    [Description("Generation of the object that this is of.")]
    public long? ObservedGeneration { get; init; }

    [Description("Accepted, ResolvedRefs, Programmed, WithinBudget and Ready.")]
    [Entries(16, keys: "type")]
    public IReadOnlyList<ResourceCondition>? Conditions { get; init; }

    [Description("Hash of the configuration in force; sensors and workers tell which one they run.")]
    [Text(64)]
    public string? ConfigRevision { get; init; }

    [Description("Pods whose traffic is selected.")]
    public int? TargetedPods { get; init; }

    [Description("Sensors of this profile.")]
    public SensorCounts? Sensors { get; init; }

    [Description("Workers of this profile.")]
    public WorkerCounts? Workers { get; init; }

    [Description("What passes; written at most once a minute, and only when a digit that is shown changes.")]
    public CaptureRates? Capture { get; init; }

    [Description("The worst nodes first; all are in the metric netsniff_sensor_ready.")]
    [Entries(16, keys: "name")]
    public IReadOnlyList<UnhealthyNode>? UnhealthyNodes { get; init; }
}

public sealed record SensorCounts : ResourcePart
{
    [Description("Nodes that should have one.")]
    public int? Desired { get; init; }

    [Description("Those that capture.")]
    public int? Ready { get; init; }

    [Description("Those that run configRevision.")]
    public int? Programmed { get; init; }

    [Description("Those that read less than they were asked to.")]
    public int? Degraded { get; init; }
}

public sealed record WorkerCounts : ResourcePart
{
    [Description("So many should be there.")]
    public int? Desired { get; init; }

    [Description("So many take records in.")]
    public int? Ready { get; init; }
}

public sealed record CaptureRates : ResourcePart
{
    [Description("When this was looked at.")]
    public DateTimeOffset? LastSampleTime { get; init; }

    [Description("Packets a second, of all sensors.")]
    public long? PacketsPerSecond { get; init; }

    [Description("Bits a second, of all sensors.")]
    public long? BitsPerSecond { get; init; }

    [Description("Packets dropped, as a share of those seen.")]
    [Text(16)]
    public string? DropRatio { get; init; }
}

public sealed record UnhealthyNode : ResourcePart
{
    [Description("Name of the node.")]
    [Text(253)]
    public required string Name { get; init; }

    [Description("What is wrong, in one word.")]
    [Text(128)]
    public required string Reason { get; init; }

    [Description("What is wrong, in words for people.")]
    [Text(1024)]
    public string? Message { get; init; }
}
