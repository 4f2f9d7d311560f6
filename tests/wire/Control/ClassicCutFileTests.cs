using System.Buffers;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Wire.Control;

namespace NetSniff.Tests.Wire.Control;

public sealed unsafe class ClassicCutFileTests
{
    private readonly ArrayBufferWriter<byte> _output = new();

    [Fact]
    public void Packets_of_another_link_are_left_out_and_told()
    {
        var file = new ClassicCutFile(_output);
        Write(file, 1, LinkType.Ethernet, [1, 2, 3]);
        Write(file, 2, LinkType.Raw, [4]);
        Write(file, 3, LinkType.Ethernet, [5]);
        Assert.Equal(2ul, file.Packets);
        Assert.Contains("1 packets are left out", file.Lack);
        file.End("a note");
        var bytes = _output.WrittenSpan;
        Assert.Equal(24 + 16 + 3 + 16 + 1, bytes.Length);
        Assert.Equal((uint)LinkType.Ethernet, BitConverter.ToUInt32(bytes[20..]));
        Assert.Equal([1, 2, 3], bytes[40..43].ToArray());
        Assert.Equal(5, bytes[^1]);
    }

    [Fact]
    public void A_file_of_nothing_is_a_file()
    {
        var file = new ClassicCutFile(_output);
        file.End("nothing was there");
        Assert.Null(file.Lack);
        Assert.Equal(24, _output.WrittenCount);
        Assert.NotNull(FrameReader.TryOpen(_output.WrittenSpan));
    }

    private static void Write(ClassicCutFile file, long nanos, LinkType link, byte[] bytes)
    {
        fixed (byte* data = bytes)
        {
            file.Write(
                "node-1", new CaptureInterface("eth0", link, 65_535),
                new Frame((nint)data, bytes.Length, bytes.Length, nanos, link));
        }
    }
}
