namespace NetSniff.Records;

/// <summary>How bad a finding is. The numbers are API: they are written to stores.</summary>
public enum Severity : byte { Info = 1, Low, Medium, High, Critical }

/// <summary>What a detector says about records that it saw. Its header is that of the record that made it speak: ends,
/// flow, peers, where it was seen.</summary>
public readonly ref struct FindingRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "finding",
        "Something that a detection rule found: what, how bad, about whom, and the record it was found in.",
        "{finding.severity_name} {finding.mode} {finding.rule}  {finding.title}");

    public required ReadOnlySpan<byte> Rule { get; init; }
    public required Severity Severity { get; init; }
    public required ReadOnlySpan<byte> SeverityName { get; init; }
    public required ReadOnlySpan<byte> Mode { get; init; }
    public required ReadOnlySpan<byte> Detector { get; init; }
    public required ReadOnlySpan<byte> Title { get; init; }
    public required ReadOnlySpan<byte> Id { get; init; }
    public required ReadOnlySpan<byte> Kind { get; init; }
    public required long FirstNanos { get; init; }
    public required long LastNanos { get; init; }
    public ulong Count { get; init; }
    public ulong Limit { get; init; }
    public bool IsEstimated { get; init; }
    public ulong Score { get; init; }
    public ulong Repeats { get; init; }
    public TextList Group { get; init; }
    public TextList Patterns { get; init; }
    public ReadOnlySpan<byte> Field { get; init; }
    public ReadOnlySpan<byte> Evidence { get; init; }
    public TextList Tactics { get; init; }
    public TextList Techniques { get; init; }
    public TextList References { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        visitor.Text("finding.rule", "Name of the rule, behind its namespace where it has one", Rule);
        visitor.Number("finding.severity", "How bad: 1 info, 2 low, 3 medium, 4 high, 5 critical", (ulong)Severity,
            Severity != 0);
        visitor.Text("finding.severity_name", "How bad, by name", SeverityName);
        visitor.Text("finding.mode", "alert, or shadow: a rule that is only being tried", Mode);
        visitor.Text("finding.detector", "What the rule looks for: match, threshold, distinct or pattern", Detector);
        visitor.Text("finding.title", "The rule's message about it", Title);
        visitor.Bytes("finding.id", "The same for the same finding, however often it is found", Id);
        visitor.Text("finding.kind", "Kind of the record that it was found in", Kind);
        visitor.Time("finding.first", "Time of the first record that counts to it, to 1/32 of the window", FirstNanos,
            FirstNanos != 0);
        visitor.Time("finding.last", "Time of the last record that counts to it", LastNanos, LastNanos != 0);
        visitor.Number("finding.count", "Records, sum or distinct values that were counted", Count, Count != 0);
        visitor.Number("finding.limit", "Count from which on the rule speaks", Limit, Limit != 0);
        visitor.Flag("finding.estimated", "The count is an estimate", IsEstimated, IsEstimated);
        visitor.Number("finding.score", "Scores of the patterns that matched, together", Score, Score != 0);
        visitor.Number("finding.repeats", "Findings of the same group kept back since the last one", Repeats,
            Repeats != 0);
        visitor.Texts("finding.group", "What it is about, `field=value`", Group);
        visitor.Texts("finding.patterns", "Names of the patterns that matched", Patterns);
        visitor.Text("finding.field", "Field in which the first of them matched", Field);
        visitor.Text("finding.evidence", "Text in which it matched, decoded, around the place", Evidence);
        visitor.Texts("finding.tactics", "ATT&CK tactics", Tactics);
        visitor.Texts("finding.techniques", "ATT&CK techniques", Techniques);
        visitor.Texts("finding.references", "Where to read more", References);
    }
}
