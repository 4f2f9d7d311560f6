using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using NetSniff.Records;

namespace NetSniff.Detection.Rules.Patterns;

/// <summary>One pattern, compiled.</summary>
/// <param name="Gate">What it asks for at least; null for nothing.</param>
internal sealed record CompiledPattern(
    string Name, int Score, string Literal, Regex? Regex, SearchValues<string>? Gate)
{
    public bool IsIn(ReadOnlySpan<char> text)
    {
        if (Regex is null) return text.Contains(Literal, StringComparison.Ordinal);
        return (Gate is null || text.ContainsAny(Gate)) && Regex.IsMatch(text);
    }
}

/// <summary>What the patterns of a rule met in one record.</summary>
internal sealed class PatternTrace
{
    public List<string> Names { get; } = [];

    public string Field { get; set; } = "";

    public string Evidence { get; set; } = "";

    public void Clear()
    {
        Names.Clear();
        (Field, Evidence) = ("", "");
    }
}

/// <summary>Patterns with scores, looked for in the texts of a record as they are and as decoders make them.</summary>
internal sealed class PatternJudge : Judge
{
    /// <summary>Bytes of evidence that a finding shows.</summary>
    private const int EvidenceMax = 256;

    private readonly FieldProbe[] _fields;
    private readonly DecodeStep[] _steps;
    private readonly CompiledPattern[] _patterns;
    private readonly CompiledPattern[] _ungated;
    private readonly SearchValues<string>? _gate;
    private readonly PatternScratch _scratch;
    private readonly bool[] _met;
    private readonly int _minScore;
    private int _score;

    /// <param name="literals">What of the patterns one must be there, for those that ask for something.</param>
    /// <param name="shared">The gate of all rules that look at the same texts.</param>
    public PatternJudge(
        IReadOnlyList<FieldProbe> fields, PatternDetectorSpec spec, IReadOnlyList<CompiledPattern> patterns,
        IReadOnlyList<string> literals, PatternScratch scratch, PatternGate? shared)
    {
        _fields = [.. fields];
        _steps = [.. spec.Decode];
        _patterns = [.. patterns];
        _ungated = [.. patterns.Where(pattern => pattern.Regex is not null && pattern.Gate is null)];
        _gate = literals.Count == 0 ? null : SearchValues.Create([.. literals], StringComparison.OrdinalIgnoreCase);
        _scratch = scratch;
        Gate = _ungated.Length == 0 ? shared : null;
        _met = new bool[_patterns.Length];
        _minScore = spec.MinScore;
    }

    public override bool IsCounting => false;

    /// <summary>What is to be asked before this is; null where some pattern asks for no text.</summary>
    public PatternGate? Gate { get; }

    /// <summary>Of the last record that was bad.</summary>
    public PatternTrace Trace { get; } = new();

    public override bool Holds(in RecordView record, RuleCounters counters, out Judgement judgement)
    {
        judgement = default;
        if (_score != 0)
        {
            _score = 0;
            _met.AsSpan().Clear();
            Trace.Clear();
        }

        foreach (var field in _fields)
        {
            if (!field.TryGet(in record, out var value)) continue;
            if (value.Kind != FieldKind.Texts)
            {
                Look(field, value.Raw, counters);
                continue;
            }

            foreach (var text in value.Texts) Look(field, text, counters);
        }

        if (_score < _minScore) return false;

        judgement.Score = (ulong)_score;
        return true;
    }

    private void Look(FieldProbe field, ReadOnlySpan<byte> text, RuleCounters counters)
    {
        if (text.Length > PatternScratch.TextBytesMax) counters.TextsCut++;
        var views = new TextViews(text, _steps, _scratch);
        while (views.MoveNext()) LookAt(field, views.Current);
    }

    private void LookAt(FieldProbe field, ReadOnlySpan<char> text)
    {
        var mayHold = _gate is not null && text.ContainsAny(_gate);
        if (!mayHold && _ungated.Length == 0) return;

        for (var index = 0; index < _patterns.Length; index++)
        {
            var pattern = _patterns[index];
            if (_met[index] || (!mayHold && pattern.Gate is not null) || !pattern.IsIn(text)) continue;

            _met[index] = true;
            _score += pattern.Score;
            Trace.Names.Add(pattern.Name);
            if (Trace.Names.Count > 1) continue;

            Trace.Field = field.Name;
            Trace.Evidence = Around(text, pattern);
        }
    }

    private static string Around(ReadOnlySpan<char> text, CompiledPattern pattern)
    {
        var at = pattern.Regex is null ? text.IndexOf(pattern.Literal, StringComparison.Ordinal) : 0;
        if (pattern.Regex is { } regex)
        {
            foreach (var match in regex.EnumerateMatches(text))
            {
                at = match.Index;
                break;
            }
        }

        var start = Math.Max(0, Math.Min(at - EvidenceMax / 4, text.Length - EvidenceMax));
        var shown = text.Slice(start, Math.Min(EvidenceMax, text.Length - start));
        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(shown.ToString()));
    }
}
