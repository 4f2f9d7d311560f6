using NetSniff.Detection;
using NetSniff.Detection.Sketches;

namespace NetSniff.Tests.Detection.Sketches;

public class SlidingDistinctTests
{
    private const long Second = 1_000_000_000;
    private const long Start = 1_767_225_600 * Second;

    [Theory]
    [InlineData(1, 20)]
    [InlineData(2, 200)]
    [InlineData(3, 900)]
    public void Few_values_are_counted_exactly(int seed, int values)
    {
        const long window = 10 * Second;
        var random = new Random(seed);
        var distinct = new SlidingDistinct(window, new StateBudget());
        var lastSeen = new Dictionary<ulong, long>();
        var newest = Start;
        for (var turn = 0; turn < 2000; turn++)
        {
            newest += random.NextInt64(Second / 50);
            var time = newest - (random.Next(3) == 0 ? random.NextInt64(window - 1) : 0);
            var value = Hash((ulong)random.Next(values));
            Assert.True(distinct.TryAdd(value, time, out _));
            lastSeen[value] = Math.Max(lastSeen.GetValueOrDefault(value), time);
            var shown = lastSeen.Values.Max();
            var live = lastSeen.Values.Count(last => last > shown - window);
            var enough = random.Next(1, values);
            var counted = distinct.Count(enough);
            Assert.Equal(live >= enough, counted >= enough);
            if (counted >= enough) Assert.Equal(live, counted);
        }

        Assert.False(distinct.IsEstimated);
    }

    [Theory]
    [InlineData(1_100)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    [InlineData(300_000)]
    public void Many_values_are_estimated(int values)
    {
        var distinct = new SlidingDistinct(100 * Second, new StateBudget());
        for (var value = 0; value < values; value++)
        {
            Assert.True(distinct.TryAdd(Hash((ulong)value), Start + value % 50 * Second, out _));
        }

        Assert.True(distinct.IsEstimated);
        // Three standard errors; the values are always the same.
        Assert.InRange(distinct.Count(1), values * 0.9, values * 1.1);
    }

    [Fact]
    public void An_estimate_forgets_what_left_the_window()
    {
        var distinct = new SlidingDistinct(80 * Second, new StateBudget());
        for (var value = 0ul; value < 20_000; value++) distinct.TryAdd(Hash(value), Start, out _);
        for (var value = 0ul; value < 2_000; value++) distinct.TryAdd(Hash(value), Start + 85 * Second, out _);
        Assert.InRange(distinct.Count(1), 1_800, 2_200);
        Assert.True(distinct.TryAdd(1, Start + 400 * Second, out _));
        Assert.Equal(1, distinct.Count(1));
    }

    [Fact]
    public void Memory_that_lacks_is_told()
    {
        var budget = new StateBudget(bytesMax: 2_000);
        var distinct = new SlidingDistinct(10 * Second, budget);
        var taken = Enumerable.Range(0, 200).Count(value => distinct.TryAdd(Hash((ulong)value), Start, out _));
        Assert.InRange(taken, 16, 64);
        Assert.True(budget.Refused > 0);
        Assert.InRange(budget.Bytes, 1, 2_000);
        // What is known may still come, and what left the window makes room.
        Assert.True(distinct.TryAdd(Hash(0), Start, out _));
        Assert.True(distinct.TryAdd(Hash(1000), Start + 20 * Second, out _));
    }

    [Fact]
    public void What_is_late_is_told()
    {
        var distinct = new SlidingDistinct(10 * Second, new StateBudget());
        Assert.True(distinct.TryAdd(1, Start, out _));
        Assert.False(distinct.TryAdd(2, Start - 10 * Second, out var isLate));
        Assert.True(isLate);
        Assert.Equal(1, distinct.Count(1));
    }

    internal static ulong Hash(ulong value)
    {
        var hash = new KeyHash();
        hash.Add(value);
        return hash.Key.First;
    }
}
