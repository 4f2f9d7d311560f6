using System.Runtime.InteropServices;

namespace NetSniff.Cli.Outputs.Summary;

/// <summary>What is counted of one key.</summary>
internal struct TopEntry
{
    public long Count;
    public long Bytes;

    public readonly long Weight => Bytes + Count;
}

/// <summary>Counts keys that strangers choose, within a bound: when it is full the lighter half is forgotten, so the
/// heavy ones stay and are at most a little undercounted.</summary>
internal sealed class TopCounts<TKey>(int keysMax) where TKey : notnull
{
    private readonly Dictionary<TKey, TopEntry> _entries = [];

    /// <summary>Keys forgotten to stay within the bound.</summary>
    public long Forgotten { get; private set; }

    public int Count => _entries.Count;

    public void Add(TKey key, long count, long bytes)
    {
        if (_entries.Count >= keysMax && !_entries.ContainsKey(key)) ForgetLight();
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out _);
        entry.Count += count;
        entry.Bytes += bytes;
    }

    /// <summary>The same by another form of the key, which becomes one only when it is new.</summary>
    public void Add<TAlternate>(TAlternate key, long count, long bytes) where TAlternate : notnull, allows ref struct
    {
        var lookup = _entries.GetAlternateLookup<TAlternate>();
        if (_entries.Count >= keysMax && !lookup.ContainsKey(key)) ForgetLight();
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(lookup, key, out _);
        entry.Count += count;
        entry.Bytes += bytes;
    }

    /// <summary>Adds what another counted.</summary>
    public void Add(TopCounts<TKey> other)
    {
        foreach (var (key, entry) in other._entries) Add(key, entry.Count, entry.Bytes);
        Forgotten += other.Forgotten;
    }

    /// <summary>The heaviest, heaviest first.</summary>
    public List<KeyValuePair<TKey, TopEntry>> Top(int count, Comparison<TKey> tieBreak)
    {
        var all = _entries.ToList();
        all.Sort((left, right) =>
        {
            var order = right.Value.Weight.CompareTo(left.Value.Weight);
            return order != 0 ? order : tieBreak(left.Key, right.Key);
        });
        return all[..Math.Min(count, all.Count)];
    }

    private void ForgetLight()
    {
        var weights = _entries.Values.Select(entry => entry.Weight).Order().ToList();
        var median = weights[weights.Count / 2];
        foreach (var (key, entry) in _entries)
        {
            if (entry.Weight > median) continue;
            _entries.Remove(key);
            Forgotten++;
        }
    }
}
