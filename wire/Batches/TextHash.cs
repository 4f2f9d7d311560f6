using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace NetSniff.Wire.Batches;

/// <summary>Where a text is looked for among those of its column, and whether it is the one that was found there.
/// </summary>
/// <remarks>The texts are strangers'. The key is the process's secret, so that nobody can send thousands that are all
/// looked for in one place; what is written does not depend on it. Texts are short: none of this is a call.</remarks>
internal static class TextHash
{
    private const ulong LengthKey = 0x9e37_79b9_7f4a_7c15;

    private static readonly ulong s_key = NewKey();

    /// <summary>For texts of two words, of which nobody may know either factor.</summary>
    private static readonly ulong s_secondKey = NewKey();

    /// <summary>Sixteen bytes a multiplication; the last sixteen overlap those before, instead of a loop over single
    /// bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(ReadOnlySpan<byte> text)
    {
        ref var start = ref MemoryMarshal.GetReference(text);
        var length = text.Length;
        var key = s_key;
        var hash = ((ulong)length * LengthKey) ^ key;
        if (length > 2 * sizeof(ulong))
        {
            var last = length - 2 * sizeof(ulong);
            for (var at = 0; at < last; at += 2 * sizeof(ulong))
            {
                hash = Mix(Word(ref start, at) ^ key, Word(ref start, at + sizeof(ulong)) ^ hash);
            }

            hash = Mix(Word(ref start, last) ^ key, Word(ref start, last + sizeof(ulong)) ^ hash);
        }
        else
        {
            var (first, second) = Ends(ref start, length);
            hash = Mix(first ^ key, second ^ hash);
        }

        return (uint)(hash >> 32) ^ (uint)hash;
    }

    /// <summary>The same of a text of two words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(ulong first, ulong second)
    {
        var hash = Mix(first ^ s_key, second ^ s_secondKey);
        return (uint)(hash >> 32) ^ (uint)hash;
    }

    /// <summary>Whether two texts of the same length are the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreSame(ref byte left, ref byte right, int length)
    {
        if (length <= 2 * sizeof(ulong)) return Ends(ref left, length) == Ends(ref right, length);

        var last = length - Vector128<byte>.Count;
        for (var at = 0; at < last; at += Vector128<byte>.Count)
        {
            if (Vector128.LoadUnsafe(ref left, (nuint)at) != Vector128.LoadUnsafe(ref right, (nuint)at)) return false;
        }

        return Vector128.LoadUnsafe(ref left, (nuint)last) == Vector128.LoadUnsafe(ref right, (nuint)last);
    }

    /// <summary>All of a text of at most sixteen bytes, in two words that may overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong First, ulong Second) Ends(ref byte start, int length)
    {
        if (length >= sizeof(ulong)) return (Word(ref start, 0), Word(ref start, length - sizeof(ulong)));
        if (length >= sizeof(uint))
        {
            return (Unsafe.ReadUnaligned<uint>(ref start),
                Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, length - sizeof(uint))));
        }

        if (length == 0) return default;
        return (start, (ulong)Unsafe.Add(ref start, length >> 1) << 8 | Unsafe.Add(ref start, length - 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ref byte start, int at) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at));

    private static ulong NewKey() => MemoryMarshal.Read<ulong>(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    /// <summary>Both halves of a product of two words that nobody outside knows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong left, ulong right)
    {
        var product = Math.BigMul(left, right);
        return (ulong)(product >> 64) ^ (ulong)product;
    }
}
