using System.Collections.Concurrent;
using NetSniff.Pipeline;

namespace NetSniff.Sensor.Redaction;

/// <summary>How often each pattern found something, by the name that its author gave it. Counts go on when another
/// plan has a pattern of that name. Any thread.</summary>
public sealed class PatternTally
{
    /// <summary>Names that are counted apart; those that come later are counted as one.</summary>
    public const int NamesMax = 128;

    private readonly ConcurrentDictionary<string, PatternCount> _counts = new(StringComparer.Ordinal);
    private readonly PatternCount _others = new();

    public IEnumerable<LedgerLine> Ledger()
    {
        foreach (var (name, count) in _counts)
        {
            yield return new("gate", $"found by the pattern {name}", count.Value, false);
        }

        if (_others.Value > 0) yield return new("gate", "found by other patterns", _others.Value, false);
    }

    internal PatternCount Of(string name)
    {
        if (_counts.TryGetValue(name, out var known)) return known;

        return _counts.Count >= NamesMax ? _others : _counts.GetOrAdd(name, static _ => new PatternCount());
    }
}

internal sealed class PatternCount
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Add(int found) => Interlocked.Add(ref _value, found);
}
