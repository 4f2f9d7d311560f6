using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Detection.Rules.Patterns;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>A rule at work: what it was compiled to, what it remembers, what it counted. One thread.</summary>
internal sealed class Rule
{
    private const int TextsBytesMax = 8 << 10;

    private readonly Filter[] _filters;
    private readonly Silence[] _silences;
    private readonly Dedupe _dedupe;
    private readonly OutputTemplate? _output;
    private readonly PatternJudge? _patterns;
    private readonly byte[] _name;
    private readonly byte[] _severity;
    private readonly byte[] _mode;
    private readonly byte[] _detector;
    private byte[] _groupScratch = [];

    public Rule(
        RuleSpec spec, IReadOnlyList<Filter> filters, Judge judge, Dedupe dedupe, IReadOnlyList<Silence> silences,
        OutputTemplate? output)
    {
        (Spec, Judge, _dedupe, _output) = (spec, judge, dedupe, output);
        _filters = [.. filters.Where(filter => !filter.IsAlways)];
        _silences = [.. silences];
        Keys = [.. _filters.SelectMany(FilterKeys.Of)];
        _patterns = judge as PatternJudge;
        _name = Encoding.UTF8.GetBytes(spec.FullName);
        _severity = Encoding.UTF8.GetBytes(spec.Severity.ToString().ToLowerInvariant());
        _mode = Encoding.UTF8.GetBytes(spec.Mode.ToString().ToLowerInvariant());
        _detector = Encoding.UTF8.GetBytes(spec.Detector.Type);
    }

    public RuleSpec Spec { get; }

    public RuleCounters Counters { get; } = new();

    /// <summary>Which kinds of record it must be shown, by number.</summary>
    public required IReadOnlyList<bool> Kinds { get; init; }

    /// <summary>What it remembers takes from this.</summary>
    public required StateBudget Budget { get; init; }

    /// <summary>What every record that it is about has; <see cref="RuleIndex"/> finds it by one of them.</summary>
    public IReadOnlyList<FilterKey> Keys { get; }

    /// <summary>Asked before the rule is, for all that look at the same texts; null where it asks for none.</summary>
    public PatternGate? Gate => _patterns?.Gate;

    private Judge Judge { get; }

    public RuleState State() => new(Spec, Counters)
    {
        Exceptions = [.. _silences.Select(silence => silence.State())],
        Groups = Judge.Groups,
        GroupsEvicted = Judge.Evicted,
    };

    public void OnRecord(in RecordView record, FindingSink findings)
    {
        var counters = Counters;
        counters.Evaluated++;
        foreach (var filter in _filters)
        {
            if (!filter.Matches(record)) return;
        }

        counters.Matched++;
        if (Judge.IsCounting && IsSilent(in record)) return;
        if (!Judge.Holds(in record, counters, out var judgement)) return;
        if (!Judge.IsCounting && IsSilent(in record)) return;

        counters.Fired++;
        if (!_dedupe.TryPass(in record, counters, out var group, out var repeats)) return;

        counters.Raised++;
        counters.LastNanos = Math.Max(counters.LastNanos, record.Header.TimeNanos);
        Emit(record, findings, in judgement, group, repeats);
    }

    private bool IsSilent(in RecordView record)
    {
        foreach (var silence in _silences)
        {
            if (!silence.Hides(in record)) continue;

            Counters.Excepted++;
            return true;
        }

        return false;
    }

    private void Emit(
        RecordView record, FindingSink findings, in Judgement judgement, GroupKey group, ulong repeats)
    {
        if (_groupScratch.Length == 0) _groupScratch = new byte[TextsBytesMax];
        var time = record.Header.TimeNanos;
        var title = _output?.Of(record, Spec, in judgement, Judge.Limit, _patterns?.Trace)
            ?? (Spec.Description.Length > 0 ? Spec.Description : Spec.FullName);
        Span<byte> id = stackalloc byte[Marshal.SizeOf<GroupKey>()];
        WriteId(record, group, findings.Position, id);
        findings.Emit(
            new FindingRecord
            {
                Rule = _name,
                Severity = Spec.Severity,
                SeverityName = _severity,
                Mode = _mode,
                Detector = _detector,
                Title = Encoding.UTF8.GetBytes(title),
                Id = id,
                Kind = Encoding.UTF8.GetBytes(record.Schema.Info.Name),
                FirstNanos = Judge.IsCounting ? Math.Min(judgement.FirstNanos, time) : time,
                LastNanos = time,
                Count = judgement.Count,
                Limit = Judge.Limit,
                IsEstimated = judgement.IsEstimated,
                Score = judgement.Score,
                Repeats = repeats,
                Group = List(_dedupe.Groups.Texts(record), _groupScratch),
                Patterns = List(_patterns?.Trace.Names ?? [], new byte[TextsBytesMax]),
                Field = Encoding.UTF8.GetBytes(_patterns?.Trace.Field ?? ""),
                Evidence = Encoding.UTF8.GetBytes(_patterns?.Trace.Evidence ?? ""),
                Tactics = List(Spec.Tactics, new byte[TextsBytesMax]),
                Techniques = List(Spec.Techniques, new byte[TextsBytesMax]),
                References = List(Spec.References, new byte[2 * TextsBytesMax]),
            },
            record.Header.Traits);
    }

    /// <summary>The same when the same records come again: nothing of it depends on what was remembered.</summary>
    private void WriteId(RecordView record, GroupKey group, ulong position, Span<byte> id)
    {
        var hash = new KeyHash();
        hash.Add(_name);
        hash.Add(group.First);
        hash.Add(group.Second);
        hash.Add((ulong)record.Header.TimeNanos);
        hash.Add(record.Header.FlowId);
        hash.Add(position);
        MemoryMarshal.Write(id, hash.Key);
    }

    private static TextList List(IEnumerable<string> texts, byte[] scratch)
    {
        var list = new TextListBuilder(scratch);
        foreach (var text in texts) list.Add(Encoding.UTF8.GetBytes(text));
        return list.List;
    }
}

/// <summary>An exception of a rule at work.</summary>
internal sealed class Silence(ExceptionSpec spec, Filter condition)
{
    private long _hidden;
    private bool _isExpired;

    /// <summary>By the record's time: what happened before the end is hidden, whenever it comes.</summary>
    public bool Hides(in RecordView record)
    {
        if (record.Header.TimeNanos >= spec.ExpireNanos)
        {
            _isExpired = true;
            return false;
        }

        if (!condition.Matches(record)) return false;

        _hidden++;
        return true;
    }

    public ExceptionState State() => new(spec.Name, spec.Reason, spec.ExpireNanos, _hidden, _isExpired);
}
