using NetSniff.Buffers;

namespace NetSniff.Tests.Buffers;

public class VarintTests
{
    /// <summary>All lengths, and around each: the word that is written is spread differently for each.</summary>
    public static TheoryData<ulong> Values
    {
        get
        {
            var values = new TheoryData<ulong> { 0, ulong.MaxValue, 0x0123_4567_89ab_cdef, 0xaaaa_aaaa_aaaa_aaaa };
            for (var bit = 0; bit < 64; bit++)
            {
                values.Add(1ul << bit);
                if (bit > 1) values.Add((1ul << bit) - 1);
                if (bit > 0) values.Add((1ul << bit) | 1);
            }

            return values;
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void A_number_is_written_as_byte_by_byte(ulong value)
    {
        var expected = new List<byte>();
        var rest = value;
        for (; rest >= 0x80; rest >>= 7) expected.Add((byte)(rest | 0x80));
        expected.Add((byte)rest);

        var room = new byte[Varint.SizeMax];
        var size = Varint.Write(ref room[0], value);
        Assert.Equal(expected, room[..size]);
        Assert.Equal(size, Varint.Size(value));
    }

    /// <summary>Four are written at once: each length in each place, and a rest.</summary>
    [Fact]
    public void Numbers_are_written_as_one_by_one()
    {
        var values = Values.Select(static row => row.Data).ToArray();
        var random = new Random(1);
        for (var turn = 0; turn < 50; turn++)
        {
            random.Shuffle(values);
            var some = values[..random.Next(values.Length)];
            var expected = new List<byte>();
            var one = new byte[Varint.SizeMax];
            foreach (var value in some) expected.AddRange(one[..Varint.Write(ref one[0], value)]);
            var room = new byte[some.Length * Varint.SizeMax + 1];
            Assert.Equal(expected, room[..Varint.Write(ref room[0], some)]);
        }
    }
}
