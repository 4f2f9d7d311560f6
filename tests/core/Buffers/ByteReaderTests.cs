using NetSniff.Buffers;

namespace NetSniff.Tests.Buffers;

public sealed class ByteReaderTests
{
    [Fact]
    public void Fields_are_read_straight_down()
    {
        var reader = new ByteReader(Hex.Bytes("01 0203 040506 0708090A 0B0C0D0E0F101112 FF"));
        Assert.Equal(0x01, reader.ReadByte());
        Assert.Equal(0x0203, reader.ReadUInt16());
        Assert.Equal(0x040506, reader.ReadUInt24());
        Assert.Equal(0x0708090Au, reader.ReadUInt32());
        Assert.Equal(0x0B0C0D0E0F101112ul, reader.ReadUInt64());
        Assert.Equal((1, false), (reader.Remaining, reader.RanShort));
        Assert.Equal([0xFF], reader.Rest.ToArray());
    }

    [Fact]
    public void A_short_read_gives_zero_and_stays_short()
    {
        var reader = new ByteReader(Hex.Bytes("01 02"));
        Assert.Equal(0u, reader.ReadUInt32());
        Assert.True(reader.RanShort);
        // What would fit is not read any more, or a decoder would take it for the wrong field.
        Assert.Equal(0, reader.ReadByte());
        Assert.Equal(0, reader.Position);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void No_count_throws(int count)
    {
        var reader = new ByteReader([1, 2, 3]);
        Assert.True(reader.Take(count).IsEmpty);
        Assert.True(reader.RanShort);
    }
}
