using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Protocols.Http2.Hpack;

/// <summary>Decodes the Huffman code of RFC 7541 a whole byte at a time.</summary>
/// <remarks>
/// A state is how far into a code the last byte ended: one of the 256 inner nodes of the code's tree. For every state
/// and byte a table holds the state after it, whether a string may end there (up to seven one-bits into a code, section
/// 5.2), and the at most two symbols that end inside (the shortest code has five bits), so one load does what a tree
/// walk does in eight.
/// <code>
///    31    30    29     26 25   24 23           16 15          8 7            0
///   +------+-----+--------+-------+---------------+-------------+--------------+
///   | dead | end |   0    | count | second symbol | first symbol| state after  |
///   +------+-----+--------+-------+---------------+-------------+--------------+
/// </code>
/// </remarks>
internal static class HuffmanDecoder
{
    private const int StateCount = 256;
    private const uint Dead = 1u << 31;

    private const uint End = 1u << 30;

    private static readonly uint[] s_steps = Build();

    /// <summary>Room that <see cref="TryDecode"/> wants for so many bytes: eight bits hold at most 8/5 symbols, and the
    /// second symbol is stored before it is known to be one.</summary>
    public static int RoomFor(int encodedLength) => encodedLength + (encodedLength >> 1) + (encodedLength >> 3) + 4;

    /// <returns>False for a string with the end-of-string symbol inside, or wrong padding.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, Span<byte> target, out int length)
    {
        Debug.Assert(target.Length >= RoomFor(encoded.Length));
        return TryDecode(encoded, ref MemoryMarshal.GetReference(target), out length);
    }

    /// <param name="start">The first of as many bytes as <see cref="RoomFor"/> says.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryDecode(ReadOnlySpan<byte> encoded, ref byte start, out int length)
    {
        ref var steps = ref MemoryMarshal.GetArrayDataReference(s_steps);
        var state = 0u;
        var all = 0u;
        var step = End;
        nuint written = 0;
        foreach (var octet in encoded)
        {
            step = Unsafe.Add(ref steps, state << 8 | octet);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, written), (ushort)(step >> 8));
            written += step >> 24 & 3;
            state = step & 0xFF;
            all |= step;
        }

        length = (int)written;
        return (all & Dead) == 0 && (step & End) != 0;
    }

    private static uint[] Build()
    {
        // Children of the inner nodes: a positive number is a node, a negative one a leaf, ~symbol.
        var children = new int[StateCount * 2];
        var nodeCount = 1;
        var code = 0u;
        for (var bits = 1; bits <= HuffmanLengths.BitsMax; bits++, code <<= 1)
        {
            for (var symbol = 0; symbol < HuffmanLengths.SymbolCount; symbol++)
            {
                if (HuffmanLengths.Bits[symbol] == bits) Plant(children, ref nodeCount, code++, bits, symbol);
            }
        }

        Debug.Assert(nodeCount == StateCount);
        var isEnd = new bool[StateCount];
        for (int depth = 0, node = 0; depth < 8; depth++, node = children[2 * node + 1]) isEnd[node] = true;

        var steps = new uint[StateCount * 256];
        var halves = new uint[StateCount * 16];
        for (var index = 0; index < halves.Length; index++) halves[index] = HalfStep(children, index >> 4, index & 15);
        for (var index = 0; index < steps.Length; index++)
        {
            var first = halves[(index >> 8 << 4) | (index >> 4 & 15)];
            if ((first & Dead) == 0) first = Join(first, halves[((first & 0xFF) << 4) | (uint)(index & 15)]);
            steps[index] = isEnd[first & 0xFF] ? first | End : first;
        }

        return steps;
    }

    private static void Plant(int[] children, ref int nodeCount, uint code, int bits, int symbol)
    {
        var node = 0;
        for (var bit = bits - 1; bit > 0; bit--)
        {
            ref var child = ref children[2 * node + (int)(code >> bit & 1)];
            if (child == 0) child = nodeCount++;
            node = child;
        }

        children[2 * node + (int)(code & 1)] = ~symbol;
    }

    /// <summary>What four bits do: tables of whole bytes are made of these in a tenth of the time, which every start of
    /// a program pays.</summary>
    private static uint HalfStep(int[] children, int state, int nibble)
    {
        var symbols = 0u;
        var count = 0;
        for (var bit = 3; bit >= 0; bit--)
        {
            var child = children[2 * state + (nibble >> bit & 1)];
            if (child >= 0)
            {
                state = child;
                continue;
            }

            if (~child == HuffmanLengths.EndOfString) return Dead;

            symbols |= (uint)~child << (8 * count++);
            state = 0;
        }

        return (uint)count << 24 | symbols << 8 | (uint)state;
    }

    private static uint Join(uint first, uint second)
    {
        if ((second & Dead) != 0) return Dead;

        var (count, added) = (first >> 24, second >> 24);
        var symbols = (first >> 8 & 0xFFFF) | (second >> 8 & 0xFFFF) << (int)(8 * count);
        return (count + added) << 24 | (symbols & 0xFFFF) << 8 | (second & 0xFF);
    }
}
