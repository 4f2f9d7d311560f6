using System.Runtime.InteropServices;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>How often a stack was seen on a thread.</summary>
/// <param name="Own">While it ran code of its own.</param>
/// <param name="Other">While it waited or was in code that whoever looked cannot see into.</param>
internal readonly record struct StackCount(long Thread, ulong[] Addresses, long Own, long Other);

/// <summary>Counts samples by thread and stack; a stack is kept once.</summary>
internal sealed class StackCounts
{
    /// <summary>Different stacks kept; samples of further ones are counted without one.</summary>
    private const int StacksMax = 100_000;

    private readonly Dictionary<(long Thread, int Stack), (long Own, long Other)> _counts = [];
    private readonly Dictionary<ulong[], int> _numbers = new(new AddressesComparer());
    private readonly Dictionary<ulong[], int>.AlternateLookup<ReadOnlySpan<ulong>> _lookup;
    private readonly List<ulong[]> _stacks = [[]];

    public StackCounts() => _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<ulong>>();

    public long Samples { get; private set; }

    /// <summary>Samples whose stacks were not kept.</summary>
    public long Stackless { get; private set; }

    public IEnumerable<StackCount> Counts => _counts.Select(pair => new StackCount(
        pair.Key.Thread, _stacks[pair.Key.Stack], pair.Value.Own, pair.Value.Other));

    /// <summary>Every address that is in a stack; some more than once.</summary>
    public IEnumerable<ulong> Addresses => _stacks.SelectMany(stack => stack);

    public void Add(long thread, ReadOnlySpan<ulong> stack, bool isOwn)
    {
        Samples++;
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, (thread, NumberOf(stack)), out _);
        count = isOwn ? (count.Own + 1, count.Other) : (count.Own, count.Other + 1);
    }

    private int NumberOf(ReadOnlySpan<ulong> addresses)
    {
        if (_lookup.TryGetValue(addresses, out var known)) return known;
        if (_stacks.Count >= StacksMax)
        {
            Stackless++;
            return 0;
        }

        _stacks.Add(addresses.ToArray());
        _numbers[_stacks[^1]] = _stacks.Count - 1;
        return _stacks.Count - 1;
    }

    private sealed class AddressesComparer
        : IEqualityComparer<ulong[]>, IAlternateEqualityComparer<ReadOnlySpan<ulong>, ulong[]>
    {
        public bool Equals(ulong[]? x, ulong[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(ulong[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<ulong> alternate, ulong[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<ulong> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(alternate));
            return hash.ToHashCode();
        }

        public ulong[] Create(ReadOnlySpan<ulong> alternate) => alternate.ToArray();
    }
}
