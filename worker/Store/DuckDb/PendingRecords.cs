using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Records of one partition that wait for the commit, in memory that does not move.</summary>
internal sealed unsafe class PendingRecords
{
    private const int SegmentBytes = 1 << 20;

    private readonly List<byte[]> _segments = [];
    private readonly List<Run> _runs = [];
    private int _segment = -1;
    private int _used;

    /// <summary>The last batch of each lane with records here.</summary>
    public Dictionary<uint, ulong> Marks { get; } = [];

    public long Count { get; private set; }

    public long Bytes { get; private set; }

    public IReadOnlyList<Run> Runs => _runs;

    public void Add(uint lane, ulong batch, ReadOnlySpan<byte> records)
    {
        Marks[lane] = batch;
        Bytes += records.Length;
        while (!records.IsEmpty)
        {
            if (_segment < 0 || _segments[_segment].Length - _used < Math.Min(records.Length, SegmentBytes / 8)) Grow();
            var segment = _segments[_segment];
            var length = Whole(records, segment.Length - _used, out var count);
            if (count == 0)
            {
                Grow();
                continue;
            }

            records[..length].CopyTo(segment.AsSpan(_used));
            _runs.Add(new Run(lane, batch, (byte*)Unsafe.AsPointer(ref segment[_used]), count));
            _used += length;
            Count += count;
            records = records[length..];
        }
    }

    public void Clear()
    {
        _runs.Clear();
        Marks.Clear();
        (_segment, _used, Count, Bytes) = (-1, 0, 0, 0);
    }

    private void Grow()
    {
        _used = 0;
        if (++_segment == _segments.Count)
        {
            _segments.Add(GC.AllocateUninitializedArray<byte>(SegmentBytes, pinned: true));
        }
    }

    /// <summary>Bytes of the whole records that fit.</summary>
    private static int Whole(ReadOnlySpan<byte> records, int room, out int count)
    {
        var taken = 0;
        count = 0;
        while (taken < records.Length)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(records[taken..]);
            if (taken + length > room) break;
            taken += length;
            count++;
        }

        return taken;
    }

    /// <summary>Records of one batch side by side.</summary>
    public readonly struct Run(uint lane, ulong batch, byte* start, int count)
    {
        public uint Lane { get; } = lane;

        public ulong Batch { get; } = batch;

        public byte* Start { get; } = start;

        public int Count { get; } = count;
    }
}
