using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetSniff.Json;

/// <summary>Text that JSON takes as it is: from the space to the tilde, without quotes and backslashes.</summary>
internal static class PlainText
{
    private const sbyte FirstPlain = 0x20;
    private const byte Delete = 0x7f;

    /// <summary>Looked at and copied in one go, the last vector over the one before: most texts are so short that a
    /// call for each costs more than the work.</summary>
    /// <param name="target">As long as the text at least.</param>
    /// <returns>Whether all of it was plain; if not, the target holds nothing of use.</returns>
    public static bool TryCopy(ReadOnlySpan<byte> text, Span<byte> target)
    {
        Debug.Assert(target.Length >= text.Length);
        ref var from = ref MemoryMarshal.GetReference(text);
        ref var to = ref MemoryMarshal.GetReference(target);
        if (text.Length >= Vector256<byte>.Count) return TryCopyLong(ref from, ref to, text.Length);
        if (text.Length >= Vector128<byte>.Count)
        {
            var last = (nuint)(text.Length - Vector128<byte>.Count);
            var (first, rest) = (Vector128.LoadUnsafe(ref from), Vector128.LoadUnsafe(ref from, last));
            first.StoreUnsafe(ref to);
            rest.StoreUnsafe(ref to, last);
            return (Odd(first) | Odd(rest)) == Vector128<byte>.Zero;
        }

        return text.Length >= sizeof(ulong)
            ? TryCopyWords(ref from, ref to, text.Length)
            : TryCopyBytes(text, ref to);
    }

    private static bool TryCopyLong(ref byte from, ref byte to, int length)
    {
        var last = (nuint)(length - Vector256<byte>.Count);
        var odd = Vector256<byte>.Zero;
        for (nuint at = 0; at < last; at += (nuint)Vector256<byte>.Count)
        {
            var piece = Vector256.LoadUnsafe(ref from, at);
            piece.StoreUnsafe(ref to, at);
            odd |= Odd(piece);
        }

        var rest = Vector256.LoadUnsafe(ref from, last);
        rest.StoreUnsafe(ref to, last);
        return (odd | Odd(rest)) == Vector256<byte>.Zero;
    }

    private static bool TryCopyWords(ref byte from, ref byte to, int length)
    {
        var last = length - sizeof(ulong);
        var first = Unsafe.ReadUnaligned<ulong>(ref from);
        var rest = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, last));
        Unsafe.WriteUnaligned(ref to, first);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, last), rest);
        return Odd(Vector128.Create(first, rest).AsByte()) == Vector128<byte>.Zero;
    }

    private static bool TryCopyBytes(ReadOnlySpan<byte> text, ref byte to)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var letter = text[at];
            if (letter is < (byte)FirstPlain or >= Delete or (byte)'"' or (byte)'\\') return false;
            Unsafe.Add(ref to, at) = letter;
        }

        return true;
    }

    /// <summary>What is above 7f is below zero when it has a sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Odd(Vector128<byte> text) =>
        Vector128.LessThan(text.AsSByte(), Vector128.Create(FirstPlain)).AsByte()
        | Vector128.Equals(text, Vector128.Create((byte)'"'))
        | Vector128.Equals(text, Vector128.Create((byte)'\\'))
        | Vector128.Equals(text, Vector128.Create(Delete));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Odd(Vector256<byte> text) =>
        Vector256.LessThan(text.AsSByte(), Vector256.Create(FirstPlain)).AsByte()
        | Vector256.Equals(text, Vector256.Create((byte)'"'))
        | Vector256.Equals(text, Vector256.Create((byte)'\\'))
        | Vector256.Equals(text, Vector256.Create(Delete));
}
