using NetSniff.Records;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Feed;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Serve;

/// <summary>The feed: who is slow loses what there is no room for, is told how much, and holds nobody up.</summary>
public sealed class FollowTests
{
    [Fact]
    public async Task A_slow_follower_is_told_exactly_how_much_it_missed()
    {
        var limits = new ServeLimits { FollowBytesMax = 1, PublishedBytesMax = 1 << 30 };
        using var feed = new RecordFeed(limits);
        using var slow = feed.Follow(Selection("flow.id > 4"))!;
        for (var batch = 0; batch < 400; batch++) Publish(feed, batch * 100, 100);
        await UntilTakenAsync(feed);
        Assert.InRange(feed.BytesWaiting, 1, 100_000);

        Publish(feed, 40_000, 1);
        var (told, missed) = (0L, 0L);
        while (told + missed < 40_001 - 5)
        {
            var answer = await slow.NextAsync(default);
            missed += (long)answer.Missed;
            told += TestWorker.Numbers(answer).Count;
        }

        Assert.Equal(40_001 - 5, told + missed);
        Assert.True(missed > 20_000, $"{missed}");
    }

    [Fact]
    public async Task What_is_published_faster_than_it_is_filtered_is_counted_as_missed()
    {
        using var feed = new RecordFeed(new ServeLimits { PublishedBytesMax = 0 });
        using var follower = feed.Follow(Selection(""))!;
        Publish(feed, 0, 100);
        Assert.Equal(100, feed.RecordsSkipped);
        Assert.Equal(0, feed.BytesWaiting);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Followers_of_the_same_question_share_its_answer()
    {
        using var feed = new RecordFeed(new ServeLimits());
        var followers = Enumerable.Range(0, 1000).Select(_ => feed.Follow(Selection("http.status == 200"))!).ToList();
        Publish(feed, 0, 10);
        foreach (var follower in followers)
        {
            var answer = await follower.NextAsync(default);
            Assert.Equal(10, TestWorker.Numbers(answer).Count);
            Assert.Equal(0ul, answer.Missed);
        }

        // One encoded batch, not a thousand.
        Assert.InRange(feed.BytesWaiting, 1, 2000);
        foreach (var follower in followers) follower.Dispose();
        Assert.Equal((0, 0), (feed.Followers, feed.BytesWaiting));
    }

    [Fact]
    public void There_are_only_so_many_followers()
    {
        using var feed = new RecordFeed(new ServeLimits { FollowersMax = 2 });
        using var one = feed.Follow(Selection(""));
        var two = feed.Follow(Selection("malformed"));
        Assert.Null(feed.Follow(Selection("")));
        two!.Dispose();
        using var three = feed.Follow(Selection(""));
        Assert.NotNull(three);
    }

    private static ObserveSelection Selection(string where)
    {
        _ = global::NetSniff.Protocols.Protocols.Records;
        return ObserveSelection.Of(new ObserveRequest { Where = where });
    }

    private static async Task UntilTakenAsync(RecordFeed feed)
    {
        for (var left = 600; feed.IsBusy && left > 0; left--) await Task.Delay(50);
        Assert.False(feed.IsBusy);
    }

    private static void Publish(RecordFeed feed, int first, int count)
    {
        var sink = TestRecords.NewSink();
        TestWorker.Emit(sink, first, count, "GET");
        feed.Publish(new StoreBatch
        {
            Lane = new LaneId("5e", "w1/0"), Sequence = (ulong)first + 1, Records = sink.Bytes, Count = sink.Count,
        });
    }
}
