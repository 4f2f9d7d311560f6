using NetSniff.Filters.Expression;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Commands.Top;

/// <summary>Packets of interfaces or of a file: traffic by packet, exchanges by record.</summary>
/// <remarks>Packets are decoded a second time, here, for who talks to whom; a flow says so only at its end.</remarks>
internal sealed class CaptureTopSource(
    string title, IReadOnlyList<PacketCapture> captures, bool isLive, Func<Filter?> where, TimeProvider clock)
    : TopSource
{
    private const int BatchFrames = 256;

    /// <summary>Frames that have their time already may still wait in a ring.</summary>
    private const long LagNanos = 1_000_000_000;

    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(100);

    private readonly List<Thread> _threads = [];
    private readonly List<Shard> _shards = [];
    private int _running;
    private string _failure = "";
    private volatile bool _isStopped;

    public override string Title => title;

    public override string Trouble => Volatile.Read(ref _failure) is { Length: > 0 } failure
        ? failure
        : captures.Select(capture => capture.Problem?.Text).FirstOrDefault(text => text is not null) ?? "";

    public override bool IsOver => Volatile.Read(ref _running) == 0;

    public override void Start(TopTally tally)
    {
        _running = captures.Count;
        for (var number = 0; number < captures.Count; number++)
        {
            var capture = captures[number];
            var shard = new Shard(
                new ShardOptions { ShardNumber = (ushort)number }, new TallyConsumer(tally, where()));
            _shards.Add(shard);
            var thread = new Thread(() => Run(capture, shard, tally)) { Name = $"shard {number}", IsBackground = true };
            _threads.Add(thread);
            thread.Start();
        }
    }

    public override void Refresh(TopTally tally)
    {
        tally.FlowsLive = _shards.Sum(shard => shard.FlowsLive);
        tally.Lost =
        [
            .. captures.SelectMany(capture => capture.Counters.Drops)
                .Where(drop => drop.Stage != CaptureCounters.ChosenStage)
                .GroupBy(drop => $"{drop.Stage} {drop.Reason}")
                .Select(group => (group.Key, group.Sum(drop => drop.Count))),
        ];
    }

    public override void Dispose()
    {
        _isStopped = true;
        foreach (var capture in captures) capture.Stop();
        foreach (var thread in _threads) thread.Join();
        foreach (var shard in _shards) shard.Dispose();
        foreach (var capture in captures) capture.Dispose();
    }

    private void Run(PacketCapture capture, Shard shard, TopTally tally)
    {
        var frames = new Frame[BatchFrames];
        try
        {
            while (!_isStopped)
            {
                var count = capture.Receive(frames, s_wait);
                if (count < 0) break;

                if (count > 0) Take(frames.AsSpan(0, count), shard, tally);
                else if (isLive) shard.Advance(NowNanos() - LagNanos);
                capture.Release();
                if (count < BatchFrames) shard.Records.Flush();
            }

            shard.Finish();
        }
        catch (Exception problem) when (problem is IOException or CaptureException)
        {
            Volatile.Write(ref _failure, problem.Message);
        }

        Interlocked.Decrement(ref _running);
    }

    private static void Take(Span<Frame> frames, Shard shard, TopTally tally)
    {
        shard.Run(frames);
        Packet packet = default;
        lock (tally.Lock)
        {
            foreach (ref readonly var frame in frames)
            {
                PacketDecoder.Decode(in frame, ref packet);
                if (packet.Status != DecodeStatus.Ok) continue;
                tally.AddTraffic(TalkerKey.Of(in packet), 1, frame.WireLength, frame.TimeNanos);
            }
        }
    }

    private long NowNanos() => Timestamps.Nanos(clock.GetUtcNow());

    private sealed class TallyConsumer(TopTally tally, Filter? filter) : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            lock (tally.Lock)
            {
                foreach (var record in new RecordWalker(records))
                {
                    if (filter is null || filter.Matches(record)) tally.AddRecord(record, hasTraffic: false);
                }
            }
        }
    }
}
