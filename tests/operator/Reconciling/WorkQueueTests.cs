using NetSniff.Operator.Reconciling;

namespace NetSniff.Tests.Operator.Reconciling;

public class WorkQueueTests
{
    private readonly FakeClock _clock = new();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new WorkQueue<string>(_clock, new Random(7));

    [Fact]
    public void A_key_added_often_comes_once()
    {
        for (var time = 0; time < 100; time++) _queue.Add("a");
        Assert.Equal("a", Take());
        _queue.Done("a");
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(Take());
    }

    [Fact]
    public void A_key_that_is_worked_on_is_nobody_elses_and_comes_again_when_it_changed_meanwhile()
    {
        _queue.Add("a");
        Assert.Equal("a", Take());
        _queue.Add("a");
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(Take());
        _queue.Done("a");
        Assert.Equal("a", Take());
    }

    [Fact]
    public void Two_beginnings_of_a_key_lie_apart()
    {
        _queue.Add("a");
        Assert.Equal("a", Take());
        _queue.Done("a");
        _queue.Add("a");
        Assert.Null(Take());
        Assert.Equal(new WorkQueueOptions().SpacingMin, _queue.UntilNext());
        _clock.Advance(new WorkQueueOptions().SpacingMin);
        Assert.Equal("a", Take());
    }

    [Fact]
    public void Waits_after_failures_grow_to_a_bound_and_a_success_ends_them()
    {
        TimeSpan last = default;
        for (var failure = 0; failure < 20; failure++)
        {
            _queue.Add("a", TimeSpan.FromHours(9));
            _clock.Advance(TimeSpan.FromHours(9));
            Assert.Equal("a", Take());
            last = _queue.Failed("a");
            var whole = Math.Min(200 * Math.Pow(2, failure), 60_000);
            Assert.InRange(last.TotalMilliseconds, whole / 2, whole);
        }

        Assert.InRange(last, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
        _clock.Advance(last);
        Assert.Equal("a", Take());
        _queue.Done("a");
        _queue.Add("a");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("a", Take());
        Assert.InRange(_queue.Failed("a"), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void A_change_does_not_wait_for_the_end_of_a_failures_wait()
    {
        _queue.Add("a");
        for (var failure = 0; failure < 10; failure++)
        {
            _clock.Advance(TimeSpan.FromMinutes(2));
            Take();
            _queue.Failed("a");
        }

        _queue.Add("a");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("a", Take());
    }

    [Fact]
    public void An_earlier_time_stays_when_a_later_one_is_added()
    {
        _queue.Add("a", TimeSpan.FromSeconds(1));
        _queue.Add("a", TimeSpan.FromSeconds(9));
        _queue.Add("b", TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("a", Take());
        Assert.Equal("b", Take());
    }

    [Fact]
    public void No_more_are_given_out_in_a_second_than_may_be()
    {
        var options = new WorkQueueOptions { RateMax = 10, BurstMax = 3 };
        var queue = new WorkQueue<int>(_clock, new Random(7), options);
        for (var key = 0; key < 20; key++) queue.Add(key);
        var taken = 0;
        while (queue.TryTake(out _)) taken++;
        Assert.Equal(3, taken);
        _clock.Advance(TimeSpan.FromSeconds(1));
        while (queue.TryTake(out _)) taken++;
        Assert.Equal(6, taken);
        Assert.Equal(TimeSpan.FromSeconds(0.1), queue.UntilNext());
    }

    [Fact]
    public async Task Whoever_waits_is_woken_by_what_is_added()
    {
        var queue = new WorkQueue<string>(TimeProvider.System, new Random(7));
        var taking = queue.TakeAsync(CancellationToken.None);
        Assert.False(taking.IsCompleted);
        queue.Add("a");
        Assert.Equal("a", await taking.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    private string? Take() => _queue.TryTake(out var key) ? key : null;
}
