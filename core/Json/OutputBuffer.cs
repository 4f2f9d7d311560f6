using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace NetSniff.Json;

/// <summary>Lines on their way out: collected in one buffer and written in big pieces, so that a line costs no call of
/// the system.</summary>
public sealed class OutputBuffer(Stream stream) : IBufferWriter<byte>
{
    /// <summary>Written out once so much has gathered, at the end of a line.</summary>
    public const int PieceBytes = 128 * 1024;

    private readonly Stream _stream = stream;
    private byte[] _bytes = new byte[2 * PieceBytes];
    private int _used;

    public ReadOnlySpan<byte> Pending => _bytes.AsSpan(0, _used);

    public void Advance(int count)
    {
        Debug.Assert(count >= 0 && count <= _bytes.Length - _used);
        _used += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsSpan(_used);
    }

    public void Append(byte value)
    {
        MakeRoom(1);
        _bytes[_used++] = value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_used));
        _used += bytes.Length;
    }

    public void Append(string text)
    {
        MakeRoom(Encoding.UTF8.GetMaxByteCount(text.Length));
        _used += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_used));
    }

    /// <summary>What is long goes out as it is, behind what has gathered, and is not copied.</summary>
    public void AppendPiece(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < PieceBytes)
        {
            Append(bytes);
            if (_used >= PieceBytes) Flush();
            return;
        }

        Flush();
        _stream.Write(bytes);
        _stream.Flush();
    }

    public void EndLine()
    {
        Append((byte)'\n');
        if (_used >= PieceBytes) Flush();
    }

    public void Flush()
    {
        if (_used == 0) return;

        // Emptied first: after a failed write nobody tries the same bytes again.
        var length = _used;
        _used = 0;
        _stream.Write(_bytes, 0, length);
        _stream.Flush();
    }

    // Kept apart from growing, so that having room costs a comparison.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MakeRoom(int size)
    {
        if (_bytes.Length - _used < size || size == 0) Grow(size);
    }

    // One line fits what a record can hold, so this grows to a small multiple of RecordSink.RecordBytesMax at most.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int size)
    {
        size = Math.Max(size, 1);
        if (_bytes.Length - _used < size) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _used + size));
    }
}
