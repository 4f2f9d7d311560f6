using NetSniff.Sensor.Export;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Ring;

namespace NetSniff.Tests.Sensor.Export;

public class DispatcherTests
{
    private static readonly QueueOptions s_options = new() { SegmentBytes = 64 * 1024, BytesMax = 16 * 64 * 1024 };

    [Fact]
    public async Task A_sender_that_dies_is_told_and_replaced_and_the_others_go_on()
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        var members = new FixedMembers([new RingMember("w-0", "http://a"), new RingMember("w-1", "http://b")]);
        List<StubSender> senders = [];
        using var dispatcher = new Dispatcher(
            spool, new RetractionList(folder.Path), new Distribution(), members, TimeProvider.System, Start);
        await dispatcher.LookAsync(CancellationToken.None);
        Assert.Equal(2, senders.Count);
        Assert.Null(dispatcher.Problem);

        senders.Single(static sender => sender.Member.Name == "w-0").Die(new UnauthorizedAccessException("no right"));
        await dispatcher.LookAsync(CancellationToken.None);
        Assert.Equal("w-0: no right", dispatcher.Problem);
        Assert.Equal(["w-0", "w-0", "w-1"], senders.Select(static sender => sender.Member.Name).Order());
        Assert.Equal(2, dispatcher.Workers.Count);

        senders[^1].IsUp = true;
        await dispatcher.LookAsync(CancellationToken.None);
        Assert.Null(dispatcher.Problem);

        StubSender Start(RingMember member)
        {
            senders.Add(new StubSender(member));
            return senders[^1];
        }
    }

    private sealed class StubSender(RingMember member) : ISender
    {
        private readonly TaskCompletionSource _running = new();

        public RingMember Member => member;

        public bool IsUp { get; set; }

        public bool IsOver => _running.Task.IsCompleted;

        public bool HasLeft => false;

        public int Weight => RingMember.WholeWeight;

        public string? Problem => null;

        public void Die(Exception fault) => _running.SetException(fault);

        public Task EndAsync()
        {
            _running.TrySetResult();
            return _running.Task;
        }

        public Task CloseAsync() => EndAsync();

        public void Dispose()
        {
        }
    }
}
