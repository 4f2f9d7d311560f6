using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NetSniff.Packets;

/// <summary>The way nearly all frames go: a few wide loads, compares and stores.</summary>
public static unsafe partial class PacketDecoder
{
    // Of the first eight bytes of IPv4: version 4 and five words of header, neither offset nor more fragments.
    private const ulong PlainHeadMask = 0xff00_0000_0000_3fff;
    private const ulong PlainHead = 0x4500_0000_0000_0000;

    private const int LeftOut = 0xff; // of a shuffle: a zero goes there

    /// <summary>Ethernet, at most one VLAN tag, IPv4 without options or fragments, TCP or UDP.</summary>
    /// <remarks>Stores what it knows as soon as it does, for who comes after a "no" begins anew. A method of its own:
    /// in a loop the compiler branches on what cannot be foretold.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryDecodePlain(in Frame frame, ref Packet packet)
    {
        var network = frame.Pointer + EthernetSize;
        var captured = frame.CapturedLength - EthernetSize;
        if (captured < TagSize + Ipv4Size) return false;

        var vlan = (uint)frame.StrippedVlan & VlanIdMask;
        int etherType = Read16(network - 2);
        if (etherType != EtherTypes.Ipv4)
        {
            if (etherType != EtherTypes.Vlan || frame.StrippedVlan != 0) return false;
            if (Read16(network + 2) != EtherTypes.Ipv4) return false;

            vlan = Read16(network) & (uint)VlanIdMask;
            network += TagSize;
            captured -= TagSize;
        }

        var head = Read64(network);
        if ((head & PlainHeadMask) != PlainHead) return false;

        packet.FrameWord = Unsafe.As<Frame, Vector128<byte>>(ref Unsafe.AsRef(in frame));
        packet.TimeNanos = frame.TimeNanos;
        packet.PathWord = vlan;
        packet.FragmentId = (ushort)(head >> 16);
        packet.PieceWord = (ulong)EtherTypes.Ipv4 << 32;
        packet.PayloadOffset = frame.CapturedLength - captured + Ipv4Size;
        uint protocol = network[9];
        packet.KindWord = protocol | (uint)frame.Interface << 16;
        packet.MarksWord = network[8];
        WriteEnds(network, ref packet);

        // What the total length leaves out is padding; what the capture leaves out was cut.
        var total = (ushort)(head >> 32) - Ipv4Size;
        var here = Math.Min(total, captured - Ipv4Size);
        network += Ipv4Size;
        if (protocol == IpProtocol.Tcp)
        {
            if (!TryTcpPlain(network, here, total, ref packet)) return false;
        }
        else if (protocol != IpProtocol.Udp || !TryUdpPlain(network, here, total, ref packet))
        {
            return false;
        }

        packet.Hash = FlowHash.OfFour(
            Unsafe.ReadUnaligned<uint>(network - 8), Unsafe.ReadUnaligned<uint>(network - 4), packet.PortsWord,
            protocol | vlan << 8);
        if (packet.PayloadLength < packet.PayloadWireLength) packet.Traits = PacketTraits.CutBySnap;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTcpPlain(byte* tcp, int here, int total, ref Packet packet)
    {
        if (here < TcpSize) return false;

        var header = (tcp[12] >> 2) & 0x3c;
        if (header < TcpSize || header > here) return false;

        packet.TransportWord = TurnTcp(tcp);
        packet.PayloadOffset += header;
        packet.PayloadLength = here - header;
        packet.PayloadWireLength = total - header;
        if ((tcp[13] & (int)TcpFlags.Syn) != 0) packet.WindowScale = WindowScale(tcp + TcpSize, tcp + header);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryUdpPlain(byte* udp, int here, int total, ref Packet packet)
    {
        if (here < UdpSize) return false;

        var header = Read64(udp);
        var ports = BitOperations.RotateLeft((uint)(header >> 32), 16);
        int length = (ushort)(header >> 16);
        if (length < UdpSize || length > total || MayTunnel(ports)) return false;

        packet.TransportWord = Vector128.Create(ports, 0, 0, (uint)NoWindowScale << 24).AsByte();
        packet.PayloadOffset += UdpSize;
        packet.PayloadLength = Math.Min(length, here) - UdpSize;
        packet.PayloadWireLength = length - UdpSize;
        return true;
    }

    /// <summary>Both addresses, as <see cref="Address.FromV4"/> has them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteEnds(byte* network, ref Packet packet)
    {
        if (Avx2.IsSupported)
        {
            var both = Vector256.Create(Unsafe.ReadUnaligned<ulong>(network + 12)).AsByte();
            var apart = Avx2.Shuffle(both, Vector256.Create(
                LeftOut, LeftOut, LeftOut, LeftOut, LeftOut, LeftOut, LeftOut, LeftOut,
                LeftOut, LeftOut, LeftOut, LeftOut, 0, 1, 2, 3,
                LeftOut, LeftOut, LeftOut, LeftOut, LeftOut, LeftOut, LeftOut, LeftOut,
                LeftOut, LeftOut, LeftOut, LeftOut, 4, 5, 6, (byte)7));
            packet.EndsWord = apart | Vector256.Create(0, Address.MappedPrefix, 0, Address.MappedPrefix).AsByte();
            return;
        }

        packet.Source = Address.FromV4(Unsafe.ReadUnaligned<uint>(network + 12));
        packet.Target = Address.FromV4(Unsafe.ReadUnaligned<uint>(network + 16));
    }

    /// <summary>Ports, numbers, window, flags and no window scale, as a packet keeps them, of a TCP header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> TurnTcp(byte* header)
    {
        var turned = Vector128.ShuffleNative(
            Vector128.Load(header), Vector128.Create(1, 0, 3, 2, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, (byte)LeftOut));
        return turned | Vector128.Create(0, 0, 0, (uint)NoWindowScale << 24).AsByte();
    }

    /// <summary>All tunnel ports at once: client ports are chance, and a tree of branches on them would mispredict.
    /// </summary>
    /// <param name="ports">The source's in the lower half.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool MayTunnel(uint ports)
    {
        const int Target = 16;
        var tunnels = Vector256.Create(
            TeredoPort | (uint)VxlanPort << Target, TeredoPort | (uint)LinuxVxlanPort << Target,
            TeredoPort | (uint)VxlanGpePort << Target, TeredoPort | (uint)GenevePort << Target,
            GenevePort | (uint)GtpUserPort << Target, GenevePort | (uint)TeredoPort << Target,
            GenevePort | (uint)L2tpPort << Target, GenevePort | (uint)CapwapDataPort << Target);
        return Vector256.EqualsAny(tunnels.AsUInt16(), Vector256.Create(ports).AsUInt16())
            || ports >> Target == MplsInUdpPort;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read64(byte* at) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(at));
}
