using System.Diagnostics;
using System.Globalization;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Governor;

namespace NetSniff.Tests.Sensor.Governor;

/// <summary>A process that is offered ten times what it works through, with a hard limit on its memory. Prints what
/// became of it.</summary>
/// <remarks>For each frame it takes there are nine that found the ring full, however fast the machine is and whatever
/// else it does.</remarks>
internal sealed class OverloadedSensor : RecordConsumer
{
    private const int Times = 10;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    private readonly DepthDial _dial = new();
    private readonly long _limitBytes;
    private long _offered;
    private long _lost;
    private long _transactions;
    private long _flows;
    private ulong _packetsInFlowRecords;
    private long _peakBytes;

    private OverloadedSensor(long limitBytes) => _limitBytes = limitBytes;

    /// <summary>Seconds, and mebibytes.</summary>
    public static int Run(string[] arguments)
    {
        var seconds = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        var mebibytes = long.Parse(arguments[1], CultureInfo.InvariantCulture);
        return new OverloadedSensor(mebibytes << 20).Run(TimeSpan.FromSeconds(seconds));
    }

    /// <summary>What the process is to be started with: the limit of its heap, as its control group would give it.
    /// </summary>
    public static string HeapLimitOf(long mebibytes) =>
        Plan(mebibytes << 20).HeapBytesMax.ToString("X", CultureInfo.InvariantCulture);

    private static MemoryPlan Plan(long limitBytes) =>
        MemoryPlan.For(limitBytes, shards: 1, new ShardOptions(), ringMebibytesWanted: 2);

    private int Run(TimeSpan length)
    {
        using var frames = new OverloadFrames();
        var batch = new Frame[frames.Script];
        using var shard = new Shard(Plan(_limitBytes).Shard, this);
        var loop = new GovernorLoop(
            new GovernorOptions { MemoryBytesMax = _limitBytes }, _dial, () => new PacketTally(_offered, _lost),
            step => Console.WriteLine($"said: {step.Text}"));
        var start = Stopwatch.GetTimestamp();
        var (taken, connection, looked) = (0L, 0u, TimeSpan.Zero);
        for (var passed = TimeSpan.Zero; passed < length; passed = Stopwatch.GetElapsedTime(start))
        {
            (_offered, _lost) = (Times * taken, (Times - 1) * taken);
            shard.Depth = _dial.Depth;
            for (var turn = 0; turn < 64; turn++)
            {
                frames.Fill(batch, connection++, 1_700_000_000_000_000_000 + passed.Ticks * 100);
                shard.Run(batch);
                taken += batch.Length;
            }

            if (passed - looked < s_look) continue;
            looked = passed;
            _peakBytes = Math.Max(_peakBytes, OwnUse.Read().MemoryBytes);
            loop.Look();
        }

        shard.Finish();
        Report(shard, taken);
        return 0;
    }

    private void Report(Shard shard, long taken)
    {
        Console.WriteLine($"limit {_limitBytes}");
        Console.WriteLine($"peak {_peakBytes}");
        Console.WriteLine($"offered {_offered}");
        Console.WriteLine($"lost {_lost}");
        Console.WriteLine($"taken {taken}");
        Console.WriteLine($"in flow records {_packetsInFlowRecords}");
        Console.WriteLine($"flows {_flows}");
        Console.WriteLine($"flows started {shard.Counters.FlowsStarted}");
        Console.WriteLine($"transactions {_transactions}");
        Console.WriteLine($"rung {Ladder.NameOf(_dial.Depth)}");
        foreach (var line in shard.Ledger().Where(line => line is { IsLoss: true, Count: > 0 }))
        {
            Console.WriteLine($"ledger: {line.Stage}: {line.Reason}: {line.Count}");
        }
    }

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        foreach (var record in new RecordWalker(records))
        {
            if (!record.TryGet("flow.packets.toserver", out var toServer))
            {
                _transactions++;
                continue;
            }

            record.TryGet("flow.packets.toclient", out var toClient);
            _packetsInFlowRecords += toServer.Number + toClient.Number;
            _flows++;
        }
    }
}
