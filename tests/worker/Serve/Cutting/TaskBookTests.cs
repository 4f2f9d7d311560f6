using NetSniff.Worker.Serve.Cutting;

namespace NetSniff.Tests.Worker.Serve.Cutting;

/// <summary>Tasks that end while they are told to.</summary>
public sealed class TaskBookTests
{
    [Fact]
    public void A_task_that_is_gone_when_its_time_is_over_does_no_harm()
    {
        var clock = new HandClock();
        using var book = new TaskBook("w", clock);
        var told = "";
        var call = new CancellationTokenSource();
        // As it is with a request: its end ends the calls to sensors, which then are told to stop.
        var root = book.Begin("", "somebody", TimeSpan.FromSeconds(5), _ => call.Dispose())!;
        Assert.NotNull(book.Begin(root.Id, "node-1", TimeSpan.FromSeconds(5), _ => call.Cancel()));
        Assert.NotNull(book.Begin(root.Id, "node-2", TimeSpan.FromSeconds(5), why => told = why));
        clock.Now += TimeSpan.FromSeconds(10);
        clock.Tick();
        Assert.Equal(("out of time", 0), (told, book.Running));
    }

    /// <summary>Its timer is the test's hand.</summary>
    private sealed class HandClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(56);

        public Action Tick { get; private set; } = static () => { };

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Tick = () => callback(state);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
