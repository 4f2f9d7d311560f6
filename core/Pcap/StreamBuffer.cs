using System.Buffers;

namespace NetSniff.Pcap;

/// <summary>Lets a writer of frames fill a buffer that goes to a stream whenever it is full.</summary>
/// <remarks>The stream stays the caller's. Nothing is written behind the caller's back but in <see cref="GetSpan"/>;
/// call <see cref="Flush"/> at the end.</remarks>
public sealed class StreamBuffer(Stream stream, int size = StreamBuffer.DefaultBytes) : IBufferWriter<byte>
{
    public const int DefaultBytes = 256 << 10;

    private byte[] _buffer = new byte[size];
    private int _filled;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _filled);
        _filled += count;
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _buffer.AsSpan(_filled);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _buffer.AsMemory(_filled);
    }

    /// <summary>Hands everything to the stream and flushes that too.</summary>
    public void Flush()
    {
        WriteOut();
        stream.Flush();
    }

    private void MakeRoom(int sizeHint)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_buffer.Length - _filled >= needed) return;

        WriteOut();
        if (_buffer.Length < needed) _buffer = new byte[needed];
    }

    private void WriteOut()
    {
        stream.Write(_buffer, 0, _filled);
        _filled = 0;
    }
}
