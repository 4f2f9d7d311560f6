using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Buffers;

namespace NetSniff.Protocols.Http;

/// <summary>Header lines as nearly all are: `name: value` and CRLF, with nothing to trim, to join or to doubt.
/// </summary>
/// <remarks>All of a head in one loop: each line is looked at and copied in whole vectors, its name known from the same
/// vector, and only then is it said to be in the list. Whatever is not so plain is left to the code that knows every
/// oddity.</remarks>
public sealed partial class HeaderBook
{
    private const int PieceBytes = 32;

    /// <summary>Longer lines are left to others.</summary>
    public const int PlainBytesMax = 512;

    /// <summary>Lines with longer names are left, too.</summary>
    public const int PlainNameBytesMax = 2 * PieceBytes;

    /// <summary>Room is made for lines that begin so far from here: for all of a head in one segment, and less than
    /// what a book may keep.</summary>
    private const int AheadBytes = 3 * 1024;

    private const ushort ColonAndSpace = ':' | ' ' << 8;

    /// <summary>Takes lines up to the first that is not plain, or that says where the body ends.</summary>
    /// <param name="position">Where a line begins; then, where the first one begins that was not taken.</param>
    /// <param name="value">Of the line that was taken last, if that is Content-Length or Transfer-Encoding.</param>
    /// <returns>Which of these two it was; <see cref="KnownHeader.Other"/> if the next line is not plain.</returns>
    public KnownHeader TakePlain(
        scoped ReadOnlySpan<byte> bytes, scoped ref int position, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (_isListClosed || _fields == FieldsMax || bytes[position] <= ' ') return KnownHeader.Other;
        if (_fields == 0) _listStart = _listEnd = _used;

        // What is taken is as long in the list as it was, so both places move by the same steps.
        ref var start = ref MemoryMarshal.GetReference(bytes);
        nint at = position;
        nint last = bytes.Length - PieceBytes;
        var ahead = _used - position;
        MakeRoom(Math.Min(bytes.Length - position, AheadBytes + PlainBytesMax));
        ref var list = ref MemoryMarshal.GetArrayDataReference(_bytes);
        var lastReserved = nint.Min(last, at + AheadBytes);
        nint nextMax = Math.Min(bytes.Length - 1, _listStart + FieldBytesMax - ahead);
        var fields = _fields;
        var header = KnownHeader.Other;
        while (at <= lastReserved)
        {
            ref var line = ref Unsafe.Add(ref start, at);
            ref var target = ref Unsafe.Add(ref list, at + ahead);
            var piece = Vector256.LoadUnsafe(ref line);
            piece.StoreUnsafe(ref target, LengthSize);
            var colons = MaskOf(piece, (byte)':');
            var ends = MaskOf(piece, (byte)'\n');
            nint length = ends != 0
                ? BitOperations.TrailingZeroCount(ends) - 1
                : CopyRest(ref line, ref Unsafe.Add(ref target, LengthSize), last - at);
            nint nameLength = BitOperations.TrailingZeroCount(colons);
            if (colons == 0 && at + PieceBytes <= last) nameLength += FirstColon(ref Unsafe.Add(ref line, PieceBytes));
            var next = at + length + 2;
            if (next > nextMax || !IsPlain(ref line, nameLength, length)) break;

            // A continuation.
            var follower = Unsafe.Add(ref start, next);
            if (follower is (byte)' ' or (byte)'\t') break;

            Unsafe.WriteUnaligned(ref target, (ushort)length);
            var valueAt = (int)(at + nameLength) + ahead + LengthSize + 2;
            at = next;
            fields++;
            var found = colons != 0 ? KnownHeaders.Find(piece, (int)nameLength) : KnownHeader.Other;
            if (found != KnownHeader.Other && TryEndBody(found, valueAt, (int)next + ahead - valueAt, out value))
            {
                header = found;
                break;
            }

            if (follower <= ' ' || fields == FieldsMax) break;
        }

        position = (int)at;
        (_listEnd, _used, _fields) = ((int)at + ahead, (int)at + ahead, fields);
        if (header != KnownHeader.Other || at <= lastReserved) return header;
        return at > last
            ? TakeLast(bytes[(int)at..], ref position, out value)
            : TakePlain(bytes, ref position, out value);
    }

    /// <summary>Notes where the value of a known field lies, if it is the first.</summary>
    /// <returns>Whether it says where the body ends.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryEndBody(KnownHeader header, int valueAt, int length, out ReadOnlySpan<byte> value)
    {
        ref var known = ref Unsafe.Add(ref _known[0], (int)header);
        if (known.Length == 0) known = new TextSlice(valueAt, length);
        var isEnd = header is KnownHeader.ContentLength or KnownHeader.TransferEncoding;
        value = isEnd ? _bytes.AsSpan(valueAt, length) : default;
        return isEnd;
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

    /// <summary>For so many bytes of lines, and a length before them.</summary>
    private void MakeRoom(int bytes)
    {
        var end = _used + LengthSize + bytes;
        if (end > _bytes.Length) Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)end));
    }

    /// <param name="nameLength">As far as the first colon, in a line whose first byte is no blank, or where none was
    /// found.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(ref byte line, nint nameLength, nint length) =>
        nameLength > 0 && length >= nameLength + 3
        && Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref line, nameLength)) == ColonAndSpace
        && Unsafe.Add(ref line, nameLength - 1) > ' '
        && Unsafe.Add(ref line, nameLength + 2) > ' ' && Unsafe.Add(ref line, length - 1) > ' '
        && Unsafe.Add(ref line, length) == '\r';

    /// <summary>As far as the first colon of a piece, or as long as the piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstColon(ref byte piece) =>
        BitOperations.TrailingZeroCount(MaskOf(Vector256.LoadUnsafe(ref piece), (byte)':'));

    /// <summary>Goes on behind the first piece.</summary>
    /// <param name="last">Where the last piece may begin.</param>
    /// <returns>The line's length without its end, or -1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint CopyRest(ref byte line, ref byte target, nint last)
    {
        last = nint.Min(last, PlainBytesMax - PieceBytes);
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
}
