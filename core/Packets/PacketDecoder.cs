using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NetSniff.Packets;

/// <summary>Frames into packets: the innermost IP header, its transport, and where the payload lies.</summary>
/// <remarks>The way nearly all frames go is short, at fixed offsets (<see cref="TryDecodePlain"/>); whatever is unusual
/// about a frame sends it the long way (<see cref="DecodeAny"/>), which knows every header. Both fill every field of
/// the packet. Nothing is read outside the captured bytes: each header is measured against them before it is read.
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Read16(byte* at) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read32(byte* at) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(at));
}
