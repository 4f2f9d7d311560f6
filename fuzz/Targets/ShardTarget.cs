using System.Buffers.Binary;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Eve;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Flows;
using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Streams;

namespace NetSniff.Fuzz.Targets;

/// <summary>Whole shards on changed captures, with limits so low that they are met, and every output behind them.
/// </summary>
/// <remarks>A part is a frame: link type, milliseconds since the one before (16 bits), how much longer it was on the
/// wire, interface; then its bytes. Frames are dropped, doubled, reordered and cut as parts are.</remarks>
internal sealed class ShardTarget : FuzzTarget
{
    private const int FramesPerSeedMax = 40;
    private const int SeedsMax = 600;
    private static readonly LinkType[] s_linkTypes = Enum.GetValues<LinkType>();

    private static readonly ShardOptions s_options = new()
    {
        FlowsMax = 4096,
        ConversationsMax = 8,
        ArenaBytes = 2 * RecordSink.RecordBytesMax,
        FragmentedDatagramsMax = 4,
        FragmentBytesMax = 64 << 10,
        Streams = new StreamLimits { PendingBytesMax = 8 << 10, PendingSegmentsMax = 6, BytesMax = 1 << 20 },
    };

    private readonly GuardedSlots _slots = new(Shard.BatchMax);
    private readonly ShownRecords _shown = new();

    public override string Name => "shard";

    public override int HeadBytes => 5;

    public override int PartsMax => 80;

    public override int PartBytesMax => 9_000; // a jumbo frame

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) => library.Captures
        .Take(SeedsMax)
        .Select(capture => new FuzzInput(Parts(capture.Frames)));

    public override bool TryMutate(ref byte[] part, Random random) =>
        FrameFields.TryMutate(part.AsSpan(Math.Min(HeadBytes, part.Length)), random);

    public override void Run(FuzzInput input, Novelty novelty)
    {
        var frames = Frames(input);
        _shown.Begin(novelty);
        using var run = new ShardRun(s_options, _shown, _slots);
        run.Take(frames, frames.Count);
        run.Shard.Finish();
        Check(run.Shard);
        foreach (var line in run.Shard.Ledger())
        {
            novelty.Note(line.Reason.Length, line.Reason[0] | (line.Stage[0] << 8), (ulong)Novelty.Order(line.Count));
        }
    }

    protected override void Dispose(bool disposing)
    {
        _slots.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>What came in is accounted for, and nothing is held when all is over.</summary>
    private void Check(Shard shard)
    {
        var counters = shard.Counters;
        Demand(counters.Packets == counters.ByStatus.Sum(), "packets in and packets by status differ");
        Demand(counters.FlowsStarted == counters.FlowsEnded,
            $"{counters.FlowsStarted} flows began, {counters.FlowsEnded} ended");
        Demand(shard.FlowsLive == 0, $"{shard.FlowsLive} flows live after the end");
        Demand(shard.BytesHeld == 0, $"{shard.BytesHeld} bytes held after the end");
        Demand(
            _shown.FlowPackets == counters.PacketsInFlows,
            $"flow records count {_shown.FlowPackets} packets of {counters.PacketsInFlows}");
    }

    private static void Demand(bool holds, string broken)
    {
        if (!holds) throw new BrokenContractException(broken);
    }

    private static IEnumerable<byte[]> Parts(IReadOnlyList<CapturedFrame> frames)
    {
        var last = frames.Count > 0 ? frames[0].TimeNanos : 0;
        foreach (var frame in frames.Where(frame => frame.Bytes.Length <= 9_000).Take(FramesPerSeedMax))
        {
            var milliseconds = (ushort)Math.Clamp((frame.TimeNanos - last) / 1_000_000, 0, ushort.MaxValue);
            last = frame.TimeNanos;
            var linkType = Math.Max(0, Array.IndexOf(s_linkTypes, frame.LinkType));
            var added = (byte)Math.Clamp((frame.WireLength - frame.Bytes.Length + 15) / 16, 0, 255);
            yield return
            [
                (byte)linkType, (byte)(milliseconds >> 8), (byte)milliseconds, added, (byte)frame.Interface,
                .. frame.Bytes,
            ];
        }
    }

    private static List<CapturedFrame> Frames(FuzzInput input)
    {
        var frames = new List<CapturedFrame>(input.Parts.Count);
        var time = 1_700_000_000_000_000_000L;
        foreach (var part in input.Parts)
        {
            if (part.Length < 5) continue;

            time += BinaryPrimitives.ReadUInt16BigEndian(part.AsSpan(1)) * 1_000_000L;
            var bytes = part[5..];
            frames.Add(new CapturedFrame(
                bytes, bytes.Length + (part[3] * 16), time, s_linkTypes[part[0] % s_linkTypes.Length], part[4]));
        }

        return frames;
    }

    /// <summary>Puts records through every output, to nowhere, and counts.</summary>
    private sealed class ShownRecords : RecordConsumer
    {
        private readonly Output[] _outputs;
        private readonly OutputBuffer _buffer = new(Stream.Null);
        private readonly ushort _flowKind = RecordKinds.Register<FlowRecord>().Id;
        private Novelty _novelty = new();

        public ShownRecords() => _outputs =
        [
            new TableOutput(_buffer, new TableOptions(Columns: 100, IsColoured: true, Flows: FlowLines.All)),
            new JsonlOutput(_buffer, OriginBook.None),
            new EveOutput(_buffer, OriginBook.None),
        ];

        public long FlowPackets { get; private set; }

        public void Begin(Novelty novelty) => (_novelty, FlowPackets) = (novelty, 0);

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                _novelty.Note(record.Header.Kind, (int)record.Header.Traits, record.Header.Present ^ record.Header.App);
                if (record.Header.Kind == _flowKind) FlowPackets += PacketsOf(record);
                foreach (var output in _outputs)
                {
                    output.Watch(record);
                    output.Write(record);
                }
            }

            _buffer.Flush();
        }

        private static long PacketsOf(RecordView record)
        {
            var packets = 0L;
            foreach (var name in (ReadOnlySpan<string>)["flow.packets.toserver", "flow.packets.toclient"])
            {
                if (record.TryGet(name, out var value)) packets += (long)value.Number;
            }

            return packets;
        }
    }
}
