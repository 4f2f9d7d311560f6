using Google.Protobuf;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Wire.Control;

public sealed unsafe class PacketPackerTests
{
    private static readonly CaptureInterface s_eth = new("eth0", LinkType.Ethernet, 262_144);
    private static readonly CaptureInterface s_lo = new("lo", LinkType.Ethernet, 65_535);

    [Fact]
    public void Packets_come_out_as_they_went_in()
    {
        var packer = new PacketPacker();
        Add(packer, 1, [1, 2, 3], wire: 60, s_eth, vlan: 120, vlanType: 0x88a8);
        Add(packer, 2, [], wire: 9, s_lo);
        var first = packer.Take(2);
        Add(packer, 3, [4], wire: 1, s_lo);
        var second = packer.Take(long.MaxValue);
        Assert.Equal((2u, 1u), (first.Count, second.Count));
        Assert.Equal(["eth0", "lo"], first.Interfaces.Select(one => one.Name));
        Assert.Empty(second.Interfaces);

        var reader = new PacketUnpacker();
        reader.Add(first);
        Assert.Equal(2, reader.CompleteNanos);
        List<string> lines = [];
        for (; reader.HasPacket; reader.Advance()) lines.Add(Line(reader));
        reader.Add(second);
        for (; reader.HasPacket; reader.Advance()) lines.Add(Line(reader));
        Assert.Equal(["1 eth0 60 010203 120/34984", "2 lo 9  0/0", "3 lo 1 04 0/0"], lines);
        Assert.False(reader.IsDamaged);
    }

    [Theory]
    [InlineData("0102", "a head that is cut")]
    [InlineData("0100000000000000 04000000 ffffff7f 0000 0000 0000 0000 01", "longer than the chunk")]
    [InlineData("0100000000000000 04000000 ffffffff 0000 0000 0000 0000 01", "less than nothing")]
    [InlineData("0100000000000000 04000000 05000000 0000 0000 0000 0000 01020304", "one byte is missing")]
    public void Damage_is_an_end(string hex, string about)
    {
        Assert.NotEmpty(about);
        var reader = new PacketUnpacker();
        reader.Add(new PacketChunk { Packets = ByteString.CopyFrom(Hex.Bytes(hex)), Count = 1 });
        Assert.False(reader.HasPacket);
        Assert.True(reader.IsDamaged);
    }

    [Fact]
    public void An_interface_nobody_named_has_no_name()
    {
        var reader = new PacketUnpacker();
        var packet = Hex.Bytes("0100000000000000 04000000 00000000 0700 0000 0000 0000");
        reader.Add(new PacketChunk { Packets = ByteString.CopyFrom(packet), Count = 1 });
        Assert.True(reader.HasPacket);
        Assert.Equal("", reader.Interface.Name);
    }

    private static void Add(
        PacketPacker packer, long time, byte[] bytes, int wire, CaptureInterface seenAt, ushort vlan = 0,
        ushort vlanType = 0)
    {
        fixed (byte* data = bytes)
        {
            packer.Add(new Frame((nint)data, bytes.Length, wire, time, LinkType.Ethernet, 3, vlan, vlanType), seenAt);
        }
    }

    private static string Line(PacketUnpacker reader)
    {
        var line = "";
        reader.Lend(frame => line = $"{frame.TimeNanos} {reader.Interface.Name} {frame.WireLength} "
            + $"{Convert.ToHexString(frame.Bytes)} {frame.StrippedVlan}/{frame.StrippedVlanType}");
        return line;
    }
}
