using System.Diagnostics;
using System.Runtime.InteropServices;
using NetSniff.Buffers;

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

    private readonly int _readBytes;
    private byte* _buffer;
    private long _capacity;
    private long _start = TailBytes;
    private long _end = TailBytes;
    private bool _isPopulated;

    /// <param name="readBytes">Most bytes asked of the stream at a time.</param>
    public SlidingWindow(int readBytes = ReadBytes)
    {
        _readBytes = readBytes;
        _capacity = TailBytes + readBytes;
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)_capacity, PageBytes);
    }

    public byte* Start => _buffer + _start;

    public long Length => _end - _start;

    /// <summary>Most bytes asked of the stream at a time.</summary>
    public int ReadBytesMax => _readBytes;

    /// <summary>Whether more can be read behind what is there, where it is.</summary>
    public bool HasRoom => _end < _capacity;

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
        var room = (int)Math.Min(_capacity - _end, _readBytes);
        if (!_isPopulated)
        {
            LargeMemory.Populate(_buffer + TailBytes, (nuint)_readBytes);
            _isPopulated = true;
        }

        var count = stream.Read(new Span<byte>(_buffer + _end, room));
        _end += count;
        return count > 0;
    }

    /// <summary>Reads once more behind what is there, which stays where it is. There must be room.</summary>
    /// <returns>Whether the stream had any.</returns>
    public bool Append(Stream stream)
    {
        Debug.Assert(HasRoom, "room to read into");
        var count = stream.Read(new Span<byte>(_buffer + _end, (int)Math.Min(_capacity - _end, _readBytes)));
        _end += count;
        return count > 0;
    }

    /// <summary>Begins anew with what another window did not consume. What that one shows stays there.</summary>
    public void TakeOver(SlidingWindow other)
    {
        Debug.Assert(other != this, "two windows");
        var tail = other.Length;
        if (tail > _capacity) Grow(tail);
        _start = tail <= TailBytes ? TailBytes - tail : 0;
        _end = _start + tail;
        Buffer.MemoryCopy(other.Start, Start, tail, tail);
        other._start = other._end;
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
        if (tail <= TailBytes && needed <= TailBytes + _readBytes)
        {
            Move(_buffer, TailBytes - tail);
            return;
        }

        // A long block that comes in small pieces is not moved for each of them.
        if (_start + needed <= _capacity && _end < _capacity) return;
        if (needed <= _capacity - _readBytes)
        {
            Move(_buffer, 0);
            return;
        }

        var capacity = CapacityFor(needed);
        var buffer = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, PageBytes);
        var old = _buffer;
        Move(buffer, 0);
        NativeMemory.AlignedFree(old);
        _capacity = capacity;
    }

    /// <summary>More room, and nothing of what was there.</summary>
    private void Grow(long needed)
    {
        _capacity = CapacityFor(needed);
        NativeMemory.AlignedFree(_buffer);
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)_capacity, PageBytes);
    }

    private long CapacityFor(long needed) =>
        (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)(needed + _readBytes));

    private void Move(byte* target, long position)
    {
        var tail = Length;
        Buffer.MemoryCopy(_buffer + _start, target + position, tail, tail);
        _buffer = target;
        _start = position;
        _end = position + tail;
    }
}
