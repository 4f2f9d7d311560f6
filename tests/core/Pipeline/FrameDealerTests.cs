using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Streams;
using NetSniff.Tests.Protocols;

namespace NetSniff.Tests.Pipeline;

/// <summary>Shards that share a capture say together what one says alone, of every flow and in every count.</summary>
public sealed class FrameDealerTests
{
    private const int ShardsMax = 4;
    private const int SharedFilesMax = 80;
    private const int SharedFileBytesMax = 300_000;

    private static readonly int[] s_chunks = [1, 7, 500];

    public static TheoryData<string> Captures =>
        [.. Samples.Captures.Select(path => Path.GetRelativePath(Samples.Folder, path))];

    [Theory, MemberData(nameof(Captures))]
    public void A_capture_says_the_same(string capture)
    {
        var file = new CaptureFile(Path.Combine(Samples.Folder, capture));
        AssertSame(file.Frames, capture);
        GC.KeepAlive(file);
    }

    /// <summary>Every so many captures of the corpus, and all that come in pieces or in tunnels.</summary>
    [Fact]
    public void The_corpus_says_the_same()
    {
        var root = Corpus.Need("dev");
        var files = Directory.EnumerateFiles(root, "*.pcap*", SearchOption.AllDirectories)
            .Where(path => new FileInfo(path).Length < SharedFileBytesMax)
            .Order(StringComparer.Ordinal)
            .ToList();
        var step = Math.Max(1, files.Count / SharedFilesMax);
        var drawn = files.Where((path, index) =>
            index % step == 0 || Path.GetFileName(Path.GetDirectoryName(path)) is "ipfrag" or "tunnel");
        var count = 0;
        foreach (var path in drawn)
        {
            var file = new CaptureFile(path);
            AssertSame(file.Frames, path, chunks: [64]);
            GC.KeepAlive(file);
            count++;
        }

        Assert.True(count >= SharedFilesMax / 2, $"{count} captures are too few to say anything");
    }

    /// <summary>Flows that go idle, packets out of order, pieces out of order and lost, tunnels in pieces, questions
    /// without an answer: whatever depends on what other flows do meanwhile.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public void Made_up_traffic_says_the_same(int seed)
    {
        using var slots = new PinnedFrames(new MadeUpTraffic(seed).Frames(count: 4000));
        AssertSame(slots.Frames, $"seed {seed}");
    }

    [Fact]
    public void Both_directions_and_all_pieces_go_to_one_shard()
    {
        using var slots = new PinnedFrames(new MadeUpTraffic(seed: 9).Frames(count: 2000));
        var packet = default(Packet);
        var (plain, pieces) = (0, 0);
        foreach (ref readonly var frame in slots.Frames.AsSpan())
        {
            var lot = PacketDecoder.LotOf(in frame, ref packet, out var isPiece);
            PacketDecoder.Decode(in frame, ref packet);
            Assert.Equal(packet.Status == DecodeStatus.Ok && packet.Is(PacketTraits.Fragment), isPiece);
            if (packet.Status != DecodeStatus.Ok) continue;

            Assert.Equal(FlowHash.Lot(in packet), lot);
            (packet.Source, packet.Target) = (packet.Target, packet.Source);
            (packet.SourcePort, packet.TargetPort) = (packet.TargetPort, packet.SourcePort);
            Assert.Equal(FlowHash.Lot(in packet), lot);
            if (isPiece) pieces++;
            else plain++;
        }

        Assert.True(plain > 1000 && pieces > 50, $"{plain} plain and {pieces} pieces say little");
    }

    [Fact]
    public void Shares_are_about_as_large()
    {
        var shares = NewShares(4);
        var dealer = new FrameDealer(4, new ShardOptions());
        var trace = new SmallTrace(conversations: 1000);
        dealer.Deal(trace.From(1_700_000_000_000_000_000), shares);

        // A thousand clients' ports at two servers.
        Assert.All(shares, share => Assert.InRange(share.Frames.Length, trace.Count / 5, trace.Count / 3));
        Assert.Equal(trace.Count, shares.Sum(share => share.Frames.Length));
    }

    /// <summary>Whatever they have met, together they keep no more than is usual.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(16), InlineData(FrameDealer.ShardsMax)]
    public unsafe void Shares_give_back_what_they_seldom_need(int count)
    {
        const long roomMax = 8 << 20;
        const int datagramsCount = 64;
        var shares = NewShares(count);
        var bytes = new byte[IpDefragmenter.DatagramBytesMax];
        foreach (var share in shares)
        {
            for (var index = 0; index <= FrameShare.FramesKept; index++) share.Add(default(Frame));
            for (var second = 0; second <= FrameShare.HintsKept; second++) share.Tell(second);
            fixed (byte* data = bytes)
            {
                var datagram = new Datagram { Data = data, Length = bytes.Length, Fate = DatagramFate.Reassembled };
                for (var index = 0; index < datagramsCount; index++) share.Add(in datagram, nowNanos: 0);
            }

            Assert.True(share.IsFull);
            share.Clear();
        }

        Assert.InRange(shares.Sum(static share => share.Room), 0, roomMax);
        Assert.All(shares, static share => Assert.False(share.IsFull));
    }

    [Fact]
    public void The_end_of_time_is_a_time()
    {
        var shares = NewShares(2);
        var dealer = new FrameDealer(2, new ShardOptions());
        using var slots = new PinnedFrames(
            [.. Enumerable.Range(0, 9).Select(index => new CapturedFrame([], long.MaxValue - 9 + index))]);
        dealer.Deal(slots.Frames, shares);

        // One begins a second, and the others none.
        Assert.Equal(9, shares.Sum(static share => share.Frames.Length));
        Assert.Equal(1, shares.Sum(static share => share.Hints));
    }

    [Fact]
    public void Dealing_allocates_nothing_once_warm()
    {
        var shares = NewShares(2);
        var dealer = new FrameDealer(2, new ShardOptions());
        var trace = new SmallTrace(conversations: 200);
        long start = 1_700_000_000_000_000_000;
        var rounds = new Queue<Frame[]>();
        for (var round = 0; round < 12; round++) rounds.Enqueue(trace.From(start += 3_600_000_000_000));
        Deal(rounds.Dequeue());

        Assert.Equal(0, Allocations.Least(() => Deal(rounds.Dequeue())));

        void Deal(Frame[] frames)
        {
            foreach (var share in shares) share.Clear();
            dealer.Deal(frames, shares);
        }
    }

    private static void AssertSame(Frame[] frames, string what, int[]? chunks = null)
    {
        var (one, ledger) = Alone(frames);
        for (var shards = 1; shards <= ShardsMax; shards++)
        {
            foreach (var chunk in chunks ?? s_chunks)
            {
                var (said, sums) = Together(frames, shards, chunk);
                Assert.True(
                    one.Flows.SequenceEqual(said.Flows),
                    $"{what}: {shards} shards, chunks of {chunk}: " + Difference(one.Flows, said.Flows));
                Assert.Equal(ledger, sums);
            }
        }
    }

    private static (FlowsSaid Said, string[] Ledger) Alone(Frame[] frames)
    {
        var said = new FlowsSaid();
        using var shard = new Shard(Options(), said);
        shard.Run(frames);
        shard.Finish();
        return (said, Sums(shard.Ledger()));
    }

    private static (FlowsSaid Said, string[] Ledger) Together(Frame[] frames, int count, int chunk)
    {
        var said = new FlowsSaid();
        var dealer = new FrameDealer(count, Options());
        var shares = NewShares(count);
        Shard[] shards =
            [.. Enumerable.Range(0, count).Select(number => new Shard(FrameDealer.OptionsOf(number, Options()), said))];
        for (var start = 0; start < frames.Length; start += chunk)
        {
            foreach (var share in shares) share.Clear();
            dealer.Deal(frames.AsSpan(start, Math.Min(chunk, frames.Length - start)), shares);
            for (var number = 0; number < count; number++) shares[number].RunOn(shards[number]);
        }

        foreach (var share in shares) share.Clear();
        dealer.Finish(shares);
        for (var number = 0; number < count; number++)
        {
            shares[number].RunOn(shards[number]);
            while (!shards[number].TryFinish(flowsMax: 3))
            {
            }

            shards[number].Dispose();
        }

        return (said, Sums([.. shards.SelectMany(shard => shard.Ledger()), .. dealer.Ledger()]));
    }

    private static ShardOptions Options() => new() { FlowsMax = 1 << 16 };

    private static FrameShare[] NewShares(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new FrameShare(count))];

    private static string[] Sums(IEnumerable<LedgerLine> lines) =>
        [.. LedgerSums.Of(lines).Values.Select(static line => line.ToString()).Order(StringComparer.Ordinal)];

    private static string Difference(IReadOnlyList<string> one, IReadOnlyList<string> many) =>
        $"only alone: {one.Except(many).FirstOrDefault()}\nonly together: {many.Except(one).FirstOrDefault()}";
}
