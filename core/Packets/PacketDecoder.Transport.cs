namespace NetSniff.Packets;

/// <summary>Transport headers. A broken one still names its flow, where the ports can be read.</summary>
public static unsafe partial class PacketDecoder
{
    private const int PortsSize = 4;
    private const int SctpSize = 12;
    private const int IcmpSize = 8;

    // Flags and window are in reach: all that is wanted of a header whose end was cut off.
    private const int TcpUsefulSize = 16;

    private static void Transport(ref Packet packet, ref Walk walk, byte* at, int protocol)
    {
        SetPayload(ref packet, in walk, at);
        switch (protocol)
        {
            case IpProtocol.Tcp: Tcp(ref packet, ref walk, at); return;
            case IpProtocol.Udp: Udp(ref packet, ref walk, at); return;
            case IpProtocol.UdpLite: Plain(ref packet, ref walk, at, protocol, UdpSize); return;
            case IpProtocol.Sctp: Plain(ref packet, ref walk, at, protocol, SctpSize); return;
            case IpProtocol.Icmp or IpProtocol.Icmpv6: Plain(ref packet, ref walk, at, protocol, IcmpSize); return;
            default: NetworkTunnel(ref packet, ref walk, at, protocol); return;
        }
    }

    /// <summary>Ports and a header of fixed size.</summary>
    private static void Plain(ref Packet packet, ref Walk walk, byte* at, int protocol, int size)
    {
        if (!TryPorts(ref packet, in walk, at, protocol))
        {
            RunShort(ref packet, in walk);
        }
        else if (walk.WireLeft(at) < size)
        {
            BreakTransport(ref packet);
        }
        else
        {
            SetPayload(ref packet, in walk, at + size);
        }
    }

    /// <summary>Ports, or type and code, where the protocol has them.</summary>
    private static bool TryPorts(ref Packet packet, in Walk walk, byte* at, int protocol)
    {
        switch (protocol)
        {
            case IpProtocol.Icmp or IpProtocol.Icmpv6:
                if (walk.Left(at) < 2) return false;
                packet.SourcePort = at[0];
                packet.TargetPort = at[1];
                return true;

            case IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp:
                if (walk.Left(at) < PortsSize) return false;
                packet.SourcePort = Read16(at);
                packet.TargetPort = Read16(at + 2);
                return true;

            default:
                return true;
        }
    }

    /// <summary>Counts for its flow and carries nothing.</summary>
    private static void BreakTransport(ref Packet packet)
    {
        packet.Traits |= PacketTraits.BadTransport;
        packet.PayloadLength = 0;
        packet.PayloadWireLength = 0;
    }

    private static void Tcp(ref Packet packet, ref Walk walk, byte* at)
    {
        if (!TryPorts(ref packet, in walk, at, IpProtocol.Tcp))
        {
            RunShort(ref packet, in walk);
            return;
        }

        if (walk.Left(at) < TcpUsefulSize)
        {
            BreakTransport(ref packet);
            return;
        }

        var header = (at[12] >> 2) & 0x3c;
        if (header < TcpSize || header > walk.WireLeft(at))
        {
            BreakTransport(ref packet);
            return;
        }

        var flags = (TcpFlags)at[13];
        packet.Sequence = Read32(at + 4);
        packet.Acknowledgement = Read32(at + 8);
        packet.Flags = flags;
        packet.Window = Read16(at + 14);
        if ((flags & TcpFlags.Syn) != 0)
        {
            var optionsEnd = at + Math.Min(header, walk.Left(at));
            packet.WindowScale = WindowScale(at + TcpSize, optionsEnd);
        }

        SetPayload(ref packet, in walk, at + header);
    }

    /// <summary>The window scale option (RFC 7323 section 2.2) among at most 40 bytes of options.</summary>
    private static byte WindowScale(byte* at, byte* end)
    {
        const int EndOfList = 0, NoOperation = 1, Scale = 3, ScaleSize = 3;
        while (at < end && *at != EndOfList)
        {
            if (*at == NoOperation)
            {
                at++;
                continue;
            }

            // Kind and length are two bytes of any option; a shorter one would not end.
            if (end - at < 2 || at[1] < 2) break;
            if (*at == Scale && at[1] == ScaleSize && end - at >= ScaleSize) return at[2];

            at += at[1];
        }

        return NoWindowScale;
    }

    private static void Udp(ref Packet packet, ref Walk walk, byte* at)
    {
        if (!TryPorts(ref packet, in walk, at, IpProtocol.Udp))
        {
            RunShort(ref packet, in walk);
            return;
        }

        if (walk.WireLeft(at) < UdpSize)
        {
            BreakTransport(ref packet);
            return;
        }

        if (walk.Left(at) >= UdpSize)
        {
            // Zero is to the end: a jumbogram (RFC 2675 section 4) or a super-frame of segmentation offload.
            long length = Read16(at + 4);
            if (length is > 0 and < UdpSize)
            {
                BreakTransport(ref packet);
                return;
            }

            // More than the datagram holds is not believed; less leaves a trailer that is not payload.
            if (length > 0 && length < walk.WireLeft(at)) walk.EndAt(at + length);
        }

        SetPayload(ref packet, in walk, at + UdpSize);
        if (MayTunnel(packet.PortsWord)) UdpTunnel(ref packet, ref walk, at + UdpSize);
    }
}
