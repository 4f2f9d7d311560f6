using NetSniff.Detection.Sketches;

namespace NetSniff.Tests.Detection.Sketches;

public class SlidingCountTests
{
    private const long Second = 1_000_000_000;
    private const long Start = 1_767_225_600 * Second;

    [Theory]
    [InlineData(1, 10 * Second, 3)]
    [InlineData(2, 60 * Second, 40)]
    [InlineData(3, 1_000_000, 1)]
    [InlineData(4, 32, 1)]
    public void It_counts_what_a_list_of_times_would(int seed, long window, int spread)
    {
        var random = new Random(seed);
        var count = new SlidingCount();
        count.Reset();
        var slot = SlidingCount.SlotNanos(window);
        var newest = Start;
        List<(long Time, ulong Amount)> all = [];
        for (var turn = 0; turn < 1000; turn++)
        {
            // Forward in steps of all sizes, now and then back within the window.
            newest += random.NextInt64(window / spread / 4 + 1);
            var time = random.Next(4) == 0 ? newest - random.NextInt64(window * 3 / 4 + 1) : newest;
            var amount = (ulong)random.Next(1, 100);
            var isNear = time / slot > all.Select(one => one.Time / slot).DefaultIfEmpty(time / slot).Max() - 32;
            Assert.Equal(isNear, count.TryAdd(time, slot, amount));
            if (isNear) all.Add((time, amount));
            newest = Math.Max(newest, time);
            var end = all.Max(one => one.Time) / slot;
            Assert.Equal(all.Where(one => one.Time / slot > end - 32).Sum(one => (long)one.Amount), (long)count.Total);
            all.RemoveAll(one => one.Time / slot <= end - 64);
        }
    }

    [Fact]
    public void What_is_within_31_of_32_parts_counts_and_what_is_older_than_the_window_never_does()
    {
        const long window = 32 * Second;
        var random = new Random(7);
        for (var turn = 0; turn < 2000; turn++)
        {
            var count = new SlidingCount();
            count.Reset();
            var first = Start + random.NextInt64(window);
            var second = first + random.NextInt64(2 * window);
            Assert.True(count.TryAdd(first, Second, 1));
            Assert.True(count.TryAdd(second, Second, 1));
            if (second - first < 31 * Second) Assert.Equal(2ul, count.Total);
            if (second - first >= window) Assert.Equal(1ul, count.Total);
            Assert.InRange(count.FirstNanos(Second), first / Second * Second, second);
        }
    }

    [Fact]
    public void What_is_too_old_counts_for_nothing_until_it_is_the_clock_that_went_back()
    {
        var count = new SlidingCount();
        count.Reset();
        Assert.True(count.TryAdd(Start, Second, 5));
        for (var turn = 1; turn < SlidingCount.LateRunMax; turn++)
        {
            Assert.False(count.TryAdd(Start - 3600 * Second, Second, 1));
            Assert.Equal(5ul, count.Total);
        }

        Assert.True(count.TryAdd(Start - 3600 * Second, Second, 1));
        Assert.Equal(1ul, count.Total);
    }

    [Fact]
    public void A_sum_never_runs_over()
    {
        var count = new SlidingCount();
        count.Reset();
        Assert.True(count.TryAdd(Start, Second, ulong.MaxValue - 1));
        Assert.True(count.TryAdd(Start, Second, 100));
        Assert.Equal(ulong.MaxValue, count.Total);
        Assert.True(count.TryAdd(Start + 40 * Second, Second, 3));
        Assert.Equal(3ul, count.Total);
    }
}
