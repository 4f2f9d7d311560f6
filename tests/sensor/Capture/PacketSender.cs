using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.AfPacket;
using static NetSniff.Sensor.Capture.AfPacket.AfPacketNative;

namespace NetSniff.Tests.Capture;

/// <summary>Puts frames on an interface as they are.</summary>
internal sealed unsafe partial class PacketSender : IDisposable
{
    private const int RawSocket = 3;
    private const int HeadersBytes = 14 + 20 + 8;

    private readonly int _descriptor;

    public PacketSender(TestNamespace space, string name)
    {
        var index = space.Run(NetworkInterfaces.All).Single(found => found.Name == name).Index;
        _descriptor = space.Run(() => Socket(AddressFamily, RawSocket | CloseOnExec, 0));
        // Protocol 0: it only sends.
        var address = new LinkAddress { Family = AddressFamily, Index = index };
        Assert.Equal(0, Bind(_descriptor, &address, 20));
    }

    public long Sent { get; private set; }

    /// <summary>An Ethernet frame with an UDP datagram whose payload begins with a number. The addresses are nobody's,
    /// so no one answers.</summary>
    public static byte[] Udp(
        int number, int bytes = 100, int sourcePort = 4000, int targetPort = 9, bool isBack = false,
        byte[]? targetMac = null)
    {
        var frame = new byte[Math.Max(bytes, HeadersBytes + 4)];
        (targetMac ?? [2, 0, 0, 0, 0, 0x99]).CopyTo(frame, 0);
        frame[6] = 2;
        frame[12] = 8;
        var ip = frame.AsSpan(14);
        (ip[0], ip[8], ip[9]) = (0x45, 64, 17);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(frame.Length - 14));
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], isBack ? 0x0A09_004Du : 0x0A09_004Eu);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], isBack ? 0x0A09_004Eu : 0x0A09_004Du);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], HeaderChecksum(ip[..20]));
        var udp = ip[20..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, (ushort)(isBack ? targetPort : sourcePort));
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], (ushort)(isBack ? sourcePort : targetPort));
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        BinaryPrimitives.WriteInt32BigEndian(udp[8..], number);
        return frame;
    }

    /// <summary>The number in a frame of <see cref="Udp"/>.</summary>
    public static int NumberOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt32BigEndian(frame[HeadersBytes..]);

    public static byte[] Tagged(byte[] frame, ushort type, ushort tag) =>
        [.. frame[..12], (byte)(type >> 8), (byte)type, (byte)(tag >> 8), (byte)tag, .. frame[12..]];

    public void Send(ReadOnlySpan<byte> frame)
    {
        fixed (byte* start = frame)
        {
            while (Send(_descriptor, start, (nuint)frame.Length, 0) < 0)
            {
                // ENOBUFS, EAGAIN: the way is full for the moment.
                Assert.Contains(Marshal.GetLastPInvokeError(), (int[])[LibC.Interrupted, 11, 105]);
                Thread.Yield();
            }
        }

        Sent++;
    }

    /// <summary>Sends that many datagrams, numbered from 0.</summary>
    public void SendMany(int count, int bytes = 100, int targetPort = 9)
    {
        for (var number = 0; number < count; number++) Send(Udp(number, bytes, targetPort: targetPort));
    }

    public void Dispose() => _ = LibC.Close(_descriptor);

    private static ushort HeaderChecksum(ReadOnlySpan<byte> header)
    {
        var sum = 0;
        for (; !header.IsEmpty; header = header[2..]) sum += BinaryPrimitives.ReadUInt16BigEndian(header);
        while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int descriptor, byte* bytes, nuint length, int flags);
}
