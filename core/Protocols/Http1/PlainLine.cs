using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetSniff.Protocols.Http1;

/// <summary>A header line as nearly all are: `name: value` and CRLF, with nothing to trim, to join or to doubt.
/// </summary>
/// <remarks>Found with whole vectors and without a call, where line by line and character by character half of the time
/// of HTTP/1 went. Whatever is not so plain is left to the code that knows every oddity.</remarks>
internal static class PlainLine
{
    /// <summary>Longer ones are left to the others.</summary>
    public const int BytesMax = 512;

    /// <summary>Looks for the end of a line and copies what is looked at.</summary>
    /// <param name="target">Room for <see cref="BytesMax"/>; what stands there behind the line is nothing.</param>
    /// <param name="nameLength">Bytes before the colon.</param>
    /// <param name="length">Without its end, which has two bytes.</param>
    public static bool TryCopy(ReadOnlySpan<byte> bytes, ref byte target, out int nameLength, out int length)
    {
        (nameLength, length) = (-1, 0);
        ref var start = ref MemoryMarshal.GetReference(bytes);
        var room = Math.Min(bytes.Length, BytesMax) - Vector256<byte>.Count;
        var at = 0;
        for (; at <= room; at += Vector256<byte>.Count)
        {
            var piece = Vector256.LoadUnsafe(ref start, (nuint)at);
            piece.StoreUnsafe(ref target, (nuint)at);
            if (nameLength < 0)
            {
                var colons = Vector256.Equals(piece, Vector256.Create((byte)':')).ExtractMostSignificantBits();
                if (colons != 0) nameLength = at + BitOperations.TrailingZeroCount(colons);
            }

            var ends = Vector256.Equals(piece, Vector256.Create((byte)'\n')).ExtractMostSignificantBits();
            if (ends == 0) continue;

            length = at + BitOperations.TrailingZeroCount(ends) - 1;
            break;
        }

        // The next line's first byte must be there too: it may be a continuation.
        if (nameLength <= 0 || length < nameLength + 3 || length + 2 >= bytes.Length) return false;

        return At(ref start, length) == '\r'
            && At(ref start, nameLength + 1) == ' '
            && At(ref start, 0) > ' ' && At(ref start, nameLength - 1) > ' '
            && At(ref start, nameLength + 2) > ' ' && At(ref start, length - 1) > ' '
            && At(ref start, length + 2) is not ((byte)' ' or (byte)'\t');
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte At(ref byte start, int index) => Unsafe.Add(ref start, index);
}
