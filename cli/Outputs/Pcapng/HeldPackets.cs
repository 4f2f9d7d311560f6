using System.Diagnostics;
using System.Runtime.InteropServices;
using NetSniff.Packets;

namespace NetSniff.Cli.Outputs.Pcapng;

/// <summary>The last packets of a capture that cannot be read twice, kept until it is known whether their flow is
/// wanted.</summary>
/// <remarks>A ring of bytes: a new packet pushes out the oldest. Packets of a flow are chained, so that taking them out
/// costs their number and not the size of the ring.</remarks>
internal sealed class HeldPackets
{
    public const int HeldBytesMax = 64 * 1024 * 1024;
    public const int HeldPacketsMax = 1 << 17;

    private const long None = -1;

    private readonly byte[] _bytes;
    private readonly Entry[] _entries;
    private readonly Dictionary<ulong, long> _newestOfFlow = [];
    private readonly List<long> _chain = [];
    private long _oldest;
    private long _next;
    private int _writeAt;

    public HeldPackets(int bytesMax = HeldBytesMax, int packetsMax = HeldPacketsMax)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(bytesMax);
        _entries = new Entry[packetsMax];
    }

    /// <summary>Wanted flows whose first packets had been pushed out already.</summary>
    public long FlowsCutShort { get; private set; }

    /// <summary>Packets longer than the whole ring.</summary>
    public long TooLong { get; private set; }

    public void Hold(in Frame frame, ulong flow)
    {
        var bytes = frame.Bytes;
        if (bytes.Length > _bytes.Length)
        {
            TooLong++;
            return;
        }

        var offset = MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(offset));
        var previous = None;
        if (flow != 0)
        {
            ref var newest = ref CollectionsMarshal.GetValueRefOrAddDefault(_newestOfFlow, flow, out var isKnown);
            if (isKnown) previous = newest;
            newest = _next;
        }

        _entries[_next++ % _entries.Length] = new Entry(frame, flow, offset, bytes.Length, previous);
        _writeAt = offset + bytes.Length;
    }

    /// <summary>Writes the held packets of a flow, oldest first, and forgets them.</summary>
    public void Release(ulong flow, PcapngWriter writer)
    {
        if (!_newestOfFlow.Remove(flow, out var number)) return;

        _chain.Clear();
        for (; number >= _oldest; number = EntryAt(number).Previous) _chain.Add(number);
        // The chain goes on into what was pushed out.
        if (number != None) FlowsCutShort++;
        for (var index = _chain.Count - 1; index >= 0; index--)
        {
            ref var entry = ref EntryAt(_chain[index]);
            writer.Write(entry.Frame, _bytes.AsSpan(entry.Offset, entry.Length));
            entry.Flow = 0;
        }
    }

    private int MakeRoom(int length)
    {
        if (_next - _oldest == _entries.Length) Forget();
        var start = _writeAt;
        if (start + length > _bytes.Length)
        {
            // What lies between here and the end goes first, for it is the oldest.
            while (_oldest < _next && EntryAt(_oldest).Offset >= start) Forget();
            start = 0;
        }

        while (_oldest < _next && Overlaps(EntryAt(_oldest), start, length)) Forget();
        return start;
    }

    private static bool Overlaps(in Entry entry, int start, int length) =>
        entry.Offset < start + length && start < entry.Offset + entry.Length;

    private void Forget()
    {
        ref var entry = ref EntryAt(_oldest);
        if (entry.Flow != 0 && _newestOfFlow.TryGetValue(entry.Flow, out var newest) && newest == _oldest)
        {
            _newestOfFlow.Remove(entry.Flow);
        }

        _oldest++;
    }

    private ref Entry EntryAt(long number)
    {
        Debug.Assert(number >= _oldest && number < _next);
        return ref _entries[number % _entries.Length];
    }

    private struct Entry(Frame frame, ulong flow, int offset, int length, long previous)
    {
        public readonly Frame Frame = frame;
        public readonly int Offset = offset;
        public readonly int Length = length;
        public readonly long Previous = previous;
        public ulong Flow = flow;
    }
}
