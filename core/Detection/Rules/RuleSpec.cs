using NetSniff.Records;

namespace NetSniff.Detection.Rules;

public enum RuleMode : byte { Alert, Shadow, Disabled }

public enum RuleScope : byte { Namespace, Cluster }

public enum PeerLocation : byte { Any, Pod, Node, External }

public enum DecodeStep : byte { URL, DoubleURL, HTML, Base64, Unicode, SQLComment }

/// <summary>A rule as somebody wrote it: docs/rules.md explains each field.</summary>
public sealed record RuleSpec
{
    public required string Name { get; init; }

    /// <summary>Empty where it has none.</summary>
    public string Namespace { get; init; } = "";

    public string File { get; init; } = "";

    public int Line { get; init; }

    public string Description { get; init; } = "";

    public RuleMode Mode { get; init; }

    public RuleScope Scope { get; init; }

    public Severity Severity { get; init; }

    public int Priority { get; init; } = 500;

    public MatchSpec Match { get; init; } = new();

    public SpecText? Condition { get; init; }

    public required DetectorSpec Detector { get; init; }

    public IReadOnlyList<ExceptionSpec> Exceptions { get; init; } = [];

    public DedupeSpec Dedupe { get; init; } = new();

    /// <summary>Types of the actions.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary>Which packets around a finding are kept; null for none.</summary>
    public CaptureSpec? Capture { get; init; }

    public SpecText? Output { get; init; }

    public IReadOnlyList<string> Tactics { get; init; } = [];

    public IReadOnlyList<string> Techniques { get; init; } = [];

    public IReadOnlyList<string> References { get; init; } = [];

    public IReadOnlyList<RuleTestSpec> Tests { get; init; } = [];

    /// <summary>Something of it could not be read; the rest is here so that all that is wrong can be told.</summary>
    public bool IsBroken { get; init; }

    /// <summary>The same for rules that say the same.</summary>
    internal GroupKey Revision { get; init; }

    /// <summary>`namespace/name`.</summary>
    public string FullName => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}

/// <summary>Packets from so long before a finding until so long after it, at most so many bytes of them.</summary>
public sealed record CaptureSpec(long BeforeNanos, long AfterNanos, long BytesMax);

public sealed record MatchSpec
{
    public IReadOnlyList<SpecText> Protocols { get; init; } = [];

    public IReadOnlyList<int> Ports { get; init; } = [];

    public PeerSpec From { get; init; } = new();

    public PeerSpec To { get; init; } = new();
}

/// <summary>Who one end must be.</summary>
public sealed record PeerSpec
{
    public PeerLocation Location { get; init; }

    public IReadOnlyList<SelectorTerm> Namespaces { get; init; } = [];

    public IReadOnlyList<SelectorTerm> Pods { get; init; } = [];

    public IReadOnlyList<SpecText> Networks { get; init; } = [];
}

public enum SelectorOperator : byte { In, NotIn, Exists, DoesNotExist }

public sealed record SelectorTerm(
    SpecText Key, SelectorOperator Operator, IReadOnlyList<string> Values);

/// <summary>What the detector of a rule looks for.</summary>
public abstract record DetectorSpec(string Type);

public sealed record MatchDetectorSpec() : DetectorSpec("match");

public sealed record ThresholdSpec(long Count, long WindowNanos) : DetectorSpec("threshold")
{
    public SpecText? SumOf { get; init; }

    public IReadOnlyList<SpecText> GroupBy { get; init; } = [];
}

public sealed record DistinctSpec(SpecText Field, long Count, long WindowNanos) : DetectorSpec("distinct")
{
    public IReadOnlyList<SpecText> GroupBy { get; init; } = [];
}

public sealed record PatternDetectorSpec(IReadOnlyList<SpecText> Fields, IReadOnlyList<PatternSpec> Patterns)
    : DetectorSpec("pattern")
{
    public int MinScore { get; init; } = 1;

    public IReadOnlyList<DecodeStep> Decode { get; init; } = [];
}

/// <summary>One of <paramref name="Literal"/> and <paramref name="Regex"/>.</summary>
public sealed record PatternSpec(string Name, SpecText? Literal, SpecText? Regex, int Score);

public sealed record ExceptionSpec(string Name, SpecText Condition, string Reason, long? ExpireNanos);

public sealed record DedupeSpec
{
    public IReadOnlyList<SpecText> GroupBy { get; init; } = [];

    /// <summary>Null for the detector's window, or none where it has none.</summary>
    public long? ForNanos { get; init; }

    public int AlertsPerMinuteMax { get; init; } = 60;
}

public sealed record RuleTestSpec(string Name, bool ExpectsAlert, int Line, string Path)
{
    public IReadOnlyList<SpecNode> Records { get; init; } = [];
}
