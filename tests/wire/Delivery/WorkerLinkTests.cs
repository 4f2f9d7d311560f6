using NetSniff.Wire.Batches;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Wire.Delivery;

public class WorkerLinkTests
{
    [Theory]
    [InlineData(BatchFormat.Version)]
    [InlineData(BatchFormat.Version + 1)]
    public void Who_reads_our_batches_gets_them(uint version)
    {
        var (outbox, link) = Connected();
        Assert.True(link.Take(Welcome(version)));
        Assert.Equal(LinkState.Up, link.State);
        Assert.True(link.TryNext(new Batch()));
        Assert.Equal(1, outbox.Taken);
    }

    /// <summary>A worker of before would take them for damage.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(BatchFormat.Version - 1)]
    public void Who_does_not_read_them_gets_none_and_is_named(uint version)
    {
        var (outbox, link) = Connected();
        Assert.False(link.Take(Welcome(version)));
        Assert.Contains("w-0", link.Refusal, StringComparison.Ordinal);
        Assert.Contains("update", link.Refusal, StringComparison.Ordinal);
        link.Disconnect(isInOrder: true);
        Assert.Equal((LinkState.Down, false, 0), (link.State, link.HasLeft, outbox.Taken));

        // It comes again, and is another.
        link.Connect("s", "n", "v");
        Assert.True(link.Take(Welcome(BatchFormat.Version)));
        Assert.True(link.TryNext(new Batch()));
        Assert.False(link.Take(Welcome(BatchFormat.Version)));
        Assert.Contains("out of order", link.Refusal, StringComparison.Ordinal);
    }

    /// <summary>It holds what it says, and has written down what it was told to forget: told again each time, that
    /// would fill its log.</summary>
    [Fact]
    public void Who_does_not_read_them_is_believed_all_the_same()
    {
        var (outbox, link) = Connected();
        var welcome = Welcome(BatchFormat.Version - 1);
        welcome.Welcome.Lanes.Add(new LanePosition { Lane = "w-0/2", Sequence = 7 });
        Assert.False(link.Take(welcome));
        Assert.Equal(("w-0/2 7", true), (outbox.Acknowledged, outbox.HasForgotten));
    }

    private static (OneBatch Outbox, WorkerLink Link) Connected()
    {
        var outbox = new OneBatch();
        var link = new WorkerLink(outbox);
        link.Connect("s", "n", "v");
        return (outbox, link);
    }

    private static FromWorker Welcome(uint version) =>
        new() { Welcome = new Welcome { Worker = "w-0", Version = "0.1", Credit = 2, BatchVersion = version } };

    private sealed class OneBatch : IOutbox
    {
        public int Taken { get; private set; }

        public Wakeup Waiting { get; } = new();

        public bool IsEmpty => Taken > 0;

        public IReadOnlyList<Retraction> Retractions => [];

        public string Acknowledged { get; private set; } = "";

        public bool HasForgotten { get; private set; }

        public void ForgetRetractions() => HasForgotten = true;

        public bool TryTake(Batch batch) => Taken++ == 0;

        public void Acknowledge(string lane, ulong sequence) => Acknowledged += $"{lane} {sequence}";

        public void Rewind()
        {
        }

        public void Settle()
        {
        }
    }
}
