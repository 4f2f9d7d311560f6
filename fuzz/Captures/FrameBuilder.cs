using System.Buffers.Binary;
using NetSniff.Packets;

namespace NetSniff.Fuzz.Captures;

/// <summary>Puts headers before payloads, with lengths and checksums that are right.</summary>
internal static class FrameBuilder
{
    private const int MacBytes = 12;
    private const int UdpBytes = 8;
    private const ushort VxlanPort = 4789; // RFC 7348 section 5
    private const ushort EtherIpv4 = 0x0800;
    private const ushort EtherIpv6 = 0x86DD;
    private const ushort EtherVlan = 0x8100;

    private static readonly byte[] s_macs =
        [0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01]; // locally administered

    /// <summary>Ethernet, IP and TCP or UDP.</summary>
    public static CapturedFrame Ethernet(Segment segment) =>
        new(EthernetBytes(Ip(segment), segment), segment.TimeNanos);

    public static CapturedFrame Vlan(Segment segment, ushort tag)
    {
        var plain = EthernetBytes(Ip(segment), segment);
        byte[] frame =
        [
            .. plain.AsSpan(0, MacBytes), EtherVlan >> 8, EtherVlan & 0xFF, (byte)(tag >> 8), (byte)tag,
            .. plain.AsSpan(MacBytes),
        ];
        return new CapturedFrame(frame, segment.TimeNanos);
    }

    public static CapturedFrame Vxlan(Segment segment, uint network)
    {
        var inner = EthernetBytes(Ip(segment), segment);
        byte[] payload =
        [
            0x08, 0, 0, 0, (byte)(network >> 16), (byte)(network >> 8), (byte)network, 0, .. inner,
        ];
        var outer = new Segment(
            new Ends(Address.FromBytes([192, 0, 2, 1]), Address.FromBytes([192, 0, 2, 2]), 54321, VxlanPort),
            payload, segment.TimeNanos);
        return Ethernet(outer);
    }

    /// <summary>The same between the IPv6 addresses that stand for the IPv4 ones (RFC 6052: 64:ff9b::/96).</summary>
    public static Segment ToIpv6(Segment segment) => segment with
    {
        Ends = segment.Ends with
        {
            Source = ToIpv6(segment.Ends.Source), Target = ToIpv6(segment.Ends.Target),
        },
    };

    private static Address ToIpv6(Address address)
    {
        if (!address.IsV4) return address;

        Span<byte> bytes = stackalloc byte[Address.Size];
        bytes.Clear();
        (bytes[0], bytes[1], bytes[2], bytes[3]) = (0x00, 0x64, 0xFF, 0x9B);
        address.CopyTo(bytes[12..]);
        return Address.FromBytes(bytes);
    }

    private static byte[] EthernetBytes(byte[] ip, Segment segment)
    {
        var type = segment.Ends.Source.IsV4 ? EtherIpv4 : EtherIpv6;
        return [.. s_macs, (byte)(type >> 8), (byte)type, .. ip];
    }

    private static byte[] Ip(Segment segment)
    {
        var transport = segment.IsTcp ? Tcp(segment) : Udp(segment);
        var protocol = segment.IsTcp ? IpProtocol.Tcp : IpProtocol.Udp;
        var sum = Sum(transport, PseudoSum(segment.Ends, protocol, transport.Length));
        var checksum = Fold(sum);
        if (!segment.IsTcp && checksum == 0) checksum = 0xFFFF; // RFC 768: zero means none
        BinaryPrimitives.WriteUInt16BigEndian(transport.AsSpan(segment.IsTcp ? 16 : 6), checksum);

        byte[] header = segment.Ends.Source.IsV4
            ? Ipv4Header(segment.Ends, protocol, transport.Length)
            : Ipv6Header(segment.Ends, protocol, transport.Length);
        return [.. header, .. transport];
    }

    private static byte[] Ipv4Header(Ends ends, byte protocol, int length)
    {
        var header = new byte[20];
        header[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(header.Length + length));
        header[6] = 0x40; // do not fragment
        header[8] = 64;
        header[9] = protocol;
        ends.Source.CopyTo(header.AsSpan(12));
        ends.Target.CopyTo(header.AsSpan(16));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Fold(Sum(header, 0)));
        return header;
    }

    private static byte[] Ipv6Header(Ends ends, byte protocol, int length)
    {
        var header = new byte[40];
        header[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)length);
        header[6] = protocol;
        header[7] = 64;
        ends.Source.CopyTo(header.AsSpan(8));
        ends.Target.CopyTo(header.AsSpan(24));
        return header;
    }

    private static byte[] Tcp(Segment segment)
    {
        byte[] options = segment.WindowScale != Segment.NoWindowScale ? [1, 3, 3, segment.WindowScale] : [];
        var bytes = new byte[20 + options.Length + segment.Payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, segment.Ends.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), segment.Ends.TargetPort);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), segment.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), segment.Acknowledgement);
        bytes[12] = (byte)((20 + options.Length) / 4 << 4);
        bytes[13] = (byte)segment.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14), segment.Window);
        options.CopyTo(bytes, 20);
        segment.Payload.CopyTo(bytes, 20 + options.Length);
        return bytes;
    }

    private static byte[] Udp(Segment segment)
    {
        var bytes = new byte[UdpBytes + segment.Payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, segment.Ends.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), segment.Ends.TargetPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)bytes.Length);
        segment.Payload.CopyTo(bytes, UdpBytes);
        return bytes;
    }

    private static uint PseudoSum(Ends ends, byte protocol, int length)
    {
        Span<byte> bytes = stackalloc byte[2 * Address.Size];
        var size = ends.Source.CopyTo(bytes);
        size += ends.Target.CopyTo(bytes[size..]);
        return Sum(bytes[..size], (uint)(protocol + length));
    }

    /// <summary>RFC 1071, not yet folded.</summary>
    private static uint Sum(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (; bytes.Length >= 2; bytes = bytes[2..]) sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (bytes.Length == 1) sum += (uint)bytes[0] << 8;
        return sum;
    }

    private static ushort Fold(uint sum)
    {
        while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
