using System.Diagnostics;
using System.Runtime.InteropServices;

namespace NetSniff.Sensor.Capture.PcapFile;

/// <summary>The part of a stream that is in memory: what was not consumed yet, at an address that stays until the next
/// fill.</summary>
/// <remarks>
/// Reads go to the same page-aligned place each time, with the unconsumed tail moved before it, so that the kernel
/// copies a whole megabyte into memory that is still in the cache. Measured on a file of 956 MB in the page cache
/// (1.6 M frames; decode, flow table and a look at the payload included), CPU nanoseconds per frame: 97 so, 120-130
/// with 256 KiB, 170 with 4 MiB, and 150 when mapped with MADV_POPULATE_READ and prefetch. A mapped file would also
/// kill the process with SIGBUS when somebody cuts it.
/// </remarks>
internal sealed unsafe class SlidingWindow : IDisposable
{
    public const int ReadBytes = 1 << 20;

    private const int PageBytes = 4096;
    private const int TailBytes = 320 << 10; // a frame of the longest kind and its header

    private byte* _buffer;
    private long _capacity = TailBytes + ReadBytes;
    private long _start = TailBytes;
    private long _end = TailBytes;

    public SlidingWindow() => _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)_capacity, PageBytes);

    public byte* Start => _buffer + _start;

    public long Length => _end - _start;

    public ReadOnlySpan<byte> Bytes => new(Start, (int)Length);

    public void Consume(long count)
    {
        Debug.Assert(count >= 0 && count <= Length);
        _start += count;
    }

    /// <summary>Reads once more from the stream, making room for <paramref name="needed"/> bytes in all.</summary>
    /// <returns>Whether the stream had any.</returns>
    public bool Fill(Stream stream, long needed)
    {
        MakeRoom(needed);
        var room = (int)Math.Min(_capacity - _end, ReadBytes);
        var count = stream.Read(new Span<byte>(_buffer + _end, room));
        _end += count;
        return count > 0;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_buffer);
        _buffer = null;
        GC.SuppressFinalize(this);
    }

    ~SlidingWindow() => NativeMemory.AlignedFree(_buffer);

    private void MakeRoom(long needed)
    {
        var tail = Length;
        if (tail <= TailBytes && needed <= TailBytes + ReadBytes)
        {
            Move(_buffer, TailBytes - tail);
            return;
        }

        // A long block that comes in small pieces is not moved for each of them.
        if (_start + needed <= _capacity && _end < _capacity) return;
        if (needed <= _capacity - ReadBytes)
        {
            Move(_buffer, 0);
            return;
        }

        var capacity = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)(needed + ReadBytes));
        var buffer = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, PageBytes);
        var old = _buffer;
        Move(buffer, 0);
        NativeMemory.AlignedFree(old);
        _capacity = capacity;
    }

    private void Move(byte* target, long position)
    {
        var tail = Length;
        Buffer.MemoryCopy(_buffer + _start, target + position, tail, tail);
        _buffer = target;
        _start = position;
        _end = position + tail;
    }
}
