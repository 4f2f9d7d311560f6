using NetSniff.Kube.Watching;

namespace NetSniff.Tests.Kube.Watching;

public class BackoffTests
{
    private static readonly TimeSpan s_min = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_max = TimeSpan.FromSeconds(30);

    [Fact]
    public void Each_wait_is_between_half_and_the_whole_of_twice_the_last_up_to_the_bound()
    {
        var backoff = new Backoff(s_min, s_max, new Random(7));
        for (var (number, whole) = (0, 200.0); number < 100; number++, whole = Math.Min(whole * 2, 30_000))
        {
            Assert.InRange(backoff.Next(TimeSpan.Zero).TotalMilliseconds, whole / 2, whole);
        }

        backoff.Reset();
        Assert.InRange(backoff.Next(TimeSpan.Zero), s_min / 2, s_min);
    }

    [Fact]
    public void The_servers_wish_is_kept_and_spread_behind()
    {
        var backoff = new Backoff(s_min, s_max, new Random(7));
        var wish = TimeSpan.FromSeconds(20);
        var waits = Enumerable.Range(0, 5).Select(_ => backoff.Next(wish)).ToList();
        Assert.All(waits, wait => Assert.InRange(wait, wish, wish + s_max / 4));
        Assert.Equal(waits.Count, waits.Distinct().Count());
    }

    [Fact]
    public void The_same_seed_gives_the_same_waits()
    {
        var (one, other) = (new Backoff(s_min, s_max, new Random(7)), new Backoff(s_min, s_max, new Random(7)));
        for (var number = 0; number < 20; number++) Assert.Equal(one.Next(TimeSpan.Zero), other.Next(TimeSpan.Zero));
    }
}
