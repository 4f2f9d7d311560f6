using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace NetSniff.Wire.Batches;

/// <summary>Where a text is looked for among those of its column.</summary>
/// <remarks>The texts are strangers'. The key is the process's secret, so that nobody can send thousands that are all
/// looked for in one place; what is written does not depend on it.</remarks>
internal static class TextHash
{
    private const ulong LengthKey = 0x9e37_79b9_7f4a_7c15;

    private static readonly ulong s_key = MemoryMarshal.Read<ulong>(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    /// <summary>Eight bytes a multiplication; the last eight overlap those before, instead of a loop over single bytes.
    /// </summary>
    public static uint Of(ReadOnlySpan<byte> text)
    {
        ref var start = ref MemoryMarshal.GetReference(text);
        var length = text.Length;
        var key = s_key;
        var hash = ((ulong)length * LengthKey) ^ key;
        if (length >= sizeof(ulong))
        {
            var last = length - sizeof(ulong);
            for (var at = 0; at < last; at += sizeof(ulong)) hash = Mix(hash, Word(ref start, at), key);
            hash = Mix(hash, Word(ref start, last), key);
        }
        else
        {
            var word = 0ul;
            for (var at = 0; at < length; at++) word = word << 8 | Unsafe.Add(ref start, at);
            hash = Mix(hash, word, key);
        }

        return (uint)(hash >> 32) ^ (uint)hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ref byte start, int at) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong hash, ulong word, ulong key)
    {
        var high = Math.BigMul(hash ^ word, key ^ LengthKey, out var low);
        return high ^ low;
    }
}
