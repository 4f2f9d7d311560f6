using NetSniff.Buffers;

namespace NetSniff.Tests.Buffers;

public sealed class BufferPoolTests
{
    [Theory]
    [InlineData(1, 512)]
    [InlineData(512, 512)]
    [InlineData(513, 1024)]
    [InlineData(1 << 21, 1 << 21)]
    public void Sizes_are_powers_of_two(int wanted, int given)
    {
        var pool = new BufferPool(4 << 20);
        Assert.Equal(given, pool.TryRent(wanted)!.Length);
        Assert.Equal(given, pool.BytesLent);
    }

    [Fact]
    public void The_bound_refuses_and_counts()
    {
        var pool = new BufferPool(1024);
        var first = pool.TryRent(600);
        Assert.NotNull(first);
        Assert.Null(pool.TryRent(1));
        Assert.Null(new BufferPool(long.MaxValue).TryRent((1 << 21) + 1));
        Assert.Equal(1, pool.Refused);
        pool.Return(first);
        Assert.Equal(0, pool.BytesLent);
        Assert.Same(first, pool.TryRent(1000));
    }

    [Fact]
    public void A_warm_pool_allocates_nothing()
    {
        var pool = new BufferPool(1 << 20);
        Assert.Equal(0, Allocations.Least(() => pool.Return(pool.TryRent(3000)!)));
    }
}
