using NetSniff.Protocols.Http2.Hpack;

namespace NetSniff.Tests.Protocols.Http2.Hpack;

public class HuffmanDecoderTests
{
    /// <summary>The canonical code: within one length, codes count up in the order of the symbols.</summary>
    private static readonly (uint Code, int Bits)[] s_codes = MakeCodes();

    [Fact]
    public void Any_symbols_are_read_wherever_their_codes_begin()
    {
        for (var first = 0; first < HuffmanLengths.EndOfString; first++)
        {
            for (var second = 0; second < HuffmanLengths.EndOfString; second++)
            {
                int[] symbols = [first, second, first];
                Assert.Equal(symbols, Decode(Encode(symbols)));
            }
        }
    }

    [Fact]
    public void The_end_of_string_is_never_said_and_padding_is_short_and_all_ones()
    {
        for (var symbol = 0; symbol < HuffmanLengths.EndOfString; symbol++)
        {
            Assert.Null(Decode(Encode([symbol, HuffmanLengths.EndOfString])));
            Assert.Null(Decode(Encode([HuffmanLengths.EndOfString, symbol])));
            var whole = Encode([symbol]);
            Assert.Null(Decode([.. whole, 0xFF]));
            var padding = 8 * whole.Length - s_codes[symbol].Bits;
            for (var bit = 0; bit < padding; bit++)
            {
                byte[] damaged = [.. whole];
                damaged[^1] ^= (byte)(1 << bit);
                Assert.NotEqual([symbol], Decode(damaged));
            }
        }
    }

    private static (uint Code, int Bits)[] MakeCodes()
    {
        var codes = new (uint, int)[HuffmanLengths.SymbolCount];
        var code = 0u;
        for (var bits = 1; bits <= HuffmanLengths.BitsMax; bits++, code <<= 1)
        {
            for (var symbol = 0; symbol < codes.Length; symbol++)
            {
                if (HuffmanLengths.Bits[symbol] == bits) codes[symbol] = (code++, bits);
            }
        }

        return codes;
    }

    private static byte[] Encode(int[] symbols)
    {
        var bits = new List<bool>();
        foreach (var symbol in symbols)
        {
            var (code, length) = s_codes[symbol];
            for (var bit = length - 1; bit >= 0; bit--) bits.Add((code >> bit & 1) != 0);
        }

        while (bits.Count % 8 != 0) bits.Add(true);
        var bytes = new byte[bits.Count / 8];
        for (var bit = 0; bit < bits.Count; bit++) bytes[bit / 8] |= (byte)((bits[bit] ? 0x80 : 0) >> bit % 8);
        return bytes;
    }

    private static int[]? Decode(byte[] encoded)
    {
        var room = new byte[HuffmanDecoder.RoomFor(encoded.Length)];
        return HuffmanDecoder.TryDecode(encoded, room, out var length)
            ? [.. room[..length].Select(octet => (int)octet)]
            : null;
    }
}
