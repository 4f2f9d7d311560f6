using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols;
using NetSniff.Records;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Wire.Batches;

public class BatchTests
{
    public static TheoryData<string> Captures => [
        "gen/http1-pipelining.pcap", "gen/http2-prior-knowledge-multi.pcap", "gen/tls1_2-client-cert.pcap",
        "gen/attack-syn-portscan-vertical-1000.pcap", "gen/attack-dns-tunnel-txt-base32-300.pcap",
        "gen/websocket-plain-fragmented-ping-64bit-length.pcap"];

    [Theory]
    [MemberData(nameof(Captures))]
    public void A_batch_comes_back_byte_for_byte(string capture)
    {
        var arena = ArenaOf(Corpus.Need("dev", capture));
        var (encoder, decoder) = (new BatchEncoder(), new BatchDecoder());
        for (var round = 0; round < 2; round++)
        {
            var count = Add(encoder, arena);
            var batch = encoder.Finish(["eth0", "lo"]);
            Assert.True(decoder.TryRead(batch));
            Assert.Equal(count, decoder.Count);
            Assert.Equal(["eth0", "lo"], decoder.Interfaces);
            Assert.True(decoder.Records.SequenceEqual(arena));
        }
    }

    [Fact]
    public void Every_kind_of_field_survives()
    {
        var arena = SampleArena(records: 500);
        var (encoder, decoder) = (new BatchEncoder(), new BatchDecoder());
        Add(encoder, arena);
        Assert.True(decoder.TryRead(encoder.Finish([])));
        Assert.True(decoder.Records.SequenceEqual(arena));
    }

    [Fact]
    public void An_empty_batch_is_one()
    {
        var decoder = new BatchDecoder();
        Assert.True(decoder.TryRead(new BatchEncoder().Finish([])));
        Assert.Equal(0, decoder.Count);
    }

    /// <summary>No bytes throw, and what is cut is refused.</summary>
    [Fact]
    public void A_cut_batch_is_refused_at_every_byte()
    {
        var encoder = new BatchEncoder();
        Add(encoder, SampleArena(records: 5));
        var batch = encoder.Finish(["eth0"]).ToArray();
        var decoder = new BatchDecoder();
        for (var length = 0; length < batch.Length; length++) Assert.False(decoder.TryRead(batch.AsSpan(0, length)));
        Assert.True(decoder.TryRead(batch));
        Assert.False(decoder.TryRead([.. batch, 0]));
    }

    [Fact]
    public void Damage_is_survived_in_bounded_memory()
    {
        var encoder = new BatchEncoder();
        Add(encoder, SampleArena(records: 40));
        var batch = encoder.Finish(["eth0"]).ToArray();
        var decoder = new BatchDecoder();
        var random = new Random(20260101);
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var damaged = batch.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            if (!decoder.TryRead(damaged)) continue;

            // What it says yes to are records that can be walked from end to end.
            foreach (var record in new RecordWalker(decoder.Records)) _ = TestRecords.Line(record);
            read++;
        }

        Assert.True(read > 100, $"only {read} read: the damage is not what this test is about");
    }

    [Fact]
    public void Encoding_and_decoding_allocate_little_once_warm()
    {
        var arena = SampleArena(records: 200);
        var (encoder, decoder) = (new BatchEncoder(), new BatchDecoder());
        for (var round = 0; round < 3; round++)
        {
            Add(encoder, arena);
            decoder.TryRead(encoder.Finish([]));
        }

        // The encoder nothing; the decoder names of kinds and fields, as texts, once a batch.
        Assert.Equal(0, Allocations.Least(() =>
        {
            Add(encoder, arena);
            encoder.Finish([]);
        }));
    }

    private static int Add(BatchEncoder encoder, ReadOnlySpan<byte> arena)
    {
        var count = 0;
        foreach (var record in new RecordWalker(arena))
        {
            encoder.Add(record);
            count++;
        }

        return count;
    }

    internal static byte[] ArenaOf(string path)
    {
        var kept = new KeptRecords();
        using var shard = new Shard(new ShardOptions(), kept);
        using var capture = PcapFileCapture.Open(path, null);
        var frames = new Frame[64];
        for (int count; (count = capture.Receive(frames, TimeSpan.Zero)) >= 0; capture.Release())
        {
            shard.Run(frames.AsSpan(0, count));
        }

        shard.Finish();
        return [.. kept.Bytes];
    }

    private static byte[] SampleArena(int records)
    {
        var sink = TestRecords.NewSink();
        var random = new Random(7);
        for (var number = 0; number < records; number++)
        {
            sink.Context.FlowId = (ulong)number;
            sink.Context.Client = new Address(1, (ulong)random.Next(5));
            sink.Context.ClientPort = (ushort)random.Next(65536);
            sink.Context.App = Apps.Add("http");
            var chance = random.Next();
            var texts = new TextListBuilder(new byte[64]);
            for (var text = 0; text < number % 4; text++) texts.Add("item"u8);
            var record = new EveryFieldRecord
            {
                Number = number,
                Chance = chance,
                Own = BitConverter.GetBytes((long)chance),
                Texts = texts.List,
                Numbers = (ulong[])[(ulong)number, (ulong)chance],
            };
            sink.Emit(in record, 1_700_000_000_000_000_000 + number * 1000L, (RecordTraits)(number % 3));
        }

        return sink.Bytes.ToArray();
    }

    private sealed class KeptRecords : RecordConsumer
    {
        public List<byte> Bytes { get; } = [];

        public override void Consume(ReadOnlySpan<byte> records, int count) => Bytes.AddRange(records);
    }

    /// <summary>One field of each kind, there and not there in turn.</summary>
    private readonly ref struct EveryFieldRecord : IRecord
    {
        public static RecordInfo Info { get; } = new("batchtest", "For tests of batches.", "{batchtest.text}");

        public required int Number { get; init; }

        public required int Chance { get; init; }

        public required ReadOnlySpan<byte> Own { get; init; }

        public required TextList Texts { get; init; }

        public required ReadOnlySpan<ulong> Numbers { get; init; }

        public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
        {
            visitor.Number("batchtest.number", "For tests", (ulong)Chance, Number % 2 == 0);
            visitor.Flag("batchtest.flag", "For tests", Chance % 2 == 0, Number % 3 == 0);
            visitor.Duration("batchtest.duration", "For tests", -Chance, Number % 5 != 0);
            visitor.Time("batchtest.time", "For tests", 1_700_000_000_000_000_000 + Chance, Number % 7 != 0);
            visitor.Text("batchtest.text", "For tests", Number % 2 == 0 ? "same"u8 : Own);
            visitor.Bytes("batchtest.bytes", "For tests", Own[..Math.Min(Number % 8, Own.Length)]);
            visitor.Address("batchtest.address", "For tests", new Address(2, (ulong)Chance), Number % 4 == 0);
            visitor.Texts("batchtest.texts", "For tests", Texts);
            visitor.Numbers("batchtest.numbers", "For tests", Numbers);
        }
    }
}
