namespace NetSniff.Operator.Control;

public enum MemberKind { Sensor, Worker }

/// <summary>What a sensor or a worker last said of itself.</summary>
public sealed record MemberState
{
    public required MemberKind Kind { get; init; }

    /// <summary>Name of its pod.</summary>
    public required string Pod { get; init; }

    /// <summary>Name of the machine it runs on.</summary>
    public required string Node { get; init; }

    /// <summary>A sensor's placement class; empty for a worker.</summary>
    public string Class { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>Of the plan it runs; empty before the first.</summary>
    public string Revision { get; init; } = "";

    public long Sequence { get; init; }

    /// <summary>Why it refused the last plan; empty when it did not.</summary>
    public string Refused { get; init; } = "";

    public bool IsReady { get; init; }

    /// <summary>Why it is not ready; empty when it is.</summary>
    public string NotReady { get; init; } = "";

    /// <summary>It has deleted what it kept, and does nothing more until its pod is made anew.</summary>
    public bool IsPurged { get; init; }

    public DateTimeOffset HeardAt { get; init; }

    /// <summary>Since it began.</summary>
    public long Packets { get; init; }

    public long Bytes { get; init; }

    public long PacketsDropped { get; init; }

    /// <summary>In the last minute.</summary>
    public double PacketsPerSecond { get; init; }

    public double BitsPerSecond { get; init; }

    /// <summary>Dropped by seen, in the last minute.</summary>
    public double DropRatio { get; init; }

    /// <summary>Where the governor stands: `full`, `sampled-4`, `headers`, `flows`.</summary>
    public string Rung { get; init; } = "full";

    /// <summary>Why it stands there; empty for `full`.</summary>
    public string RungReason { get; init; } = "";

    /// <summary>CPUs in use.</summary>
    public double Cpus { get; init; }

    public long MemoryBytes { get; init; }

    /// <summary>Age of what waits longest: in a sensor's spool, or between a worker's log and its store.</summary>
    public TimeSpan Lag { get; init; }

    public IReadOnlyList<RuleState> Rules { get; init; } = [];
}

/// <summary>What a worker says of one rule.</summary>
/// <param name="Name">Of the DetectionRule, with its namespace: `netsniff-system/port-scan`.</param>
/// <param name="Findings">Told, since the worker began.</param>
/// <param name="Shadowed">Found in Shadow mode.</param>
/// <param name="Suppressed">Hidden by an exception, a repeat or a rate.</param>
/// <param name="MeanEvaluation">Of one record.</param>
/// <param name="Evaluations">Records that were shown to it, since the worker began.</param>
public sealed record RuleState(
    string Name,
    long Findings,
    long Shadowed,
    long Suppressed,
    DateTimeOffset? LastFinding,
    TimeSpan MeanEvaluation,
    long Evaluations);

/// <summary>A finding that asks for an Event.</summary>
/// <param name="Rule">With its namespace.</param>
/// <param name="PodNamespace">Of the pod that is offended; empty where none is known.</param>
public sealed record FindingNotice(
    string Rule, string Severity, string Text, string PodNamespace, string Pod, DateTimeOffset Time, long Count);
