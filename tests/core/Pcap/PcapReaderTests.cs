using NetSniff.Pcap;

namespace NetSniff.Tests.Pcap;

public sealed class PcapReaderTests
{
    private const string LittleHeader = "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000";
    private const string FirstRecord = "01000000 02000000 04000000 08000000  deadbeef";
    private const string SecondRecord = "02000000 3f420f00 02000000 02000000  cafe";

    private static readonly string[] s_microFrames =
    [
        "0 Ethernet 1000002000 4/8 deadbeef", "0 Ethernet 2999999000 2/2 cafe",
    ];

    private static readonly string[] s_nanoFrames =
    [
        "0 Ethernet 1000000002 4/8 deadbeef", "0 Ethernet 2000999999 2/2 cafe",
    ];

    public static TheoryData<string, string, bool> Files => new()
    {
        { "micro, little", LittleHeader + FirstRecord + SecondRecord, false },
        {
            "micro, big",
            "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001" +
            "00000001 00000002 00000004 00000008 deadbeef  00000002 000f423f 00000002 00000002 cafe",
            false
        },
        {
            "nano, little",
            "4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000" + FirstRecord + SecondRecord, true
        },
        {
            "nano, big",
            "a1b23c4d 0002 0004 00000000 00000000 00040000 00000001" +
            "00000001 00000002 00000004 00000008 deadbeef  00000002 000f423f 00000002 00000002 cafe",
            true
        },
        {
            "modified, little",
            "34cdb2a1 0200 0400 00000000 00000000 00000400 01000000" +
            "01000000 02000000 04000000 08000000 03000000 0800 00 00 deadbeef" +
            "02000000 3f420f00 02000000 02000000 03000000 0800 04 00 cafe",
            false
        },
        {
            "modified, big",
            "a1b2cd34 0002 0004 00000000 00000000 00040000 00000001" +
            "00000001 00000002 00000004 00000008 00000003 0008 00 00 deadbeef" +
            "00000002 000f423f 00000002 00000002 00000003 0008 04 00 cafe",
            false
        },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_magic_gives_the_same_frames(string name, string hex, bool isNano)
    {
        var file = Hex.Bytes(hex);
        foreach (var piece in (int[])[1, 3, 16, 4096])
        {
            foreach (var batch in (int[])[1, 64])
            {
                Assert.Equal(isNano ? s_nanoFrames : s_microFrames, FrameLines.Read(file, out var reader, piece, batch));
                Assert.Null(reader.Problem);
                Assert.Equal(file.Length, reader.Offset);
                Assert.Equal("pcap", reader.Format);
                Assert.Equal([new CaptureInterface("", NetSniff.Packets.LinkType.Ethernet, 262_144)], reader.Interfaces);
            }
        }

        Assert.NotEmpty(name);
    }

    [Fact]
    public void A_cut_at_any_byte_gives_the_frames_before_it_and_says_where()
    {
        const int FirstEnd = 24 + 20;
        var file = Hex.Bytes(LittleHeader + FirstRecord + SecondRecord);
        for (var length = CaptureFormats.HeadBytes; length < file.Length; length++)
        {
            var frames = FrameLines.Read(file[..length], out var reader);

            Assert.Equal(s_microFrames[..(length < FirstEnd ? 0 : 1)], frames);
            var recordStart = length < 24 ? 0 : length < FirstEnd ? 24 : FirstEnd;
            if (length == recordStart)
            {
                Assert.Null(reader.Problem);
                continue;
            }

            Assert.Equal(PcapProblemKind.Truncated, reader.Problem!.Kind);
            Assert.Equal(recordStart, reader.Problem.Offset);
            Assert.Equal(length - recordStart, reader.Problem.Found);
            Assert.Contains($"at byte {recordStart} the file is cut short", reader.Problem.Text);
        }
    }

    [Theory]
    [InlineData("01000400", PcapProblemKind.FrameTooLong)] // 262145
    [InlineData("ffffffff", PcapProblemKind.FrameTooLong)]
    [InlineData("00000400", PcapProblemKind.Truncated)] // 262144 is allowed, but is not there
    public void A_length_beyond_reason_ends_the_file(string length, PcapProblemKind kind)
    {
        var file = Hex.Bytes(LittleHeader + FirstRecord + "02000000 03000000 " + length + "02000000 cafe");

        Assert.Equal(s_microFrames[..1], FrameLines.Read(file, out var reader));
        Assert.Equal((kind, 44L), (reader.Problem!.Kind, reader.Problem.Offset));
    }

    [Theory]
    [InlineData("0200 0200", "04000000 08000000")] // 2.2 and earlier: wire length first
    [InlineData("0200 0300", "08000000 04000000")]
    [InlineData("1f02 0000", "08000000 04000000")] // DG/UX
    [InlineData("0200 0300", "04000000 08000000")]
    public void Old_versions_may_have_the_lengths_the_other_way_round(string version, string lengths)
    {
        var file = Hex.Bytes(
            "d4c3b2a1" + version + "00000000 00000000 00000400 01000000 01000000 02000000" + lengths + "deadbeef");

        Assert.Equal(s_microFrames[..1], FrameLines.Read(file, out _));
    }

    [Fact]
    public void A_version_of_the_future_is_refused_with_advice()
    {
        var file = Hex.Bytes("d4c3b2a1 0300 0000 00000000 00000000 00000400 01000000" + FirstRecord);

        Assert.Empty(FrameLines.Read(file, out var reader));
        Assert.Equal(PcapProblemKind.UnknownVersion, reader.Problem!.Kind);
        Assert.Contains("editcap", reader.Problem.Text);
    }

    [Fact]
    public void A_wire_length_below_the_captured_one_is_raised_to_it()
    {
        var file = Hex.Bytes(LittleHeader + "01000000 02000000 04000000 01000000 deadbeef");

        Assert.Equal(["0 Ethernet 1000002000 4/4 deadbeef"], FrameLines.Read(file, out _));
    }

    [Fact]
    public void What_a_link_type_says_of_checksums_is_not_part_of_it()
    {
        var file = Hex.Bytes("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000024" + FirstRecord);

        Assert.Equal(s_microFrames[..1], FrameLines.Read(file, out _));
    }
}
