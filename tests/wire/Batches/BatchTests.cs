using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols;
using NetSniff.Records;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Wire.Batches;

public class BatchTests
{
    /// <summary>The length of the same records in version 1: names of interfaces, no peers, no fixed sizes.</summary>
    private const int SampleBytesVersion1 = 21_486;

    /// <summary>Two records of <see cref="SampleArena"/>.</summary>
    private const string Version1 =
        "0102010468747470010465746830010962617463687465737409106261746368746573742E6E756D626572000E6261746368"
        + "746573742E666C616701126261746368746573742E6475726174696F6E020E6261746368746573742E74696D65030E626174"
        + "6368746573742E74657874040F6261746368746573742E627974657305116261746368746573742E61646472657373060F62"
        + "61746368746573742E746578747307116261746368746573742E6E756D626572730802038080D0E2C6BFCE972FD00F020001"
        + "0202101001000000000000000100000000000000010000000000000000000000000000000101100000000000000000000000"
        + "00000000000100028ABE03CEBB0101000100010001000100010001000100050102D302BC030184C6E6A4050101019E8FCDCB"
        + "FAFFFFFFFF0101E2F0DAE5E89FE7CB170202040873616D6562B88C560000000002010162020110020000000000000004A399"
        + "540000000001010201046974656D0102020084C6E6A40501E2F0B2B4050100";

    /// <summary>The same in version 2.</summary>
    private const string Version2 =
        "020201046874747001066E6F64652D31046574683000010962617463687465737409106261746368746573742E6E756D6265"
        + "72000E6261746368746573742E666C616701126261746368746573742E6475726174696F6E020E6261746368746573742E74"
        + "696D65030E6261746368746573742E74657874040F6261746368746573742E627974657305116261746368746573742E6164"
        + "6472657373060F6261746368746573742E746578747307116261746368746573742E6E756D626572730802038080D0E2C6BF"
        + "CE972FD00F020001020210100100000000000000010000000000000001000000000000000000000000000000010110000000"
        + "000000000000000000000000000100028ABE03CEBB0101000100010001000100010001000100050102D302BC030184C6E6A4"
        + "050101019E8FCDCBFAFFFFFFFF0101E2F0DAE5E89FE7CB170202040873616D6562B88C560000000002010162020110020000"
        + "000000000004A399540000000001010201046974656D0102020084C6E6A40501E2F0B2B4050100";

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
            Assert.True(decoder.TryRead(encoder.Finish([])));
            Assert.Equal(count, decoder.Count);
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
    public void What_was_one_number_in_a_batch_is_not_in_the_next()
    {
        var (encoder, decoder) = (new BatchEncoder(), new BatchDecoder());
        foreach (var record in new RecordWalker(SampleArena(records: 2 * 3 * 5 * 7)))
        {
            encoder.Add(record);
            Assert.True(decoder.TryRead(encoder.Finish([])));
            Assert.True(decoder.Records.SequenceEqual(record.Bytes));
        }
    }

    [Fact]
    public void Interfaces_come_back_as_origins()
    {
        var arena = SampleArena(records: 10);
        for (var number = 0; number < 10; number++) Header(arena, number).Interface = (ushort)(number % 3);
        var (encoder, decoder) = (new BatchEncoder(), new BatchDecoder());
        Add(encoder, arena);
        Assert.True(decoder.TryRead(encoder.Finish(["eth0", "lo"], "node-1")));
        List<Origin> seen = [];
        foreach (var record in new RecordWalker(decoder.Records)) seen.Add(Origins.Of(record.Header.Interface));
        Assert.Equal(new Origin("node-1", "eth0"), seen[0]);
        Assert.Equal(new Origin("node-1", "lo"), seen[1]);
        Assert.Equal(new Origin("node-1", ""), seen[2]);

        // Sent on, as a worker does.
        var again = decoder.Records.ToArray();
        Add(encoder, again);
        Assert.True(decoder.TryRead(encoder.Finish(Origins.Book)));
        Assert.True(decoder.Records.SequenceEqual(again));
    }

    [Fact]
    public void Peers_come_back_with_all_they_have_where_they_are_believed()
    {
        var pod = Peers.Add(new Peer
        {
            Kind = PeerKind.Pod, Name = "cart-5b9", Namespace = "shop", Workload = "cart", WorkloadKind = "Deployment",
            Service = "cart", Node = "node-1", Zone = "eu-1a", Labels = [new("tier", "back"), new("app", "cart")],
        });
        var outside = Peers.Add(new Peer { Kind = PeerKind.External, Why = "not one of ours" });
        var arena = SampleArena(records: 30);
        for (var number = 0; number < 30; number++)
        {
            if (number % 3 != 0) Header(arena, number).ClientPeer = number % 3 == 1 ? pod : outside;
            Header(arena, number).ServerPeer = pod;
        }

        var encoder = new BatchEncoder();
        Add(encoder, arena);
        var batch = encoder.Finish([]).ToArray();
        var trusting = new BatchDecoder { TakesPeers = true };
        Assert.True(trusting.TryRead(batch));
        Assert.True(trusting.Records.SequenceEqual(arena));

        var wary = new BatchDecoder();
        Assert.True(wary.TryRead(batch));
        Assert.Equal(30, wary.Count);
        foreach (var record in new RecordWalker(wary.Records))
        {
            Assert.Equal((Peers.Unnamed, Peers.Unnamed), (record.Header.ClientPeer, record.Header.ServerPeer));
        }
    }

    /// <summary>A kind costs nothing for peers it has not, the batch one byte and the origin its two names.</summary>
    [Fact]
    public void Without_peers_a_batch_is_as_small_as_before()
    {
        var encoder = new BatchEncoder();
        Add(encoder, SampleArena(records: 500));
        var bytes = encoder.Finish(["eth0"], "n").Length;
        Add(encoder, SampleArena(records: 500));
        Assert.Equal(bytes - "eth0n".Length, encoder.Finish([]).Length);
        Assert.InRange(bytes, 1, SampleBytesVersion1);
    }

    /// <summary>Kept from when they were written by the programs of their time: a log may be years old.</summary>
    [Theory]
    [InlineData(Version1, "node-9")]
    [InlineData(Version2, "node-1")]
    public void Earlier_versions_are_still_read(string batch, string node)
    {
        List<string> expected = [];
        foreach (var record in new RecordWalker(SampleArena(records: 2))) expected.Add(TestRecords.Line(record));
        var decoder = new BatchDecoder { Node = "node-9" };
        Assert.True(decoder.TryRead(Convert.FromHexString(batch)));
        Assert.Equal(2, decoder.Count);
        List<string> lines = [];
        foreach (var record in new RecordWalker(decoder.Records))
        {
            lines.Add(TestRecords.Line(record));
            Assert.Equal(new Origin(node, "eth0"), Origins.Of(record.Header.Interface));
            Assert.Equal(Peers.Unnamed, record.Header.ClientPeer);
        }

        Assert.Equal(expected, lines);
    }

    /// <summary>What a stranger's lists may swell to is never more than a reader takes.</summary>
    [Fact]
    public void A_batch_is_full_before_its_lists_are_too_long()
    {
        var sink = new RecordSink(4 * RecordSink.RecordBytesMax);
        var numbers = new ulong[5000];
        var record = new EveryFieldRecord { Number = 1, Chance = 1, Own = [1], Texts = default, Numbers = numbers };
        sink.Emit(in record, 1000);
        var (encoder, decoder) = (new BatchEncoder(), new BatchDecoder());
        while (!encoder.IsFull) Add(encoder, sink.Bytes);
        Assert.InRange(encoder.Count, 100, 1000);
        var count = encoder.Count;
        Assert.True(decoder.TryRead(encoder.Finish([])));
        Assert.Equal(count, decoder.Count);
        Assert.False(encoder.IsFull);
    }

    /// <summary>Kinds that tell of more rows than the batch has, and columns of rows that are not there.</summary>
    [Fact]
    public void What_is_not_there_is_given_no_room()
    {
        var encoder = new BatchEncoder();
        Add(encoder, SampleArena(records: 2));
        var batch = encoder.Finish([]).ToArray();
        var decoder = new BatchDecoder();
        Assert.True(decoder.TryRead(batch));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var at = 0; at < batch.Length - 3; at++)
        {
            // A large number in place of what was there, wherever that is.
            var changed = batch.ToArray();
            (changed[at], changed[at + 1], changed[at + 2]) = (0xff, 0xff, 0x03);
            decoder.TryRead(changed);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before - (long)batch.Length * (batch.Length + 64);
        Assert.InRange(allocated, long.MinValue, 32 << 20);
    }

    [Fact]
    public void A_version_of_tomorrow_is_not_read()
    {
        var batch = Convert.FromHexString(Version2);
        batch[0] = 4;
        var decoder = new BatchDecoder();
        Assert.False(decoder.TryRead(batch));
        Assert.StartsWith("of a later version", decoder.Problem);
        Assert.False(decoder.TryRead(batch.AsSpan(1)));
        Assert.Equal("damaged", decoder.Problem);
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

    private static ref RecordHeader Header(byte[] arena, int number)
    {
        var at = 0;
        for (; number > 0; number--) at += BitConverter.ToInt32(arena, at);
        return ref MemoryMarshal.AsRef<RecordHeader>(arena.AsSpan(at));
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
