using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NetSniff.Json;

/// <summary>A stretch of a line whose names and signs are known beforehand, written into room that is known to be
/// enough: a literal holds the end of one property and the name of the next, and is a move or two.</summary>
/// <remarks>Between <see cref="JsonLine.Begin"/> and <see cref="JsonLine.End(in JsonPiece)"/>; the caller writes the
/// commas itself. Values are numbers, or texts of ours.</remarks>
public ref struct JsonPiece(Span<byte> room)
{
    private const int TwoDigits = 100;

    private readonly Span<byte> _room = room;

    public int Length { get; private set; }

    /// <summary>Where the next byte goes.</summary>
    public readonly Span<byte> Rest => _room[Length..];

    /// <param name="text">JSON already.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(scoped ReadOnlySpan<byte> text)
    {
        text.CopyTo(_room.Slice(Length, text.Length));
        Length += text.Length;
    }

    /// <summary>Bytes were written into <see cref="Rest"/>.</summary>
    public void Advance(int count)
    {
        Debug.Assert(count >= 0 && count <= _room.Length - Length);
        Length += count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(ulong value)
    {
        if (value < 10)
        {
            _room[Length++] = (byte)('0' + value);
            return;
        }

        PutLong(value);
    }

    private void PutLong(ulong value)
    {
        if (value < TwoDigits)
        {
            var (tens, ones) = Math.DivRem((uint)value, 10u);
            _room[Length] = (byte)('0' + tens);
            _room[Length + 1] = (byte)('0' + ones);
            Length += 2;
            return;
        }

        Utf8Formatter.TryFormat(value, Rest, out var written);
        Length += written;
    }
}
