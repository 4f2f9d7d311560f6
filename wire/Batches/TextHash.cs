using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace NetSniff.Wire.Batches;

/// <summary>Where a text is looked for among those of its column, and whether it is the one that was found there.
/// </summary>
/// <remarks>The texts are strangers'. The key is the process's secret, so that nobody can send thousands that are all
/// looked for in one place; what is written does not depend on it. Texts are short: none of this is a call.</remarks>
/// <param name="Key">Of all texts.</param>
/// <param name="SecondKey">For texts of two words, of which nobody may know either factor.</param>
internal readonly record struct TextHash(ulong Key, ulong SecondKey)
{
    /// <summary>Texts of so many bytes are all in their <see cref="Ends"/>.</summary>
    public const int ShortMax = 2 * sizeof(ulong);

    private const ulong LengthKey = 0x9e37_79b9_7f4a_7c15;

    /// <summary>The process's. Who asks for many keeps a copy: each look at what is static has to ask first whether it
    /// is there yet.</summary>
    public static TextHash OfProcess { get; } = new(NewKey(), NewKey());

    /// <summary>Of a text whose <see cref="Ends"/> are known. Sixteen bytes a multiplication; the last sixteen overlap
    /// those before, instead of a loop over single bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Of(ref byte start, int length, ulong first, ulong second)
    {
        var hash = ((ulong)length * LengthKey) ^ Key;
        if (length <= ShortMax) return Fold(Mix(first ^ Key, second ^ hash));

        var last = length - ShortMax;
        for (var at = 0; at < last; at += ShortMax)
        {
            hash = Mix(Word(ref start, at) ^ Key, Word(ref start, at + sizeof(ulong)) ^ hash);
        }

        return Fold(Mix(Word(ref start, last) ^ Key, second ^ hash));
    }

    /// <summary>The same of a text of two words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Of(ulong first, ulong second) => Fold(Mix(first ^ Key, second ^ SecondKey));

    /// <summary>Whether two texts of one length, which is more than <see cref="ShortMax"/>, are the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreSame(ref byte left, ref byte right, int length)
    {
        var last = length - Vector128<byte>.Count;
        for (var at = 0; at < last; at += Vector128<byte>.Count)
        {
            if (Vector128.LoadUnsafe(ref left, (nuint)at) != Vector128.LoadUnsafe(ref right, (nuint)at)) return false;
        }

        return Vector128.LoadUnsafe(ref left, (nuint)last) == Vector128.LoadUnsafe(ref right, (nuint)last);
    }

    /// <summary>How a text begins and ends, in two words that may overlap: all of it when it is short.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (ulong First, ulong Second) Ends(ref byte start, int length)
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
    private static uint Fold(ulong hash) => (uint)(hash >> 32) ^ (uint)hash;

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
