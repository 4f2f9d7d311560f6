using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NetSniff.Packets;

/// <summary>Frames into packets: the innermost IP header, its transport, and where the payload lies.</summary>
/// <remarks>The way nearly all frames go is straight down this file, at fixed offsets; whatever is unusual about a
/// frame sends it the long way (<see cref="DecodeAny"/>), which knows every header. Both fill every field of the
/// packet. Nothing is read outside the captured bytes: each header is measured against them before it is read.
/// Checksums are not verified, since offload leaves them blank on the sending host.</remarks>
public static unsafe partial class PacketDecoder
{
    /// <summary>Tunnels in tunnels that are opened; what lies deeper belongs to the last carrier.</summary>
    public const int TunnelDepthMax = 4;

    /// <summary>Headers of every kind that are walked in one frame.</summary>
    public const int HeadersMax = 32;

    /// <summary><see cref="Packet.WindowScale"/> of a packet that offered none.</summary>
    public const byte NoWindowScale = 255;

    private const int EthernetSize = 14;
    private const int TagSize = 4;
    private const int Ipv4Size = 20;
    private const int Ipv6Size = 40;
    private const int TcpSize = 20;
    private const int UdpSize = 8;
    private const int VlanIdMask = 0xfff;
    private const int VlanInnerShift = 20;

    /// <summary>Decodes one frame; the packet points into it.</summary>
    public static void Decode(in Frame frame, ref Packet packet)
    {
        Debug.Assert(frame.CapturedLength >= 0 && frame.WireLength >= frame.CapturedLength, "a frame's lengths");
        if (frame.LinkType == LinkType.Ethernet && TryDecodePlain(in frame, ref packet)) return;

        DecodeAny(in frame, ref packet);
    }

    /// <summary>Decodes a transport header at the packet's payload, as after reassembly: <see cref="Packet.Data"/>
    /// is the datagram and the payload all of it. Addresses and <see cref="Packet.Protocol"/> stand.</summary>
    public static void DecodeTransport(ref Packet packet)
    {
        var start = packet.Data + packet.PayloadOffset;
        var walk = new Walk(start, packet.PayloadLength, packet.PayloadWireLength)
        {
            TunnelsLeft = packet.Tunnel == TunnelKind.None ? TunnelDepthMax : TunnelDepthMax - 1,
            Tags = TagsOf(in packet),
        };
        ClearTransport(ref packet);
        packet.Status = DecodeStatus.Ok;
        Upper(ref packet, ref walk, start, packet.Protocol);
        packet.Hash = FlowHash.Of(in packet);
    }

    /// <summary>Decodes from an IP header on, inside the bytes at <see cref="Packet.Data"/>; what the link said
    /// stands.</summary>
    public static void DecodeNetwork(ref Packet packet, byte* start, int length)
    {
        var walk = new Walk(start, length, length)
        {
            TunnelsLeft = packet.Tunnel == TunnelKind.None ? TunnelDepthMax : TunnelDepthMax - 1,
            Tags = TagsOf(in packet),
        };
        ClearTransport(ref packet);
        packet.Source = default;
        packet.Target = default;
        packet.FragmentId = 0;
        packet.Protocol = 0;
        packet.TimeToLive = 0;
        RawIp(ref packet, ref walk, start);
        packet.Hash = FlowHash.Of(in packet);
    }

    /// <summary>Ethernet, at most one VLAN tag, IPv4 without options or fragments, TCP or UDP.</summary>
    private static bool TryDecodePlain(in Frame frame, ref Packet packet)
    {
        var data = frame.Pointer;
        var captured = frame.CapturedLength;
        if (captured < EthernetSize + TagSize + Ipv4Size) return false;

        var vlan = frame.StrippedVlan & VlanIdMask;
        var networkOffset = EthernetSize;
        int etherType = Read16(data + 12);
        if (etherType == EtherTypes.Vlan && frame.StrippedVlan == 0)
        {
            vlan = Read16(data + EthernetSize) & VlanIdMask;
            etherType = Read16(data + EthernetSize + 2);
            networkOffset = EthernetSize + TagSize;
        }

        // Version 4, five words of header, neither offset nor more fragments; all else takes the long way.
        var network = data + networkOffset;
        if (etherType != EtherTypes.Ipv4 || *network != 0x45 || (Read16(network + 6) & 0x3fff) != 0) return false;

        // What the total length leaves out is padding; what the capture leaves out was cut.
        int total = Read16(network + 2);
        var here = Math.Min(total, captured - networkOffset) - Ipv4Size;
        var protocol = network[9];
        if (protocol == IpProtocol.Tcp)
        {
            if (!TryTcpPlain(network + Ipv4Size, here, total, networkOffset, ref packet)) return false;
        }
        else if (protocol != IpProtocol.Udp || !TryUdpPlain(network + Ipv4Size, here, total, networkOffset, ref packet))
        {
            return false;
        }

        var source = Address.FromV4(Unsafe.ReadUnaligned<uint>(network + 12));
        var target = Address.FromV4(Unsafe.ReadUnaligned<uint>(network + 16));
        packet.Source = source;
        packet.Target = target;
        packet.Data = data;
        packet.TimeNanos = frame.TimeNanos;
        packet.Hash = FlowHash.Of(source, target, packet.SourcePort, packet.TargetPort, protocol | (ulong)vlan << 8);
        packet.CapturedLength = captured;
        packet.WireLength = frame.WireLength;
        packet.TunnelId = 0;
        packet.FragmentId = Read16(network + 4);
        packet.FragmentOffset = 0;
        packet.EtherType = EtherTypes.Ipv4;
        packet.OuterVlan = (ushort)vlan;
        packet.InnerVlan = 0;
        packet.Interface = frame.Interface;
        packet.Traits = packet.PayloadLength < packet.PayloadWireLength ? PacketTraits.CutBySnap : PacketTraits.None;
        packet.Protocol = protocol;
        packet.TimeToLive = network[8];
        packet.Tunnel = TunnelKind.None;
        packet.Status = DecodeStatus.Ok;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTcpPlain(byte* tcp, int here, int total, int networkOffset, ref Packet packet)
    {
        if (here < TcpSize) return false;

        var header = (tcp[12] >> 2) & 0x3c;
        if (header < TcpSize || header > here) return false;

        var flags = (TcpFlags)tcp[13];
        packet.SourcePort = Read16(tcp);
        packet.TargetPort = Read16(tcp + 2);
        packet.Sequence = Read32(tcp + 4);
        packet.Acknowledgement = Read32(tcp + 8);
        packet.Window = Read16(tcp + 14);
        packet.Flags = flags;
        packet.WindowScale = (flags & TcpFlags.Syn) == 0 ? NoWindowScale : WindowScale(tcp + TcpSize, tcp + header);
        packet.PayloadOffset = networkOffset + Ipv4Size + header;
        packet.PayloadLength = here - header;
        packet.PayloadWireLength = total - Ipv4Size - header;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryUdpPlain(byte* udp, int here, int total, int networkOffset, ref Packet packet)
    {
        if (here < UdpSize) return false;

        var sourcePort = Read16(udp);
        var targetPort = Read16(udp + 2);
        int length = Read16(udp + 4);
        if (length < UdpSize || length > total - Ipv4Size || MayTunnel(sourcePort, targetPort)) return false;

        packet.SourcePort = sourcePort;
        packet.TargetPort = targetPort;
        packet.Sequence = 0;
        packet.Acknowledgement = 0;
        packet.Window = 0;
        packet.Flags = TcpFlags.None;
        packet.WindowScale = NoWindowScale;
        packet.PayloadOffset = networkOffset + Ipv4Size + UdpSize;
        packet.PayloadLength = Math.Min(length, here) - UdpSize;
        packet.PayloadWireLength = length - UdpSize;
        return true;
    }

    /// <summary>All tunnel ports at once: client ports are chance, and a tree of branches on them would mispredict.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool MayTunnel(ushort sourcePort, ushort targetPort)
    {
        var ports = Vector128.Create(
            VxlanPort, LinuxVxlanPort, VxlanGpePort, GenevePort, GtpUserPort, TeredoPort, L2tpPort, CapwapDataPort);
        return Vector128.EqualsAny(ports, Vector128.Create(targetPort))
            || targetPort == MplsInUdpPort || sourcePort is TeredoPort or GenevePort;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Read16(byte* at) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read32(byte* at) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(at));
}
