using NetSniff.Wire.Health.Profiling.Kernel;

namespace NetSniff.Tests.Wire.Health.Profiling.Kernel;

public sealed class ThreadRingTests
{
    private const int TooManyFiles = 24;

    /// <summary>Smaller rings help where memory is short, and nowhere else.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(11, true)]
    [InlineData(12, true)]
    [InlineData(TooManyFiles, false)]
    public void What_a_ring_is_refused_for_is_told_apart(int error, bool isOfMemory)
    {
        var refusal = RingRefusal.OfMemory(error);
        Assert.Equal(isOfMemory, refusal.IsOfMemory);
        Assert.Equal(isOfMemory, refusal.Reason == "too little memory may be locked");
        Assert.False(new RingRefusal(error, IsOfMemory: false).IsOver);
    }

    [Fact]
    public void A_thread_that_has_ended_is_no_limit()
    {
        Assert.True(new RingRefusal(3, IsOfMemory: false).IsOver);
        Assert.NotEqual(
            new RingRefusal(TooManyFiles, IsOfMemory: false).Reason, new RingRefusal(1, IsOfMemory: false).Reason);
    }
}
