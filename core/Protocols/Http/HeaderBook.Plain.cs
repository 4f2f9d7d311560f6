using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Buffers;

namespace NetSniff.Protocols.Http;

/// <summary>Header lines as nearly all are: `name: value` and CRLF, with nothing to trim, to join or to doubt.</summary>
/// <remarks>All of a head in one loop: each line is looked at and copied in whole vectors, its name known from the same
/// vector, and only then is it said to be in the list. Whatever is not so plain is left to the code that knows every
/// oddity.</remarks>
public sealed partial class HeaderBook
{
    /// <summary>Longer lines are left to others.</summary>
    public const int PlainBytesMax = 512;

    private const int PieceBytes = 32;
    private const ushort ColonAndSpace = ':' | ' ' << 8;

    /// <summary>Takes lines up to the first that is not plain, or that says where the body ends.</summary>
    /// <param name="position">Where a line begins; then, where the first one begins that was not taken.</param>
    /// <param name="value">Of the line that was taken last, if that is Content-Length or Transfer-Encoding.</param>
    /// <returns>Which of these two it was; <see cref="KnownHeader.Other"/> if the next line is not plain.</returns>
    public KnownHeader TakePlain(scoped ReadOnlySpan<byte> bytes, scoped ref int position, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (_isListClosed) return KnownHeader.Other;
        if (_fields == 0) _listStart = _listEnd = _used;

        ref var start = ref MemoryMarshal.GetReference(bytes);
        nint last = bytes.Length - PieceBytes;
        nint at = position;
        var listMax = _listStart + FieldBytesMax;
        var used = _used;
        var fieldsLeft = FieldsMax - _fields;
        var header = KnownHeader.Other;
        while (at <= last && fieldsLeft > 0)
        {
            if (used > _bytes.Length - (LengthSize + PlainBytesMax)) Grow(used + LengthSize + PlainBytesMax);
            ref var line = ref Unsafe.Add(ref start, at);
            ref var head = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), used);
            var piece = Vector256.LoadUnsafe(ref line);
            piece.StoreUnsafe(ref head, LengthSize);
            nint nameLength = BitOperations.TrailingZeroCount(MaskOf(piece, (byte)':'));
            var ends = MaskOf(piece, (byte)'\n');
            var found = nameLength < PieceBytes ? KnownHeaders.Find(piece, (int)nameLength) : KnownHeader.Other;
            nint length = ends != 0
                ? BitOperations.TrailingZeroCount(ends) - 1
                : CopyRest(ref line, ref Unsafe.Add(ref head, LengthSize), nint.Min(last - at, PlainBytesMax - PieceBytes));
            // Of the next line a byte must be there: it may be a continuation.
            var next = at + length + 2;
            var end = used + LengthSize + (int)length;
            if (length <= 0 || next >= bytes.Length || end > listMax) break;
            if (nameLength == PieceBytes) nameLength = bytes.Slice((int)at, (int)length).IndexOf((byte)':');
            if (!IsPlain(ref line, nameLength, length)) break;

            Unsafe.WriteUnaligned(ref head, (ushort)length);
            var valueAt = used + LengthSize + (int)nameLength + 2;
            at = next;
            used = end;
            fieldsLeft--;
            if (found == KnownHeader.Other) continue;

            ref var known = ref _known[(int)found];
            if (known.Length == 0) known = new TextSlice(valueAt, end - valueAt);
            if (found is not (KnownHeader.ContentLength or KnownHeader.TransferEncoding)) continue;

            header = found;
            value = _bytes.AsSpan(valueAt, end - valueAt);
            break;
        }

        position = (int)at;
        (_listEnd, _used, _fields) = (used, used, FieldsMax - fieldsLeft);
        return header == KnownHeader.Other && at > last && at < bytes.Length
            ? TakeLast(bytes[(int)at..], ref position, out value)
            : header;
    }

    /// <summary>Lines that begin where no whole vector is left are read from a copy, behind which blanks stand: a line
    /// that nothing follows looks like one that is continued, and is left.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private KnownHeader TakeLast(scoped ReadOnlySpan<byte> bytes, scoped ref int position, out ReadOnlySpan<byte> value)
    {
        value = default;
        // The end of the head, most likely.
        if (bytes[0] <= ' ') return KnownHeader.Other;

        Span<byte> room = stackalloc byte[2 * PieceBytes];
        room.Fill((byte)' ');
        ShortCopy.Copy(
            ref MemoryMarshal.GetReference(bytes), ref MemoryMarshal.GetReference(room), bytes.Length);
        var taken = 0;
        var header = TakePlain(room, ref taken, out value);
        position += taken;
        return header;
    }

    /// <param name="nameLength">As far as the first colon, in a line that ends behind it; -1 without one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(ref byte line, nint nameLength, nint length) =>
        nameLength > 0 && length >= nameLength + 3
        && Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref line, nameLength)) == ColonAndSpace
        && line > ' ' && Unsafe.Add(ref line, nameLength - 1) > ' '
        && Unsafe.Add(ref line, nameLength + 2) > ' ' && Unsafe.Add(ref line, length - 1) > ' '
        && Unsafe.Add(ref line, length) == '\r'
        && Unsafe.Add(ref line, length + 2) is not ((byte)' ' or (byte)'\t');

    /// <summary>Goes on behind the first piece.</summary>
    /// <param name="last">Where the last piece may begin.</param>
    /// <returns>The line's length without its end, or -1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint CopyRest(ref byte line, ref byte target, nint last)
    {
        for (nint at = 0; at < last;)
        {
            at = nint.Min(at + PieceBytes, last);
            var piece = Vector256.LoadUnsafe(ref line, (nuint)at);
            piece.StoreUnsafe(ref target, (nuint)at);
            var ends = MaskOf(piece, (byte)'\n');
            if (ends != 0) return at + BitOperations.TrailingZeroCount(ends) - 1;
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint MaskOf(Vector256<byte> piece, byte wanted) =>
        Vector256.Equals(piece, Vector256.Create(wanted)).ExtractMostSignificantBits();

    private void Grow(int bytes) => Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)bytes));
}
