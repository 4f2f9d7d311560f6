using Google.Protobuf;
using NetSniff.Packets;
using NetSniff.Sensor.Governor;
using NetSniff.Sensor.Keeping;
using NetSniff.Sensor.Tasks;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Sensor.Tasks;

/// <summary>What a sensor makes of its tasks.</summary>
public sealed class PacketCutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PacketKeeping _keeping;
    private readonly PacketKeeper _keeper;
    private readonly DepthFloor _floor = new();
    private readonly SensorTasks _tasks;
    private readonly CancellationTokenSource _stop = new();

    public PacketCutTests()
    {
        _keeping = new PacketKeeping(_folder.Path, TimeProvider.System);
        _keeping.Prepare(1, isLive: false);
        _keeper = _keeping.NewKeeper(0, static () => []);
        _keeping.Change(new PacketPlan(16 << 20, TimeSpan.FromHours(1), KeptDepth.Everything));
        _tasks = new SensorTasks(_keeping, _floor, static () => new ControlHello(), TimeProvider.System);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _keeper.Dispose();
        _keeping.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_cut_gives_what_was_asked_for_and_ends()
    {
        for (var number = 1; number <= 100; number++) Keep(number, port: (ushort)(number % 2 == 0 ? 1000 : 2000));
        Assert.Equal(Enumerable.Range(1, 100), await CutAsync(new CutPackets()));
        Assert.Equal(Enumerable.Range(20, 11), await CutAsync(new CutPackets { SinceNanos = 20, UntilNanos = 30 }));
        Assert.Equal([2, 4, 6], await CutAsync(new CutPackets { Where = "port == 1000", PacketsMax = 3 }));
        Assert.Equal(
            Enumerable.Range(1, 100).Where(number => number % 2 == 1 && number is >= 11 and <= 15),
            await CutAsync(new CutPackets { ByFlows = true, Flows = { Flow(2000, 11, 15) } }));
        Assert.Equal(
            Enumerable.Range(1, 100).Where(number => number % 2 == 0),
            await CutAsync(new CutPackets { Except = { Flow(2000) } }));
        Assert.Equal(
            [4, 6], await CutAsync(new CutPackets { BpfFilter = "tcp src port 1000", SinceNanos = 3, UntilNanos = 7 }));
        Assert.Equal(
            Enumerable.Range(1, 5), await CutAsync(new CutPackets { BpfFilter = "tcp dst port 80", PacketsMax = 5 }));
        Assert.Empty(await CutAsync(new CutPackets { BpfFilter = "udp" }));
        Assert.Empty(await CutAsync(new CutPackets { BpfFilter = "src port 1000", Where = "port == 2000" }));
        // No flow is not every flow.
        Assert.Empty(await CutAsync(new CutPackets { ByFlows = true }));
    }

    [Theory]
    [InlineData("http.status == 200", "what packets cannot tell")]
    [InlineData("port ==", "")]
    public async Task What_cannot_be_asked_of_packets_fails(string where, string words)
    {
        Keep(1, 1000);
        var ended = await RunAsync(new CutPackets { Where = where }, new Port());
        Assert.Equal(TaskOutcome.Failed, ended.Outcome);
        Assert.Contains(words, ended.Reason);
    }

    [Theory]
    [InlineData("port 80 and", "filter 'port 80 and': ")]
    [InlineData("host shop.example", "write addresses")]
    [InlineData("-w /tmp/x", "no options of a command")]
    public async Task A_filter_that_cannot_be_compiled_fails_and_says_why(string filter, string words)
    {
        Keep(1, 1000);
        var ended = await RunAsync(new CutPackets { BpfFilter = filter }, new Port());
        Assert.Equal(TaskOutcome.Failed, ended.Outcome);
        Assert.Contains(words, ended.Reason);
    }

    [Fact]
    public async Task A_capture_gives_what_comes_and_ends_at_its_limit()
    {
        Keep(1, 1000);
        var port = new Port();
        var running = RunAsync(new CutPackets { Follow = true, SinceNanos = 5, PacketsMax = 40 }, port);
        await port.UntilMarkedAsync();
        for (var number = 10; number < 60; number++) Keep(number, 1000);
        var ended = await running;
        Assert.Equal(TaskOutcome.Cut, ended.Outcome);
        Assert.Equal(Enumerable.Range(10, 40), port.Numbers);
        Assert.False(ended.LostPlace);
    }

    [Fact]
    public async Task Flows_that_are_asked_for_later_come_with_their_past_and_nothing_twice()
    {
        for (var number = 1; number <= 20; number++) Keep(number, (ushort)(1000 * (1 + number % 2)));
        var port = new Port();
        var running = RunAsync(new CutPackets { Follow = true, ByFlows = true, PacketsMax = 25 }, port);
        await port.UntilMarkedAsync();
        Assert.Empty(port.Numbers);
        port.Add(Flow(1000));
        await UntilAsync(() => port.Numbers.Count == 10);
        for (var number = 21; number <= 30; number++) Keep(number, (ushort)(1000 * (1 + number % 2)));
        await UntilAsync(() => port.Numbers.Count == 15);
        port.Add(Flow(2000), Flow(1000));
        await running;
        Assert.Equal(port.Numbers.Order(), port.Numbers.Distinct().Order());
        Assert.Equal(Enumerable.Range(1, 30).Where(number => number % 2 == 0), port.Numbers.Take(15));
        Assert.All(port.Numbers.Skip(15), number => Assert.Equal(1, number % 2));
    }

    [Fact]
    public async Task A_search_that_finds_nothing_tells_how_far_it_is_and_can_be_stopped()
    {
        for (var number = 1; number <= 3000; number++) Keep(number, 1000);
        var port = new Port();
        var cut = new SensorTask { Id = "1", Cut = new CutPackets { Where = "port == 9" } };
        var tasks = new SensorTasks(_keeping, _floor, static () => new ControlHello(), new HurriedClock());
        Assert.Equal(TaskOutcome.Done, (await tasks.RunAsync(cut, port, _stop.Token)).Outcome);
        Assert.Equal([1023, 2047], port.Marks);

        var stopped = new Port { Marked = _stop.Cancel };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tasks.RunAsync(cut, stopped, _stop.Token));
        Assert.Equal([1023], stopped.Marks);
    }

    [Fact]
    public async Task Another_plan_ends_what_is_being_read()
    {
        Keep(1, 1000);
        var port = new Port();
        var running = RunAsync(new CutPackets { Follow = true, SinceNanos = 1 }, port);
        await port.UntilMarkedAsync();
        _keeping.Change(PacketPlan.Off);
        var ended = await running;
        Assert.Equal(
            (TaskOutcome.Failed, "another configuration says what may be kept"), (ended.Outcome, ended.Reason));
        _keeper.Tick();
        Assert.Contains("keeps no packets", (await RunAsync(new CutPackets(), new Port())).Reason);
    }

    [Fact]
    public async Task Only_so_many_run_at_once()
    {
        Keep(1, 1000);
        List<Task> running = [];
        for (var number = 0; number < SensorTasks.TasksMax; number++)
        {
            var port = new Port();
            running.Add(RunAsync(new CutPackets { Follow = true, SinceNanos = 1 }, port));
            await port.UntilMarkedAsync();
        }

        Assert.Contains("tasks run on this sensor already", (await RunAsync(new CutPackets(), new Port())).Reason);
        await _stop.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.Equal(0, _tasks.Running);
    }

    private static FlowKey Flow(ushort port, long since = 0, long until = 0) => new()
    {
        Client = ByteString.CopyFrom(10, 0, 0, 2), Server = ByteString.CopyFrom(10, 0, 0, 1), ClientPort = 80,
        ServerPort = port, Protocol = 6, SinceNanos = since, UntilNanos = until,
    };

    private unsafe void Keep(int number, ushort port)
    {
        var bytes = Hex.Bytes(
            "0200000000020200000000010800 4500002800000000400600000a0000010a000002 "
            + $"{port:x4}0050 {number:x8} 00000000 50020000 00000000");
        fixed (byte* data = bytes)
        {
            _keeper.Take(
                [new Frame((nint)data, bytes.Length, bytes.Length, number, LinkType.Ethernet)], new ushort[1]);
        }
    }

    private async Task<List<int>> CutAsync(CutPackets cut)
    {
        var port = new Port();
        var ended = await RunAsync(cut, port);
        Assert.NotEqual(TaskOutcome.Failed, ended.Outcome);
        return port.Numbers;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var left = 600; !isSo(); left--)
        {
            Assert.True(left > 0, "waited in vain");
            await Task.Delay(50);
        }
    }

    private Task<TaskEnded> RunAsync(CutPackets cut, Port port) =>
        Task.Run(() => _tasks.RunAsync(new SensorTask { Id = "1", Cut = cut }, port, _stop.Token));

    /// <summary>Between two looks at it a minute passes.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds += 60;
    }

    private sealed class Port : ITaskPort
    {
        private readonly Lock _lock = new();
        private readonly PacketUnpacker _reader = new();
        private readonly List<int> _numbers = [];
        private List<FlowKey> _flows = [];
        private readonly List<long> _marks = [];

        public Action? Marked { get; init; }

        public List<long> Marks
        {
            get
            {
                lock (_lock) return [.. _marks];
            }
        }

        public List<int> Numbers
        {
            get
            {
                lock (_lock) return [.. _numbers];
            }
        }

        public void Add(params FlowKey[] flows)
        {
            lock (_lock) _flows.AddRange(flows);
        }

        public Task UntilMarkedAsync() => UntilAsync(() => Marks.Count > 0);

        public Task BeganAsync(KeptPackets kept) => Task.CompletedTask;

        public Task SendAsync(PacketChunk chunk, CancellationToken cancel)
        {
            lock (_lock)
            {
                _reader.Add(chunk);
                for (; _reader.HasPacket; _reader.Advance())
                {
                    _numbers.Add(System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(_reader.Bytes.Span[38..]));
                }

                if (chunk.CompleteNanos > 0) _marks.Add(chunk.CompleteNanos);
            }

            if (chunk.CompleteNanos > 0) Marked?.Invoke();

            return Task.CompletedTask;
        }

        public IReadOnlyList<FlowKey> TakeFlows()
        {
            lock (_lock)
            {
                var taken = _flows;
                _flows = [];
                return taken;
            }
        }
    }
}
