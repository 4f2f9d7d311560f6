using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Tests.Protocols;

namespace NetSniff.Tests.Pipeline;

/// <summary>Captures of protocols over datagrams, as they are where only the beginning of each frame was kept.
/// </summary>
public sealed class SnapLengthTests
{
    private static readonly string[] s_protocols = ["Dns", "Dtls", "Ntp", "Quic"];

    public static TheoryData<string> Captures =>
    [
        .. Samples.Captures.Where(static path => s_protocols.Any(name => path.Contains($"/{name}/corpus/")))
            .Select(static path => Path.GetRelativePath(Samples.Folder, path)),
    ];

    [Theory, MemberData(nameof(Captures))]
    public void What_was_cut_is_neither_malformed_nor_not_understood(string capture)
    {
        var path = Path.Combine(Samples.Folder, capture);
        var (whole, before) = Run(path, int.MaxValue, isSentSo: false);
        for (var kept = 44; kept < 400; kept += 7)
        {
            var (malformed, notUnderstood) = Run(path, kept, isSentSo: false);
            Assert.True(malformed <= whole, $"{malformed} malformed records at {kept} bytes a frame");
            Assert.True(notUnderstood <= before, $"{notUnderstood} datagrams not understood at {kept} bytes a frame");
        }
    }

    [Fact]
    public void What_was_sent_so_is_malformed()
    {
        var (malformed, _) = Run(Path.Combine(Samples.Folder, "Dns/corpus/knot.pcap"), kept: 80, isSentSo: true);
        Assert.NotEqual(0, malformed);
    }

    /// <param name="isSentSo">The frames had no more bytes on the wire either.</param>
    private static (long Malformed, long NotUnderstood) Run(string path, int kept, bool isSentSo)
    {
        var file = new CaptureFile(path);
        var frames = file.Frames;
        foreach (ref var frame in frames.AsSpan())
        {
            var captured = Math.Min(kept, frame.CapturedLength);
            frame = frame with { CapturedLength = captured, WireLength = isSentSo ? captured : frame.WireLength };
        }

        var malformed = new Malformed();
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, malformed);
        shard.Run(frames);
        shard.Finish();
        GC.KeepAlive(file);
        return (malformed.Count, shard.Counters.DatagramsBroken);
    }

    private sealed class Malformed : RecordConsumer
    {
        public long Count { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                if ((record.Header.Traits & RecordTraits.Malformed) != 0) Count++;
            }
        }
    }
}
