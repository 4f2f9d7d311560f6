using System.Buffers;
using System.Buffers.Binary;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Tests.Pcap;

public sealed unsafe class WriterTests
{
    private const long Time = 1_700_000_000_123_456_789;
    private const string Tagless = "020000000001 020000000002 0800 4500";

    [Fact]
    public void Pcapng_reads_back_as_written()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new PcapngWriter(output, application: "netsniff", comment: "a test");
        var ethernet = new CaptureInterface("eth0", LinkType.Ethernet, 96);
        var bare = new CaptureInterface("tun0", LinkType.Raw, 262_144);
        Assert.Equal((0, 1), (writer.AddInterface(ethernet, "the first", "tcp"), writer.AddInterface(bare)));
        With("aabbcc", frame => writer.Write(frame with { TimeNanos = Time, WireLength = 60 }));
        With("4500", frame => writer.Write(frame with { TimeNanos = Time + 1, Interface = 1 }, "odd"u8));
        writer.WriteNames([
            new(Address.FromBytes([10, 0, 0, 1]), "db"),
            new(Address.FromBytes([0x20, 1, .. new byte[13], 1]), "web"),
        ]);
        writer.WriteStatistics(1, Time, new InterfaceStatistics(Received: 5, Dropped: 2));

        var lines = FrameLines.Read(output.WrittenSpan.ToArray(), out var reader);

        Assert.Equal([$"0 Ethernet {Time} 3/60 aabbcc", $"1 Raw {Time + 1} 2/2 4500"], lines);
        Assert.Null(reader.Problem);
        Assert.Equal([ethernet, bare], reader.Interfaces);
        var pcapng = (PcapngReader)reader;
        Assert.Equal(0, pcapng.OptionsBroken + pcapng.BlocksSkipped);
        Assert.Equal(new InterfaceStatistics(Received: 5, Dropped: 2), pcapng.Statistics[1]);
        Assert.Equal(["db", "web"], pcapng.Names.Values.Order());
    }

    [Fact]
    public void A_comment_is_the_option_the_format_says()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new PcapngWriter(output);
        writer.AddInterface(new CaptureInterface("", LinkType.Ethernet, 0));
        var start = output.WrittenCount;
        With("aabbcc", frame => writer.Write(in frame, "hello"u8));

        Assert.Equal(
            Hex.Bytes("""
                06000000 34000000 00000000 00000000 00000000 03000000 03000000 aabbcc 00
                0100 0500 68656c6c6f 000000 00000000 34000000
                """),
            output.WrittenSpan[start..].ToArray());
    }

    [Theory]
    [InlineData(true, Time)]
    [InlineData(false, Time - 789)]
    public void Pcap_reads_back_as_written(bool isNano, long time)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new PcapWriter(output, LinkType.LinuxSll, snapLengthMax: 96, isNano);
        With("aabbcc", frame => writer.Write(frame with { TimeNanos = Time, WireLength = 60 }));

        var lines = FrameLines.Read(output.WrittenSpan.ToArray(), out var reader);

        Assert.Equal([$"0 LinuxSll {time} 3/60 aabbcc"], lines);
        Assert.Equal([new CaptureInterface("", LinkType.LinuxSll, 96)], reader.Interfaces);
    }

    [Fact]
    public void A_tag_the_card_took_out_is_put_back()
    {
        var pcapng = new ArrayBufferWriter<byte>();
        var pcap = new ArrayBufferWriter<byte>();
        var pcapngWriter = new PcapngWriter(pcapng);
        pcapngWriter.AddInterface(new CaptureInterface("", LinkType.Ethernet, 0));
        var pcapWriter = new PcapWriter(pcap, LinkType.Ethernet);
        With(Tagless, frame =>
        {
            pcapngWriter.Write(frame with { StrippedVlan = 0x6005 });
            pcapWriter.Write(frame with { StrippedVlan = 0x6005 });
        });

        string[] whole = ["0 Ethernet 0 20/20 020000000001020000000002" + "81006005" + "08004500"];
        Assert.Equal(whole, FrameLines.Read(pcapng.WrittenSpan.ToArray(), out _));
        Assert.Equal(whole, FrameLines.Read(pcap.WrittenSpan.ToArray(), out _));
    }

    [Fact]
    public void A_stream_gets_every_byte_in_order_whatever_the_buffer()
    {
        using var stream = new MemoryStream();
        var buffer = new StreamBuffer(stream, size: 64);
        var writer = new PcapWriter(buffer, LinkType.Ethernet);
        for (var index = 0; index < 100; index++)
        {
            var bytes = new byte[index];
            if (index >= 4) BinaryPrimitives.WriteInt32BigEndian(bytes, index);
            With(Convert.ToHexString(bytes), frame => writer.Write(in frame));
        }

        buffer.Flush();
        var lines = FrameLines.Read(stream.ToArray(), out var reader);

        Assert.Null(reader.Problem);
        Assert.Equal(100, lines.Count);
        for (var index = 4; index < 100; index++) Assert.Contains($" {index}/{index} {index:x8}", lines[index]);
    }

    private static void With(string hex, Action<Frame> action)
    {
        var bytes = Hex.Bytes(hex);
        fixed (byte* data = bytes)
        {
            action(new Frame((nint)data, bytes.Length, bytes.Length, 0, LinkType.Ethernet));
        }
    }
}
