using NetSniff.Buffers;

namespace NetSniff.Tests.Core.Buffers;

public sealed class ByteReaderTests
{
    [Fact]
    public void A_loop_over_what_is_left_ends_at_a_short_read()
    {
        // As lists are read: a length, then that many bytes; the last length is a lie.
        var reader = new ByteReader([0, 1, 7, 0, 200, 1, 2, 3, 4]);
        var rounds = 0;
        while (reader.Remaining >= 2)
        {
            reader.Skip(reader.ReadUInt16());
            Assert.True(++rounds < 10, "goes round for ever");
        }

        Assert.True(reader.RanShort);
        Assert.Equal(0, reader.Remaining);
    }
}
