using System.Text;
using NetSniff.Cli.Outputs;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.Crew;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Tests.Capture.PcapFile;
using NetSniff.Tests.Pcap;
using NetSniff.Tests.Pipeline;
using MadeFrame = NetSniff.Fuzz.Captures.CapturedFrame;

namespace NetSniff.Tests.Capture.Crew;

/// <summary>Threads that read a file together: the same as one says, in an order that is always the same.</summary>
public sealed class ShardCrewTests : IDisposable
{
    private const int FramesCount = 20_000;

    /// <summary>Of several chunks.</summary>
    private static readonly Lazy<byte[]> s_file = new(static () => LoadedCapture.ToPcap(
        [.. new MadeUpTraffic(seed: 3).Frames(FramesCount).Take(FramesCount).Select(static frame => Padded(frame))]));

    private readonly string _folder = Directory.CreateTempSubdirectory("netsniff-crew").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(2), InlineData(3), InlineData(5)]
    public void What_is_said_depends_on_the_file_and_the_number_alone(int shards)
    {
        var path = Write(s_file.Value);
        Assert.True(s_file.Value.Length > 3 * ShardCrew.ChunkBytes, "a file of one chunk says nothing");
        var first = Read(shards, path);
        for (var time = 0; time < 5; time++) Assert.Equal(first.Bytes, Read(shards, path).Bytes);

        var one = Read(1, path);
        Assert.Equal(Sorted(one), Sorted(first));
        Assert.Equal(one.Ledger, first.Ledger);
        Assert.Equal(one.Counters.Received, first.Counters.Received);
    }

    [Fact]
    public void The_shards_of_a_chunk_speak_in_turn()
    {
        var path = Write(s_file.Value);
        var said = Read(3, path);
        Assert.True(said.Chunks > 3);
        Assert.All(said.Turns, turn => Assert.True(turn.Order().SequenceEqual(turn), string.Join(' ', turn)));
        Assert.Contains(said.Turns, turn => turn.Distinct().Count() == 3);
    }

    /// <summary>Records of one chunk that are more than it may keep: every shard waits for its turn again and again.
    /// </summary>
    [Fact]
    public void Who_has_much_to_say_waits_for_his_turn()
    {
        var path = Write(s_file.Value);
        var (first, again) = (Read(3, path, times: 60), Read(3, path, times: 60));
        Assert.True(first.Bytes.Length > 8 * ShareBytes.BytesMax, "too little to have to wait");
        Assert.True(first.Bytes.AsSpan().SequenceEqual(again.Bytes));
        Assert.All(first.Turns, turn => Assert.True(turn.Order().SequenceEqual(turn), string.Join(' ', turn)));
    }

    [Fact]
    public void Several_files_are_one_capture()
    {
        var frames = new MadeUpTraffic(seed: 4).Frames(count: 6_000);
        var whole = Read(1, Write(LoadedCapture.ToPcap(frames)));
        string[] parts =
        [
            Write(LoadedCapture.ToPcap([.. frames.Take(2_001)])),
            Write(LoadedCapture.ToPcap([.. frames.Skip(2_001).Take(1)])),
            Write(SampleCapture.Gzip(LoadedCapture.ToPcap([.. frames.Skip(2_002)]))),
        ];
        Assert.Equal(Sorted(whole), Sorted(Read(3, parts)));
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(700_001), InlineData(900_000)]
    public void A_file_that_is_cut_says_what_one_shard_says(int bytesCut)
    {
        var path = Write(s_file.Value[..^bytesCut]);
        var (one, three) = (Read(1, path), Read(3, path));
        Assert.Equal(one.Problem, three.Problem);
        Assert.Equal(bytesCut > 0, three.Problem is not null);
        Assert.Equal(Sorted(one), Sorted(three));
    }

    [Fact]
    public void A_file_that_is_damaged_says_what_one_shard_says()
    {
        var bytes = (byte[])s_file.Value.Clone();
        bytes.AsSpan(bytes.Length / 2, 64).Fill(0xff);
        foreach (var damaged in (byte[][])[bytes, SampleCapture.Gzip(s_file.Value)[..^900]])
        {
            var path = Write(damaged);
            var (one, three) = (Read(1, path), Read(3, path));
            Assert.NotNull(one.Problem);
            Assert.Equal(one.Problem, three.Problem);
            Assert.Equal(Sorted(one), Sorted(three));
        }
    }

    /// <summary>Blocks that no chunk holds, read and stepped over.</summary>
    [Fact]
    public void Blocks_longer_than_a_chunk_lose_nothing()
    {
        var bytes = new PcapngBytes(isBig: false).Section();
        bytes.Interface(1, 0);
        var frames = new MadeUpTraffic(seed: 5).Frames(count: 3_000);
        foreach (var (index, frame) in frames.Index())
        {
            bytes.Frame(0, (ulong)(frame.TimeNanos / 1_000), Convert.ToHexString(frame.Bytes));
            if (index == 1_000) bytes.Block(0x0BAD, new byte[3 * ShardCrew.ChunkBytes]);
            if (index == 2_000) bytes.Block(10, [.. "KLST"u8, .. new byte[3 * ShardCrew.ChunkBytes]]); // secrets
        }

        var path = Write(bytes.ToArray());
        var (one, three) = (Read(1, path), Read(3, path));
        Assert.Null(three.Problem);
        Assert.Equal(frames.Count, three.Counters.Received);
        Assert.Equal(Sorted(one), Sorted(three));
    }

    /// <summary>Its chunks are read with no other in hand, so that one thread gets the same window again and again.
    /// </summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void A_stream_without_a_size_loses_nothing(int shards)
    {
        var (frames, file) = (FramesCount, s_file.Value);
        var said = Read(shards, times: 1, PcapFileCapture.Open(new MemoryStream(file), "stream"));
        Assert.Null(said.Problem);
        Assert.Equal(frames, said.Counters.Received);
        Assert.True(said.Chunks > 3, "too few chunks for a frame to lie across two");
        Assert.Equal(Sorted(Read(1, Write(file))), Sorted(said));
    }

    /// <summary>Every frame begins a second, of which each share is told: chunks are closed before they are looked
    /// through, and what is left of them comes with the next.</summary>
    [Theory]
    [InlineData("whole"), InlineData("cut"), InlineData("packed"), InlineData("packed and cut"), InlineData("stream")]
    public void Frames_a_second_apart_make_smaller_chunks(string what)
    {
        const int count = 60_000;
        var some = new MadeUpTraffic(seed: 3).Frames(count / 50);
        var file = LoadedCapture.ToPcap(
        [
            .. Enumerable.Range(0, count).Select(second => new MadeFrame(
                second % 50 == 0 ? some[second / 50].Bytes : [], some[0].TimeNanos + second * 1_000_000_000L)),
        ]);
        var bytes = what switch
        {
            "cut" => file[..^7],
            "packed" => SampleCapture.Gzip(file),
            "packed and cut" => SampleCapture.Gzip(file)[..^900],
            _ => file,
        };
        var path = Write(bytes);
        var one = Read(1, path);
        var three = what == "stream"
            ? Read(3, times: 1, PcapFileCapture.Open(new MemoryStream(bytes), "stream"))
            : Read(3, path);
        Assert.Equal(one.Problem, three.Problem);
        Assert.Equal(one.Counters.Received, three.Counters.Received);
        Assert.True(three.Chunks > 3 * (file.Length / ShardCrew.ChunkBytes + 1), $"{three.Chunks} chunks");
        Assert.Equal(Sorted(one), Sorted(three));
        if (what == "whole") Assert.Equal(three.Bytes, Read(3, path).Bytes);
    }

    /// <summary>The capture's end, and not the crew's: another follows.</summary>
    [Fact]
    public void A_capture_that_is_refused_ends_alone()
    {
        var path = Write(s_file.Value);
        var output = new Said();
        using var crew = new ShardCrew(3, new ShardOptions(), output);
        var refusing = new CaptureFilter("", static _ => throw new CaptureException("not for this"));
        using (var refused = PcapFileCapture.Open(path, refusing))
        {
            var problem = Assert.Throws<CaptureException>(() => crew.Run(refused, CancellationToken.None));
            Assert.Equal("not for this", problem.Message);
        }

        using var capture = PcapFileCapture.Open(path);
        crew.Run(capture, CancellationToken.None);
        crew.Finish();
        Assert.Equal(FramesCount, capture.Counters.Received);
        Assert.Equal(Read(3, path).Bytes, output.Bytes);
    }

    [Fact]
    public void What_a_filter_leaves_out_is_counted()
    {
        using var capture = PcapFileCapture.Open(Write(s_file.Value), CaptureFilter.Nothing);
        var output = new Said();
        using var crew = new ShardCrew(2, new ShardOptions(), output);
        crew.Run(capture, CancellationToken.None);
        crew.Finish();
        Assert.Equal((0, FramesCount), (capture.Counters.Received, capture.Counters.Filtered));
        Assert.Empty(output.Bytes);
    }

    [Fact]
    public void Who_cannot_write_ends_all()
    {
        using var capture = PcapFileCapture.Open(Write(s_file.Value));
        using var crew = new ShardCrew(3, new ShardOptions(), new Broken());
        var problem = Assert.Throws<IOException>(() => crew.Run(capture, CancellationToken.None));
        Assert.Equal("no room", problem.Message);
    }

    [Fact]
    public void A_wish_to_stop_is_heard()
    {
        using var stop = new CancellationTokenSource();
        using var capture = PcapFileCapture.Open(Write(s_file.Value));
        var output = new Said();
        using var crew = new ShardCrew(3, new ShardOptions(), output) { Progressed = _ => stop.Cancel() };
        crew.Run(capture, stop.Token);
        crew.Finish();
        Assert.InRange(capture.Counters.Received, 1, FramesCount - 1);
        var packets = LedgerSums.Of(crew.Ledger())[("decode", "in")].Count;
        Assert.Equal(capture.Counters.Received, packets);
    }

    private string Write(byte[] bytes)
    {
        var path = Path.Combine(_folder, $"{Directory.GetFiles(_folder).Length}.pcap");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>So that a file of few frames has many chunks.</summary>
    private static MadeFrame Padded(MadeFrame frame) =>
        frame with { Bytes = [.. frame.Bytes, .. new byte[100]] };

    private static string[] Sorted(SaidOf said) =>
        [
            .. Encoding.UTF8.GetString(said.Bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static line => line[2..]).Order(StringComparer.Ordinal),
        ];

    private static SaidOf Read(int shards, params string[] paths) => Read(shards, times: 1, paths);

    private static SaidOf Read(int shards, string path, int times) => Read(shards, times, [path]);

    private static SaidOf Read(int shards, int times, string[] paths) =>
        Read(shards, times, [.. paths.Select(path => PcapFileCapture.Open(path))]);

    private static SaidOf Read(int shards, int times, params PcapFileCapture[] captures)
    {
        var output = new Said { Times = times };
        using var crew = new ShardCrew(shards, new ShardOptions(), output);
        var (counters, problem) = (default(CaptureCounters), default(string));
        foreach (var capture in captures)
        {
            crew.Run(capture, CancellationToken.None);
            counters = capture.Counters;
            // Files have other names, and nothing else may differ.
            problem = capture.Problem?.Text.Replace(capture.Name, "", StringComparison.Ordinal);
            capture.Dispose();
        }

        crew.Finish();
        string[] ledger =
        [
            .. LedgerSums.Of(crew.Ledger()).Values.Select(static line => line.ToString())
                .Order(StringComparer.Ordinal),
        ];
        return new SaidOf(output.Bytes, output.Turns, output.Chunks, ledger, counters!, problem);
    }

    private sealed record SaidOf(
        byte[] Bytes, IReadOnlyList<IReadOnlyList<int>> Turns, int Chunks, string[] Ledger, CaptureCounters Counters,
        string? Problem);

    /// <summary>A line for each record, who wrote it and what it says, without the number of its flow.</summary>
    private sealed class Said : CrewOutput
    {
        private readonly List<byte> _bytes = [];
        private readonly List<List<int>> _turns = [[]];
        private int _shards;

        public int Times { get; init; } = 1;

        public byte[] Bytes => [.. _bytes];

        public int Chunks { get; private set; }

        public IReadOnlyList<IReadOnlyList<int>> Turns => _turns;

        public override CrewRecords NewRecords(ShareStream share) => new Lines(share, _shards++, Times);

        public override void Deliver(ReadOnlySpan<byte> bytes)
        {
            // What is delivered is one shard's, and its lines begin with its number.
            _turns[^1].Add(bytes[0] - '0');
            _bytes.AddRange(bytes);
        }

        public override void EndChunk()
        {
            Chunks++;
            _turns.Add([]);
        }
    }

    private sealed class Lines(ShareStream share, int number, int times) : CrewRecords
    {
        private readonly FlowsSaid _said = new();

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                var line = Encoding.UTF8.GetBytes($"{number} {_said.LineOf(record, out _)}");
                for (var time = 0; time < times; time++) share.Write(line);
            }
        }
    }

    private sealed class Broken : CrewOutput
    {
        public override CrewRecords NewRecords(ShareStream share) => new Lines(share, number: 0, times: 1);

        public override void Deliver(ReadOnlySpan<byte> bytes) => throw new IOException("no room");
    }
}
