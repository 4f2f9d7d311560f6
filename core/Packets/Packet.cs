using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
/// <remarks>
/// <para>A plain mutable struct, reused in an array of a batch: no constructor runs per packet. The payload stays where
/// the frame is. Offsets are bytes from <see cref="Data"/>.</para>
/// <para>Where the fields lie is chosen so that a plain frame is written by few wide stores (the words beside them):
/// the first 48 bytes name a flow as its own first bytes do, then come the numbers of TCP as in its header, and what
/// the frame said itself lies as it does there.</para>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe struct Packet
{
    public const int Size = 128;

    [FieldOffset(0)] public Address Source;
    [FieldOffset(16)] public Address Target;
    [FieldOffset(32)] public ushort OuterVlan;
    [FieldOffset(34)] public ushort InnerVlan;

    /// <summary>VXLAN or Geneve network, GRE or ERSPAN key, GTP-U tunnel end point, MPLS label.</summary>
    [FieldOffset(36)] public uint TunnelId;

    /// <summary>Innermost IP protocol number (after IPv6 extension headers).</summary>
    [FieldOffset(40)] public byte Protocol;
    [FieldOffset(41)] public TunnelKind Tunnel;
    [FieldOffset(42)] public ushort Interface;

    /// <summary>ICMP: type in the source port, code in the target port.</summary>
    [FieldOffset(44)] public ushort SourcePort;
    [FieldOffset(46)] public ushort TargetPort;

    [FieldOffset(48)] public uint Sequence;
    [FieldOffset(52)] public uint Acknowledgement;
    [FieldOffset(56)] public ushort Window;
    [FieldOffset(58)] public TcpFlags Flags;

    /// <summary>Window scale of a SYN, or 255 when it offered none.</summary>
    [FieldOffset(59)] public byte WindowScale;

    [FieldOffset(60)] public byte TimeToLive;
    [FieldOffset(61)] public DecodeStatus Status;
    [FieldOffset(62)] public PacketTraits Traits;

    [FieldOffset(64)] public byte* Data;
    [FieldOffset(72)] public int CapturedLength;

    /// <summary>Bytes on the wire, link header and tunnels included.</summary>
    [FieldOffset(76)] public int WireLength;
    [FieldOffset(80)] public long TimeNanos;

    /// <summary>Symmetric hash of the flow key; equal for both directions.</summary>
    [FieldOffset(88)] public ulong Hash;

    [FieldOffset(96)] public int PayloadOffset;

    /// <summary>Transport payload bytes in the capture.</summary>
    [FieldOffset(100)] public int PayloadLength;

    /// <summary>Transport payload bytes on the wire, by the IP length: more than captured after a cut.</summary>
    [FieldOffset(104)] public int PayloadWireLength;

    /// <summary>IPv4 identification or the IPv6 fragment header's.</summary>
    [FieldOffset(108)] public uint FragmentId;

    /// <summary>Offset of this piece in its datagram, bytes.</summary>
    [FieldOffset(112)] public int FragmentOffset;
    [FieldOffset(116)] public ushort EtherType;

    /// <summary>Source and target.</summary>
    [FieldOffset(0)] internal Vector256<byte> EndsWord;

    /// <summary>VLANs and tunnel id.</summary>
    [FieldOffset(32)] internal ulong PathWord;

    /// <summary>Protocol, tunnel, interface.</summary>
    [FieldOffset(40)] internal uint KindWord;

    /// <summary>The source's in the lower half.</summary>
    [FieldOffset(44)] internal uint PortsWord;

    /// <summary>From the ports to the window scale.</summary>
    [FieldOffset(44)] internal Vector128<byte> TransportWord;

    /// <summary>Time to live, status, traits.</summary>
    [FieldOffset(60)] internal uint MarksWord;

    /// <summary>Of the frame: where, and both lengths.</summary>
    [FieldOffset(64)] internal Vector128<byte> FrameWord;

    /// <summary>Offset of a piece and the type.</summary>
    [FieldOffset(112)] internal ulong PieceWord;

    /// <summary>Where the flow most likely is, for whoever keeps flows; null is no news.</summary>
    [FieldOffset(120)] internal void* FlowHint;

    /// <summary>Not decoded well, or a piece, cut, from a tunnel, or broken.</summary>
    internal readonly bool IsUnusual
    {
        get
        {
            const uint StatusMask = 0xff00, Traits = (uint)(PacketTraits.Fragment | PacketTraits.CutBySnap
                | PacketTraits.Tunnelled | PacketTraits.BadTransport) << 16;
            return (MarksWord & (StatusMask | Traits)) != 0;
        }
    }

    public readonly ReadOnlySpan<byte> Payload => new(Data + PayloadOffset, PayloadLength);

    public readonly bool Is(PacketTraits trait) => (Traits & trait) != 0;

    public readonly bool Has(TcpFlags flag) => (Flags & flag) != 0;
}
