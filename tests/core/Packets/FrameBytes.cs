using System.Buffers.Binary;
using NetSniff.Packets;

namespace NetSniff.Tests.Packets;

/// <summary>Frames put together layer by layer, from the inside out.</summary>
internal static class FrameBytes
{
    public const ushort ClientPort = 40000, ServerPort = 5000;

    public static byte[] Client { get; } = [10, 0, 0, 1];

    public static byte[] Server { get; } = [10, 0, 0, 2];

    public static byte[] Udp(byte[] payload, ushort source = ClientPort, ushort target = ServerPort) =>
        [.. U16(source), .. U16(target), .. U16(8 + payload.Length), 0, 0, .. payload];

    public static byte[] Tcp(
        byte[] payload, TcpFlags flags = TcpFlags.Ack, uint sequence = 1, uint acknowledgement = 1,
        ushort source = ClientPort, ushort target = ServerPort, ushort window = 1000) =>
    [
        .. U16(source), .. U16(target), .. U32(sequence), .. U32(acknowledgement), 0x50, (byte)flags, .. U16(window),
        0, 0, 0, 0, .. payload,
    ];

    public static byte[] Ipv4(
        byte protocol, byte[] payload, byte[]? source = null, byte[]? target = null, int fragment = 0, ushort id = 7) =>
    [
        0x45, 0, .. U16(20 + payload.Length), .. U16(id), .. U16(fragment), 64, protocol, 0, 0, .. source ?? Client,
        .. target ?? Server, .. payload,
    ];

    /// <summary>From fd00::1 to fd00::2.</summary>
    public static byte[] Ipv6(byte next, byte[] payload) =>
    [
        0x60, 0, 0, 0, .. U16(payload.Length), next, 64, 0xFD, .. new byte[14], 1, 0xFD, .. new byte[14], 2, .. payload,
    ];

    public static byte[] Ethernet(ushort type, byte[] payload) =>
        [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, .. U16(type), .. payload];

    public static byte[] U16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
