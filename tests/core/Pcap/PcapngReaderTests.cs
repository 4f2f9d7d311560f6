using System.Net;
using System.Text;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Tests.Pcap;

public sealed class PcapngReaderTests
{
    private static PcapngBytes Plain(bool isBig = false) =>
        new PcapngBytes(isBig).Section().Interface(1, 0).Frame(0, 1_000_002, "deadbeef", wire: 8);

    [Fact]
    public void A_file_may_be_read_by_eye()
    {
        var file = Hex.Bytes("""
            0a0d0d0a 1c000000  4d3c2b1a 0100 0000 ffffffffffffffff  1c000000
            01000000 14000000  0100 0000 60000000  14000000
            06000000 24000000  00000000 00000000 42420f00 04000000 08000000 deadbeef 24000000
            """);

        Assert.Equal(["0 Ethernet 1000002000 4/8 deadbeef"], FrameLines.Read(file, out var reader));
        Assert.Null(reader.Problem);
        Assert.Equal([new CaptureInterface("", LinkType.Ethernet, 96)], reader.Interfaces);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_kind_of_block_in_both_orders_and_any_pieces(bool isBig)
    {
        var bytes = Everything(isBig);
        string[] expected =
        [
            "0 Ethernet 1000002000 4/8 deadbeef",
            "1 Raw 5000000007 3/3 450000",
            "0 Ethernet 5000000007 5/5 0102030405", // a simple block has no time: that of the frame before
            "1 Raw 9000000001 2/9 4600",
        ];

        foreach (var piece in (int[])[1, 7, 64, 100_000])
        {
            Assert.Equal(expected, FrameLines.Read(bytes, out var reader, piece, batch: piece == 7 ? 1 : 64));
            Assert.Null(reader.Problem);
            Assert.Equal(bytes.Length, reader.Offset);
            Assert.Equal("eth0 Ethernet 262144, tun0 Raw 100", string.Join(
                ", ", reader.Interfaces.Select(found => $"{found.Name} {found.LinkType} {found.SnapLengthMax}")));

            var pcapng = (PcapngReader)reader;
            Assert.Equal("db", pcapng.Names[Address.FromBytes([10, 0, 0, 1])]);
            Assert.Equal("web.example", pcapng.Names[Address.FromBytes(IPAddress.Parse("2001:db8::1").GetAddressBytes())]);
            Assert.Equal("CLIENT_RANDOM 00 11\n", Encoding.ASCII.GetString(pcapng.TlsKeyLog));
            Assert.Equal((2L, 1L), (pcapng.SecretsBlocks, pcapng.SecretsBlocksSkipped));
            Assert.Equal(new InterfaceStatistics(Received: 100, Dropped: 3), pcapng.Statistics[1]);
            Assert.Equal(2, pcapng.BlocksSkipped);
        }
    }

    private static byte[] Everything(bool isBig)
    {
        var file = new PcapngBytes(isBig);
        byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
        return file
            .Section()
            .Interface(1, 0, file.Option(2, Text("eth0")), file.Option(0, []))
            .Interface(101, 100, file.Option(2, Text("tun0")), file.Option(9, [9]), file.Option(1, Text("a comment")))
            .Frame(0, 1_000_002, "deadbeef", wire: 8)
            .Frame(1, 5_000_000_007, "450000")
            .Block(0x0BAD, file.U32(32473), new byte[70_000])
            .Block(3, file.U32(5), Hex.Bytes("0102030405"))
            .Block(
                4,
                file.Option(1, [10, 0, 0, 1, .. Text("db\0second\0")]),
                file.Option(2, [.. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. Text("web.example\0")]),
                file.U32(0))
            .Block(10, file.U32(0x544C534B), file.U32(20), Text("CLIENT_RANDOM 00 11\n"))
            .Block(10, file.U32(0x57474B4C), file.U32(4), [1, 2, 3, 4]) // WireGuard's
            .Block(
                5, file.U32(1), file.U32(0), file.U32(9),
                file.Option(4, file.U64(100)), file.Option(5, file.U64(3)), file.Option(0, []))
            .Block(0x40000BAD)
            .Block(2, file.U16(1), file.U16(7), file.U32(2), file.U32(410_065_409), file.U32(2), file.U32(9), [0x46, 0])
            .ToArray();
    }

    [Fact]
    public void A_section_brings_its_own_order_and_interfaces()
    {
        var file = Plain().Append(
            new PcapngBytes(isBig: true).Section().Interface(1, 0).Interface(113, 0).Frame(1, 7, "0a0b")
                .Frame(0, 8, "0c")).Append(Plain()).ToArray();

        foreach (var batch in (int[])[1, 2, 64])
        {
            Assert.Equal(
                [
                    "0 Ethernet 1000002000 4/8 deadbeef", "1 LinuxSll 7000 2/2 0a0b", "0 Ethernet 8000 1/1 0c",
                    "0 Ethernet 1000002000 4/8 deadbeef",
                ],
                FrameLines.Read(file, out var reader, batch: batch));
            Assert.Null(reader.Problem);
            Assert.Equal(2, reader.Interfaces.Count); // the same one in every section is one
        }
    }

    [Fact]
    public void A_cut_at_any_byte_gives_the_frames_before_it_and_says_where()
    {
        var build = new PcapngBytes(isBig: false);
        var ends = new List<int> { 0 };
        ends.Add(build.Section().Length);
        ends.Add(build.Interface(1, 0).Length);
        ends.Add(build.Frame(0, 1, "aabb").Length);
        ends.Add(build.Block(0x0BAD, new byte[8]).Length); // is stepped over in pieces
        ends.Add(build.Frame(0, 2, "cc").Length);
        var file = build.ToArray();
        for (var length = CaptureFormats.HeadBytes; length < file.Length; length++)
        {
            var frames = FrameLines.Read(file[..length], out var reader, piece: 5);

            Assert.Equal(length < ends[3] ? 0 : 1, frames.Count);
            var blockStart = ends.FindLast(end => end <= length);
            if (length == blockStart)
            {
                Assert.Null(reader.Problem);
                continue;
            }

            Assert.Equal(PcapProblemKind.Truncated, reader.Problem!.Kind);
            Assert.Equal((blockStart, length - blockStart), (reader.Problem.Offset, reader.Problem.Found));
        }
    }

    public static TheoryData<string, string, PcapProblemKind> Damages => new()
    {
        { "frame longer than its block", "06000000 20000000 00000000 00000000 00000000 01000000 01000000 20000000", PcapProblemKind.BlockTooShort },
        { "frame of 4 GiB", "06000000 20000000 00000000 00000000 00000000 ffffffff 01000000 20000000", PcapProblemKind.FrameTooLong },
        { "packet block too short for its fields", "06000000 1c000000 00000000 00000000 00000000 00000000 1c000000", PcapProblemKind.BlockTooShort },
        { "interface nobody described", "06000000 20000000 01000000 00000000 00000000 00000000 00000000 20000000", PcapProblemKind.UnknownInterface },
        { "closing length differs", "06000000 20000000 00000000 00000000 00000000 00000000 00000000 24000000", PcapProblemKind.LengthsDiffer },
        { "closing length of a stranger differs", "ad0b0000 10000000 00000000 14000000", PcapProblemKind.LengthsDiffer },
        { "length no multiple of four", "06000000 21000000 00000000", PcapProblemKind.BlockMisaligned },
        { "length below a block's own", "06000000 08000000 08000000", PcapProblemKind.BlockTooShort },
        { "zeros", "00000000 00000000 00000000 00000000", PcapProblemKind.BlockTooShort },
        { "packet block of 4 GiB", "06000000 fcffffff 00000000 00000000", PcapProblemKind.BlockTooLong },
        { "section of version 2", "0a0d0d0a 1c000000 4d3c2b1a 0200 0000 ffffffffffffffff 1c000000", PcapProblemKind.UnknownVersion },
        { "section without order", "0a0d0d0a 1c000000 00000000 0100 0000 ffffffffffffffff 1c000000", PcapProblemKind.UnknownByteOrder },
        { "simple block longer than it is", "03000000 10000000 05000000 10000000", PcapProblemKind.BlockTooShort },
        { "interface block too short", "01000000 10000000 01000000 10000000", PcapProblemKind.BlockTooShort },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damage_ends_the_file_and_spares_what_was_before(string name, string hex, PcapProblemKind kind)
    {
        var before = Plain();
        var offset = before.Length;
        var file = before.Raw(hex).Append(Plain()).ToArray();

        foreach (var piece in (int[])[1, 9, 4096])
        {
            Assert.Equal(["0 Ethernet 1000002000 4/8 deadbeef"], FrameLines.Read(file, out var reader, piece));
            Assert.Equal((kind, offset), (reader.Problem!.Kind, reader.Problem.Offset));
            Assert.Contains($"at byte {offset} ", reader.Problem.Text);
        }

        Assert.NotEmpty(name);
    }

    [Fact]
    public void A_frame_before_any_interface_is_damage()
    {
        var file = new PcapngBytes(isBig: false).Section().Block(3, [1, 0, 0, 0], [9]).ToArray();

        Assert.Empty(FrameLines.Read(file, out var reader));
        Assert.Equal(PcapProblemKind.UnknownInterface, reader.Problem!.Kind);
    }

    [Fact]
    public void Broken_options_lose_only_themselves()
    {
        var file = new PcapngBytes(isBig: false);
        file.Section().Interface(1, 0, file.Option(9, [9]), file.U16(2), file.U16(400)).Frame(0, 77, "aa");

        Assert.Equal(["0 Ethernet 77 1/1 aa"], FrameLines.Read(file.ToArray(), out var reader));
        Assert.Equal(1, ((PcapngReader)reader).OptionsBroken);
    }

    [Fact]
    public void The_interface_list_stays_bounded_whatever_a_file_describes()
    {
        var file = new PcapngBytes(isBig: false).Section();
        for (var index = 0; index <= PcapngReader.InterfacesMax; index++) file.Interface(1, 0);
        file.Frame(PcapngReader.InterfacesMax - 1, 1, "aa").Section().Interface(1, 5).Frame(0, 2, "bb");

        Assert.Equal(
            ["65534 Ethernet 1000 1/1 aa", "65534 Ethernet 2000 1/1 bb"], FrameLines.Read(file.ToArray(), out var reader));
        Assert.Equal(PcapngReader.InterfacesMax, reader.Interfaces.Count);
        Assert.Equal(2, ((PcapngReader)reader).InterfacesUnlisted);
    }

    [Theory]
    [InlineData(6, 0L, 1_500_000UL, 1_500_000_000L)]
    [InlineData(0, 0L, 3UL, 3_000_000_000L)]
    [InlineData(9, 0L, 1_700_000_000_123_456_789UL, 1_700_000_000_123_456_789L)]
    [InlineData(12, 0L, 1_999_999UL, 1_999L)] // picoseconds are cut
    [InlineData(127, 0L, ulong.MaxValue, 0L)]
    [InlineData(0x80 | 10, 0L, 1_536UL, 1_500_000_000L)] // 1/1024 s
    [InlineData(0x80 | 32, 0L, 0x6553_F100_8000_0000UL, 1_700_000_000_500_000_000L)] // as in NTP
    [InlineData(0x80 | 63, 0L, ulong.MaxValue, 1_999_999_999L)]
    [InlineData(0x80 | 127, 0L, ulong.MaxValue, 0L)]
    [InlineData(6, 1_700_000_000L, 5UL, 1_700_000_000_000_005_000L)]
    [InlineData(6, -2L, 5_000_000UL, 3_000_000_000L)]
    [InlineData(6, -2L, 0UL, -2_000_000_000L)]
    [InlineData(0, 0L, ulong.MaxValue, long.MaxValue)] // beyond the year 2262 there is no later
    [InlineData(6, long.MinValue, 0UL, long.MinValue)]
    public void Times_of_any_resolution(int resolution, long offsetSeconds, ulong ticks, long nanos)
    {
        var file = new PcapngBytes(isBig: true);
        file.Section().Interface(
            1, 0, file.Option(9, [(byte)resolution]), file.Option(14, file.U64((ulong)offsetSeconds)))
            .Frame(0, ticks, "00");

        Assert.Equal([$"0 Ethernet {nanos} 1/1 00"], FrameLines.Read(file.ToArray(), out _));
    }
}
