using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum DetectorType { Match, Threshold, Distinct, Sequence, Pattern, Anomaly, Builtin }

public enum PatternDecoding { URL, DoubleURL, HTML, Base64, Unicode, SQLComment }

public enum AnomalyMetric { Requests, Errors, Bytes, Packets, Latency, NewPeers, DNSEntropy, BeaconScore }

public enum AnomalyMethod { RobustZScore, EWMA, SeasonalBaseline, IsolationForest }

public enum AnomalySensitivity { Low, Medium, High }

public enum BuiltinDetector
{
    PortScan, SYNFlood, UDPFlood, DNSTunnel, DGADomains, Beaconing, SQLInjection, CrossSiteScripting, PathTraversal,
    CredentialBruteForce, CloudMetadataAccess, KubernetesAPIEnumeration, ARPSpoofing,
}

[Rule("(self.type == 'Threshold') == has(self.threshold)",
    "threshold is required when, and only when, type is Threshold", ".threshold")]
[Rule("(self.type == 'Distinct') == has(self.distinct)",
    "distinct is required when, and only when, type is Distinct", ".distinct")]
[Rule("(self.type == 'Sequence') == has(self.sequence)",
    "sequence is required when, and only when, type is Sequence", ".sequence")]
[Rule("(self.type == 'Pattern') == has(self.pattern)",
    "pattern is required when, and only when, type is Pattern", ".pattern")]
[Rule("(self.type == 'Anomaly') == has(self.anomaly)",
    "anomaly is required when, and only when, type is Anomaly", ".anomaly")]
[Rule("(self.type == 'Builtin') == has(self.builtin)",
    "builtin is required when, and only when, type is Builtin", ".builtin")]
public sealed record RuleDetector : ResourcePart
{
    [Description("Match: each record. The others: which of the following says how.")]
    public required DetectorType Type { get; init; }

    [Description("Many records in a short time.")]
    public ThresholdDetector? Threshold { get; init; }

    [Description("Many different values of a field.")]
    public DistinctDetector? Distinct { get; init; }

    [Description("One thing after the other.")]
    public SequenceDetector? Sequence { get; init; }

    [Description("Texts that look like something.")]
    public PatternDetector? Pattern { get; init; }

    [Description("What is unusual here.")]
    public AnomalyDetector? Anomaly { get; init; }

    [Description("A detector that comes with the program.")]
    public BuiltinChoice? Builtin { get; init; }
}

public sealed record ThresholdDetector : ResourcePart
{
    [Description("So many are too many.")]
    [Number(1, 1000000000)]
    public required long Count { get; init; }

    [Description("Within so long.")]
    public required Duration Window { get; init; }

    [Description("Sum of this field in place of the number of records.")]
    [Text(128)]
    public string? SumOf { get; init; }

    [Description("Counted apart for each value of these fields.")]
    [Entries(8), Text(128, min: 1)]
    public IReadOnlyList<string>? GroupBy { get; init; }
}

public sealed record DistinctDetector : ResourcePart
{
    [Description("Whose values are counted.")]
    [Text(128, min: 1)]
    public required string Field { get; init; }

    [Description("So many are too many.")]
    [Number(2, 1000000)]
    public required long Count { get; init; }

    [Description("Within so long.")]
    public required Duration Window { get; init; }

    [Description("Counted apart for each value of these fields.")]
    [Entries(8), Text(128, min: 1)]
    public IReadOnlyList<string>? GroupBy { get; init; }
}

public sealed record SequenceDetector : ResourcePart
{
    [Description("Within so long.")]
    public required Duration Window { get; init; }

    [Description("Apart for each value of these fields.")]
    [Entries(8), Text(128, min: 1)]
    public IReadOnlyList<string>? GroupBy { get; init; }

    [Description("What must happen, in this order.")]
    [Entries(8, min: 2, IsAtomic = true)]
    public required IReadOnlyList<SequenceStep> Steps { get; init; }
}

public sealed record SequenceStep : ResourcePart
{
    [Description("Filter expression over one record.")]
    [Text(1024, min: 1)]
    public required string Condition { get; init; }

    [Description("So many times.")]
    [Number(1, 1000000)]
    public int AtLeast { get; init; } = 1;
}

public sealed record PatternDetector : ResourcePart
{
    [Description("Fields that are searched.")]
    [Entries(8), Text(128, min: 1)]
    public required IReadOnlyList<string> Fields { get; init; }

    [Description("Scores of what was found must add up to so much.")]
    [Number(1, 1000)]
    public int MinScore { get; init; } = 1;

    [Description("How a value is unpacked before it is searched.")]
    [Entries(6)]
    public IReadOnlyList<PatternDecoding>? Decode { get; init; }

    [Description("What is searched for.")]
    [Entries(256, min: 1, keys: "name")]
    public required IReadOnlyList<SearchedPattern> Patterns { get; init; }
}

[Rule("has(self.literal) != has(self.regex)", "exactly one of literal and regex must be set", ".literal")]
public sealed record SearchedPattern : ResourcePart
{
    [Description("What it is called.")]
    [Text(63, min: 1)]
    public required string Name { get; init; }

    [Description("This text.")]
    [Text(256, min: 1)]
    public string? Literal { get; init; }

    [Description("What this expression matches.")]
    [Text(512, min: 1)]
    public string? Regex { get; init; }

    [Description("How much it says.")]
    [Number(1, 1000)]
    public int Score { get; init; } = 1;
}

public sealed record AnomalyDetector : ResourcePart
{
    [Description("What is watched.")]
    public required AnomalyMetric Metric { get; init; }

    [Description("How the usual is told from the unusual.")]
    public AnomalyMethod Method { get; init; }

    [Description("Apart for each value of these fields.")]
    [Entries(8), Text(128, min: 1)]
    public IReadOnlyList<string>? GroupBy { get; init; }

    [Description("How much out of the usual it must be.")]
    public AnomalySensitivity Sensitivity { get; init; } = AnomalySensitivity.Medium;

    [Description("How long it learns before it says anything.")]
    public Duration? WarmUp { get; init; }

    [Description("How long it must last.")]
    public Duration? For { get; init; }
}

public sealed record BuiltinChoice : ResourcePart
{
    [Description("Which one.")]
    public required BuiltinDetector Name { get; init; }

    [Description("What it is told otherwise than it has by default.")]
    [Entries(16), Text(128)]
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }
}
