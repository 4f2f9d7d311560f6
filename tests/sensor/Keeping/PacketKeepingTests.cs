using System.Text;
using NetSniff.Config;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Sensor.Keeping;
using NetSniff.Storage.PacketRing;
using NetSniff.Tests.Storage;

namespace NetSniff.Tests.Sensor.Keeping;

/// <summary>What of packets comes to the disk, and what does not.</summary>
public sealed class PacketKeepingTests : IDisposable
{
    private static readonly PacketWish s_wish = PacketWish.None with { BytesMax = 16 << 20 };

    private readonly TemporaryFolder _folder = new();
    private readonly PacketKeeping _keeping;
    private readonly PacketKeeper _keeper;

    public PacketKeepingTests()
    {
        _keeping = new PacketKeeping(_folder.Path, TimeProvider.System);
        _keeping.Prepare(1, isLive: false);
        _keeper = _keeping.NewKeeper(0, static () => []);
    }

    private static string Shop => Path.Combine(Repository.Root, "cli/Commands/Demo/Shop/shop.pcapng.gz");

    public void Dispose()
    {
        _keeper.Dispose();
        _keeping.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("None", "Enforce", false, "Nothing")]
    [InlineData("Metadata", "Enforce", false, "Headers")]
    [InlineData("Metadata", "Disabled", false, "Headers")]
    [InlineData("Headers", "Enforce", false, "Ciphertext")]
    [InlineData("Headers", "Disabled", false, "Ciphertext")] // bodies may not leave
    [InlineData("Headers", "Enforce", true, "Everything")]
    [InlineData("Body", "Enforce", false, "Ciphertext")]
    [InlineData("Body", "Enforce", true, "Everything")]
    [InlineData("Body", "Disabled", false, "Everything")]
    public void A_configuration_says_how_much_of_a_packet_is_kept(
        string level, string redaction, bool isRaw, string depth)
    {
        var config = new SensorConfig
        {
            Payload = { Level = Enum.Parse<PayloadLevel>(level) },
            Redaction = { Mode = Enum.Parse<RedactionMode>(redaction) },
        };
        Assert.Equal(depth, PacketPlan.For(config, s_wish with { IsRaw = isRaw }).Depth.ToString());
        config.Storage.PacketBuffer.RawPayload = isRaw;
        Assert.Equal(depth, PacketPlan.For(config, s_wish).Depth.ToString());
    }

    [Fact]
    public void Its_size_and_age_count_before_those_of_the_command_line()
    {
        var config = new SensorConfig { Storage = { PacketBuffer = { Size = "64Mi", MaxAge = "30m" } } };
        Assert.Equal(
            new PacketPlan(64 << 20, TimeSpan.FromMinutes(30), KeptDepth.Ciphertext), PacketPlan.For(config, s_wish));
        config.Storage.PacketBuffer.Size = "0";
        Assert.False(PacketPlan.For(config, s_wish).IsOn);
        config.Storage.PacketBuffer.Size = "";
        Assert.Equal(s_wish.BytesMax, PacketPlan.For(config, s_wish).BytesMax);
    }

    [Fact]
    public void Of_headers_alone_no_payload_is_kept_whatever_it_is()
    {
        Run(KeptDepth.Headers);
        var decoded = new Packet();
        Assert.Equal(672, Each(frame =>
        {
            PacketDecoder.Decode(in frame, ref decoded);
            Assert.True(decoded.Status != DecodeStatus.Ok || decoded.PayloadLength == 0);
        }));
        Assert.DoesNotContain("HTTP/1.1", OnDisk());
        Assert.Contains("packets offered 672", Ledger());
        Assert.Contains("packets kept 672", Ledger());
    }

    [Fact]
    public void Of_ciphertext_payload_is_kept_and_of_nothing_else()
    {
        Run(KeptDepth.Ciphertext);
        var decoded = new Packet();
        var (withPayload, hellos) = (0, 0);
        Each(frame =>
        {
            PacketDecoder.Decode(in frame, ref decoded);
            if (decoded is not { Status: DecodeStatus.Ok, PayloadLength: > 0 }) return;

            withPayload++;
            Assert.Equal(443, Math.Min(decoded.SourcePort, decoded.TargetPort));
            Assert.Equal(frame.WireLength, frame.CapturedLength);
            if (decoded.Payload is [22, 3, ..]) hellos++;
        });
        Assert.InRange(withPayload, 10, 60);
        Assert.True(hellos > 0);
        var bytes = OnDisk();
        Assert.DoesNotContain("HTTP/1.1", bytes);
        Assert.DoesNotContain("GET /", bytes);
    }

    [Fact]
    public void Everything_is_everything()
    {
        Run(KeptDepth.Everything);
        Assert.Equal(672, Each(frame => Assert.Equal(frame.WireLength, frame.CapturedLength)));
        Assert.Contains("HTTP/1.1", OnDisk());
        Assert.DoesNotContain("of these without payload 1", Ledger());
    }

    /// <summary>What must not be kept must not have been kept before either.</summary>
    [Fact]
    public void A_stricter_plan_forgets_what_a_looser_one_kept()
    {
        Run(KeptDepth.Everything);
        var changing = _keeping.Changing;
        _keeping.Change(Plan(KeptDepth.Headers));
        Assert.True(changing.IsCancellationRequested);
        _keeper.Tick();
        Assert.Equal(0, Each(static _ => { }));
        Assert.DoesNotContain("HTTP/1.1", OnDisk());
        Run(KeptDepth.Headers);
        _keeping.Change(Plan(KeptDepth.Ciphertext)); // looser: what is there stays
        _keeper.Tick();
        Assert.Equal(672, Each(static _ => { }));
        _keeping.Change(PacketPlan.Off);
        _keeper.Tick();
        Assert.Empty(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void So_does_the_next_run()
    {
        Run(KeptDepth.Everything);
        _keeper.Dispose();
        using var next = new PacketKeeping(_folder.Path, TimeProvider.System);
        next.Prepare(1, isLive: false);
        using var keeper = next.NewKeeper(0, static () => []);
        next.Change(Plan(KeptDepth.Ciphertext));
        keeper.Tick();
        Assert.DoesNotContain("HTTP/1.1", OnDisk());
        Assert.Single(next.Rings);
    }

    [Fact]
    public void Only_the_owner_may_read_them()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no mode there");
        Run(KeptDepth.Headers);
        if (OperatingSystem.IsWindows()) return;

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.Combine(_folder.Path, "packets", "0")));
    }

    [Fact]
    public void Our_own_delivery_is_left_out()
    {
        _keeping.LeaveOut(
            new(System.Net.IPAddress.Parse("10.0.0.1"), 40_000), new(System.Net.IPAddress.Parse("10.0.0.2"), 9466));
        _keeping.Change(Plan(KeptDepth.Everything));
        Assert.Equal(0, Take(sourcePort: 40_000));
        Assert.Equal(1, Take(sourcePort: 40_001));
        Assert.Contains("left out, our own delivery 1", Ledger());
    }

    [Fact]
    public void On_a_full_disk_packets_are_dropped_and_counted_and_it_is_told()
    {
        using var disk = SmallDisk.Mount(kibibytes: 512);
        using var keeping = new PacketKeeping(disk.Path, TimeProvider.System);
        using var keeper = keeping.NewKeeper(0, static () => []);
        keeping.Change(Plan(KeptDepth.Everything));
        Feed(keeper);
        Assert.Equal("no room on disk", keeping.Problem);
        Assert.Contains(
            keeping.Ledger(), line => line is { Reason: "dropped, no room on disk", Count: 672, IsLoss: true });
        Assert.Equal(672, keeping.State().PacketsDropped);
    }

    [Fact]
    public void Packets_of_a_batch_at_which_the_disk_failed_are_dropped_and_counted()
    {
        _keeping.Change(Plan(KeptDepth.Everything));
        Feed(_keeper);
        Directory.Delete(Path.Combine(_folder.Path, PacketKeeping.FolderName), recursive: true);
        for (var turn = 0; _keeping.Problem is null && turn < 200; turn++) Feed(_keeper);
        Assert.NotNull(_keeping.Problem);
        long Of(string reason) => _keeping.Ledger().Single(line => line.Reason == reason).Count;
        Assert.True(Of("dropped, no room on disk") > 0);
        Assert.Equal(
            Of("packets offered"),
            Of("packets kept") + Of("left out, no headers known") + Of("dropped, no room on disk"));
    }

    [Fact]
    public void Keeping_a_packet_allocates_nothing()
    {
        _keeping.Change(Plan(KeptDepth.Ciphertext));
        var bytes = SynPacket(50_000);
        var apps = new ushort[1];
        unsafe
        {
            fixed (byte* data = bytes)
            {
                var frames = new[] { new Frame((nint)data, bytes.Length, bytes.Length, 1, LinkType.Ethernet) };
                _keeper.Take(frames, apps);
                Assert.Equal(0, Allocations.Least(() =>
                {
                    for (var number = 0; number < 100; number++) _keeper.Take(frames, apps);
                }));
            }
        }
    }

    private static PacketPlan Plan(KeptDepth depth) => new(16 << 20, TimeSpan.FromHours(1), depth);

    private void Run(KeptDepth depth)
    {
        _keeping.Change(Plan(depth));
        Feed(_keeper);
    }

    private static void Feed(PacketKeeper keeper)
    {
        using var shard = new Shard(new ShardOptions { KeepsFrameApps = true }, new Forgetting());
        using var capture = PcapFileCapture.Open(Shop);
        var frames = new Frame[64];
        for (var count = 0; (count = capture.Receive(frames, TimeSpan.Zero)) >= 0; capture.Release())
        {
            shard.Run(frames.AsSpan(0, count));
            keeper.Take(frames.AsSpan(0, count), shard.FrameApps);
        }
    }

    private unsafe int Take(ushort sourcePort)
    {
        var before = Each(static _ => { });
        var bytes = SynPacket(sourcePort);
        fixed (byte* data = bytes)
        {
            _keeper.Take([new Frame((nint)data, bytes.Length, bytes.Length, 1, LinkType.Ethernet)], new ushort[1]);
        }

        return Each(static _ => { }) - before;
    }

    /// <summary>10.0.0.1 to port 9466 of 10.0.0.2.</summary>
    private static byte[] SynPacket(ushort sourcePort) => Hex.Bytes(
        "0200000000020200000000010800 4500002800000000400600000a0000010a000002 "
        + $"{sourcePort:x4}24fa 00000000 00000000 50020000 00000000");

    private int Each(Action<Frame> look)
    {
        var count = 0;
        foreach (var ring in _keeping.Rings)
        {
            using var cursor = ring.Find(new RingQuery());
            for (; cursor.MoveNext(); count++) look(cursor.Current);
        }

        return count;
    }

    private string OnDisk() => string.Concat(
        Directory.GetFiles(_folder.Path, "*.ring", SearchOption.AllDirectories)
            .Select(path => Encoding.Latin1.GetString(File.ReadAllBytes(path))));

    private string Ledger() => string.Join('\n', _keeping.Ledger().Select(line => $"{line.Reason} {line.Count}"));

    private sealed class Forgetting : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count) { }
    }
}
