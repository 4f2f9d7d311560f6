using NetSniff.Buffers;

namespace NetSniff.Tests.Buffers;

public sealed class PieceBufferTests
{
    private readonly BufferPool _pool = new(1 << 20);

    [Fact]
    public void Pieces_in_any_order_give_the_whole()
    {
        var chance = new Random(7);
        var whole = new byte[5_000];
        chance.NextBytes(whole);
        for (var round = 0; round < 200; round++)
        {
            var buffer = new PieceBuffer(8_000);
            var cuts = Enumerable.Range(0, 40).Select(_ => chance.Next(whole.Length)).Append(0).Append(whole.Length)
                .Distinct().Order().ToArray();
            foreach (var (start, end) in cuts.Zip(cuts.Skip(1)).OrderBy(_ => chance.Next()))
            {
                // Some reach into their neighbours.
                var longer = Math.Min(whole.Length, end + chance.Next(2) * 50);
                Assert.True(buffer.TryAdd(start, whole.AsSpan(start, longer - start), _pool));
            }

            Assert.Equal(whole, buffer.Start.ToArray());
            buffer.Reset(_pool);
        }

        Assert.Equal(0, _pool.BytesLent);
    }

    [Fact]
    public void The_bytes_that_came_first_stay()
    {
        var buffer = new PieceBuffer(100);
        buffer.TryAdd(2, "BB"u8, _pool);
        buffer.TryAdd(6, "DD"u8, _pool);
        buffer.TryAdd(0, "aaaaaaaaaa"u8, _pool);
        Assert.Equal("aaBBaaDDaa"u8.ToArray(), buffer.Start.ToArray());
    }

    [Fact]
    public void Without_its_first_byte_there_is_no_start()
    {
        var buffer = new PieceBuffer(100);
        buffer.TryAdd(1, "bcd"u8, _pool);
        Assert.True(buffer.Start.IsEmpty);
        Assert.False(buffer.IsEmpty);
        buffer.TryAdd(0, "a"u8, _pool);
        Assert.Equal("abcd"u8.ToArray(), buffer.Start.ToArray());
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(100, 1)]
    [InlineData(0, 101)]
    [InlineData(int.MaxValue, 2)]
    public void Whatever_reaches_past_the_limit_is_refused(int start, int length)
    {
        var buffer = new PieceBuffer(100);
        Assert.False(buffer.TryAdd(start, new byte[length], _pool));
        Assert.True(buffer.IsCut);
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void Too_many_pieces_apart_are_refused_and_joining_ones_are_not()
    {
        var buffer = new PieceBuffer(1_000);
        for (var piece = 0; piece < PieceBuffer.PiecesMax; piece++)
        {
            Assert.True(buffer.TryAdd(2 * piece + 1, [1], _pool));
        }

        Assert.False(buffer.TryAdd(900, [1], _pool));
        Assert.True(buffer.TryAdd(0, [1], _pool));
        Assert.True(buffer.TryAdd(2, [1], _pool));
        Assert.Equal(4, buffer.Start.Length);
        Assert.True(buffer.TryAdd(900, [1], _pool));
    }

    [Fact]
    public void A_pool_at_its_bound_refuses()
    {
        var buffer = new PieceBuffer(100_000);
        Assert.False(buffer.TryAdd(0, new byte[60_000], new BufferPool(4_096)));
        Assert.True(buffer.IsCut);
    }
}
