using System.Numerics;
using System.Runtime.CompilerServices;

namespace NetSniff.Wire.Batches;

/// <summary>Goes down the words of rows that lie one under the other.</summary>
internal static unsafe class RowWords
{
    /// <summary>One word of each row.</summary>
    /// <param name="from">The first row's.</param>
    /// <param name="stride">Words from one row to the next.</param>
    /// <returns>The bits that any of them has.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Copy(ulong* from, int stride, int rows, ulong* to)
    {
        var bits = 0ul;
        // Four at a time: a word is a load, an or and a store, and what a turn of the loop costs besides is as much.
        nint step = stride;
        for (; rows >= 4; rows -= 4, from += 4 * step, to += 4)
        {
            var (first, second) = (from[0], from[step]);
            var (third, fourth) = (from[2 * step], from[3 * step]);
            bits |= first | second | third | fourth;
            (to[0], to[1], to[2], to[3]) = (first, second, third, fourth);
        }

        for (; rows > 0; rows--, from += step, to++)
        {
            bits |= *from;
            *to = *from;
        }

        return bits;
    }

    /// <summary>The same of a part of the word.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Copy(ulong* from, int stride, int rows, ulong* to, int shift, ulong mask)
    {
        var bits = 0ul;
        nint step = stride;
        for (; rows >= 2; rows -= 2, from += 2 * step, to += 2)
        {
            var (first, second) = (from[0] >> shift & mask, from[step] >> shift & mask);
            bits |= first | second;
            (to[0], to[1]) = (first, second);
        }

        if (rows == 0) return bits;
        *to = *from >> shift & mask;
        return bits | *to;
    }

    /// <summary>One word of some of the rows.</summary>
    /// <param name="rows">A bit for each of them. They come in runs: what a record has, those beside it mostly have.
    /// </param>
    /// <returns>How many, and the bits that any and that all of them have.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (int Count, ulong Any, ulong All) Copy(ulong* from, int stride, ulong rows, ulong* to)
    {
        var start = to;
        var (any, all) = (0ul, ulong.MaxValue);
        while (rows != 0)
        {
            var skipped = BitOperations.TrailingZeroCount(rows);
            from += skipped * stride;
            rows >>= skipped;
            var run = BitOperations.TrailingZeroCount(~rows);
            // In two steps, as all 64 cannot be shifted out in one.
            rows = rows >> (run - 1) >> 1;
            for (; run > 0; run--, from += stride)
            {
                var value = *from;
                (any, all) = (any | value, all & value);
                *to++ = value;
            }
        }

        return ((int)(to - start), any, all);
    }
}
