using System.Buffers.Binary;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>How often a stack was seen on a thread, and whether it ran managed code then.</summary>
internal readonly record struct StackCount(long Thread, ulong[] Addresses, long Managed, long External);

/// <summary>Counts the samples of a trace by thread and stack, and learns the names of methods.</summary>
internal sealed class SampledStacks : INettraceVisitor
{
    /// <summary>Different stacks kept; samples of further ones are counted without one.</summary>
    private const int StacksMax = 100_000;
    private const string Sampler = "Microsoft-DotNETCore-SampleProfiler";
    private const string Rundown = "Microsoft-Windows-DotNETRuntimeRundown";
    private const int MethodEndVerbose = 144;

    /// <summary>The thread ran managed code, as against waiting or being in native code.</summary>
    private const int ManagedSample = 2;

    private readonly Dictionary<(long Thread, int Stack), (long Managed, long External)> _counts = [];
    private readonly Dictionary<ulong[], int> _numbers = new(new AddressesComparer());
    private readonly Dictionary<ulong[], int>.AlternateLookup<ReadOnlySpan<ulong>> _lookup;
    private readonly List<ulong[]> _stacks = [[]];

    public SampledStacks() => _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<ulong>>();

    public MethodTable Methods { get; } = new();

    public long Samples { get; private set; }

    public IEnumerable<StackCount> Counts => _counts.Select(pair => new StackCount(
        pair.Key.Thread, _stacks[pair.Key.Stack], pair.Value.Managed, pair.Value.External));

    public void Event(
        string provider, int number, long thread, ReadOnlySpan<byte> stack, ReadOnlySpan<byte> payload)
    {
        if (provider == Sampler) AddSample(thread, stack, payload);
        else if (provider == Rundown && number == MethodEndVerbose) AddMethod(payload);
    }

    private void AddSample(long thread, ReadOnlySpan<byte> stack, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 4) return;

        Samples++;
        var isManaged = BinaryPrimitives.ReadInt32LittleEndian(payload) == ManagedSample;
        var key = (thread, NumberOf(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(stack)));
        var (managed, external) = _counts.GetValueOrDefault(key);
        _counts[key] = isManaged ? (managed + 1, external) : (managed, external + 1);
    }

    private int NumberOf(ReadOnlySpan<ulong> addresses)
    {
        if (_lookup.TryGetValue(addresses, out var known)) return known;
        if (_stacks.Count >= StacksMax) return 0;

        _stacks.Add(addresses.ToArray());
        _numbers[_stacks[^1]] = _stacks.Count - 1;
        return _stacks.Count - 1;
    }

    /// <summary>MethodDCEndVerbose: id, module, start (64 bits each), size, token, flags (32 bits each), namespace,
    /// name, signature.</summary>
    private void AddMethod(ReadOnlySpan<byte> payload)
    {
        var block = new NettraceBlock(payload);
        block.Bytes(16);
        var start = block.UInt64();
        var size = (uint)block.Int32();
        block.Bytes(8);
        var space = block.Text();
        var name = block.Text();
        if (!block.RanShort) Methods.Add(start, size, space.Length == 0 ? name : $"{space}.{name}");
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
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(alternate));
            return hash.ToHashCode();
        }

        public ulong[] Create(ReadOnlySpan<ulong> alternate) => alternate.ToArray();
    }
}
