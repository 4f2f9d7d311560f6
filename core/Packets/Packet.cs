using System.Runtime.InteropServices;

namespace NetSniff.Packets;

public enum DecodeStatus : byte
{
    /// <summary>Addresses, and ports where the protocol has them, are known.</summary>
    Ok,

    /// <summary>No IP inside: ARP, LLDP, spanning tree … <see cref="Packet.EtherType"/> says which.</summary>
    NotIp,

    /// <summary>Cut by the snap length before the addresses or ports were reached.</summary>
    Truncated,

    /// <summary>A header contradicts itself.</summary>
    Malformed,

    /// <summary>A link type we do not read.</summary>
    UnknownLink,
}

[Flags]
public enum PacketTraits : ushort
{
    None = 0,

    /// <summary>A piece of an IP datagram; ports are known only where <see cref="Packet.FragmentOffset"/> is 0.
    /// </summary>
    Fragment = 1,

    /// <summary>More pieces follow this one.</summary>
    MoreFragments = 2,

    /// <summary>The capture holds fewer payload bytes than the wire did.</summary>
    CutBySnap = 4,

    /// <summary>Carried in a tunnel (<see cref="Packet.Tunnel"/>).</summary>
    Tunnelled = 8,

    /// <summary>The transport header is broken, so that the packet counts for its flow but carries nothing.</summary>
    BadTransport = 16,

    /// <summary>Sent by this host (live capture only).</summary>
    Outgoing = 32,
}

/// <summary>What carried the innermost IP header.</summary>
public enum TunnelKind : byte { None, Gre, IpInIp, Vxlan, Geneve, GtpU, Erspan, Teredo, Mpls, L2tp, Capwap, EtherIp }

[Flags]
public enum TcpFlags : byte { None = 0, Fin = 1, Syn = 2, Rst = 4, Psh = 8, Ack = 16, Urg = 32, Ece = 64, Cwr = 128 }

/// <summary>IP protocol numbers we name (IANA).</summary>
public static class IpProtocol
{
    public const byte Icmp = 1, Igmp = 2, IpInIp = 4, Tcp = 6, Udp = 17, Ipv6 = 41, Gre = 47, Esp = 50, Ah = 51,
        Icmpv6 = 58, Sctp = 132, UdpLite = 136;
}

/// <summary>A frame, decoded flat: the innermost IP header and its transport.</summary>
/// <remarks>A plain mutable struct, reused in an array of a batch: no constructor runs per packet. The payload stays
/// where the frame is. Offsets are bytes from <see cref="Data"/>.</remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Packet
{
    public Address Source;
    public Address Target;
    public byte* Data;
    public long TimeNanos;

    /// <summary>Symmetric hash of the flow key; equal for both directions.</summary>
    public ulong Hash;

    public uint Sequence;
    public uint Acknowledgement;
    public int CapturedLength;

    /// <summary>Bytes on the wire, link header and tunnels included.</summary>
    public int WireLength;

    public int PayloadOffset;

    /// <summary>Transport payload bytes in the capture.</summary>
    public int PayloadLength;

    /// <summary>Transport payload bytes on the wire, by the IP length: more than captured after a cut.</summary>
    public int PayloadWireLength;

    /// <summary>VXLAN or Geneve network, GRE or ERSPAN key, GTP-U tunnel end point, MPLS label.</summary>
    public uint TunnelId;

    /// <summary>IPv4 identification or the IPv6 fragment header's.</summary>
    public uint FragmentId;

    /// <summary>Offset of this piece in its datagram, bytes.</summary>
    public int FragmentOffset;

    /// <summary>ICMP: type in the source port, code in the target port.</summary>
    public ushort SourcePort;
    public ushort TargetPort;
    public ushort Window;
    public ushort EtherType;
    public ushort OuterVlan;
    public ushort InnerVlan;
    public ushort Interface;
    public PacketTraits Traits;

    /// <summary>Innermost IP protocol number (after IPv6 extension headers).</summary>
    public byte Protocol;
    public byte TimeToLive;
    public TcpFlags Flags;
    public TunnelKind Tunnel;
    public DecodeStatus Status;

    /// <summary>Window scale of a SYN, or 255 when it offered none.</summary>
    public byte WindowScale;

    public readonly ReadOnlySpan<byte> Payload => new(Data + PayloadOffset, PayloadLength);

    public readonly bool Is(PacketTraits trait) => (Traits & trait) != 0;

    public readonly bool Has(TcpFlags flag) => (Flags & flag) != 0;
}
