namespace NetSniff.Wire.Health.Profiling;

/// <summary>How often a stack was seen on a thread.</summary>
internal sealed class StackCount(ulong hash, ulong[] addresses)
{
    /// <summary>The innermost first.</summary>
    public ulong[] Addresses { get; } = addresses;

    public ulong Hash { get; } = hash;

    /// <summary>While the thread ran code of its own.</summary>
    public long Own { get; set; }

    /// <summary>While it waited or was in code that whoever looked cannot see into.</summary>
    public long Other { get; set; }

    /// <summary>The next one in the same place of the table.</summary>
    public StackCount? Next { get; set; }
}

/// <summary>Counts samples by thread and stack; a stack is kept once for each thread.</summary>
/// <remarks>A table of its own instead of a dictionary of pairs: the framework's code for types of ours would be
/// compiled while we look, which would cost the program more than all samples do.</remarks>
internal sealed class StackCounts
{
    /// <summary>Different stacks kept; samples of further ones are counted without one.</summary>
    private const int StacksMax = 100_000;

    private readonly Dictionary<int, Table> _threads = [];
    private int _stacks;

    public long Samples { get; private set; }

    /// <summary>Samples whose stacks were not kept.</summary>
    public long Stackless { get; private set; }

    public IEnumerable<StackCount> All => _threads.Values.SelectMany(table => table.All);

    public IReadOnlyList<StackCount> Of(int thread) =>
        _threads.TryGetValue(thread, out var table) ? table.All : [];

    public void Add(int thread, ReadOnlySpan<ulong> stack, bool isOwn)
    {
        Samples++;
        if (!_threads.TryGetValue(thread, out var table)) _threads[thread] = table = new Table();
        var hash = HashOf(stack);
        var count = table.Find(hash, stack);
        if (count is null && _stacks >= StacksMax)
        {
            Stackless++;
            count = table.Find(0, []) ?? table.Add(0, []);
        }
        else if (count is null)
        {
            _stacks++;
            count = table.Add(hash, stack);
        }

        if (isOwn) count.Own++;
        else count.Other++;
    }

    private static ulong HashOf(ReadOnlySpan<ulong> stack)
    {
        var hash = 0ul;
        foreach (var address in stack)
        {
            hash = (hash ^ address) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
        }

        return hash;
    }

    private sealed class Table
    {
        private readonly List<StackCount> _all = [];
        private StackCount?[] _places = new StackCount?[64];

        public IReadOnlyList<StackCount> All => _all;

        public StackCount? Find(ulong hash, ReadOnlySpan<ulong> stack)
        {
            var one = _places[hash % (ulong)_places.Length];
            while (one is not null && (one.Hash != hash || !stack.SequenceEqual(one.Addresses))) one = one.Next;
            return one;
        }

        public StackCount Add(ulong hash, ReadOnlySpan<ulong> stack)
        {
            if (_all.Count >= _places.Length)
            {
                _places = new StackCount?[2 * _places.Length];
                foreach (var known in _all) Put(known);
            }

            var added = new StackCount(hash, stack.ToArray());
            _all.Add(added);
            Put(added);
            return added;
        }

        private void Put(StackCount count)
        {
            ref var place = ref _places[count.Hash % (ulong)_places.Length];
            count.Next = place;
            place = count;
        }
    }
}
