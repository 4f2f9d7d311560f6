using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace NetSniff.Packets;

/// <summary>Mixes what names a flow into 64 bits that are equal for both directions.</summary>
/// <remarks>Each end's address goes through a 64 x 64 -> 128 bit multiplication keyed by the seed, the two are added
/// (so their order is lost), and ports, protocol and VLANs enter by another. Two addresses of IPv4 go through one of
/// them, by product and sum, which no other two have both. Without the seed nobody can choose addresses that cluster.
/// Two things stay out on purpose: a tunnel's id, since GTP end points, MPLS labels and the network ids some overlays
/// put their source's identity in differ by direction, and ICMP's type and code, since a request and its reply differ.
/// </remarks>
public static class FlowHash
{
    // Digits of pi and e: nothing up the sleeve.
    private const ulong AddressFirstKey = 0x243f6a8885a308d3;
    private const ulong AddressSecondKey = 0x13198a2e03707345;
    private const ulong EndsKey = 0xadf85458a2bb4a9b;
    private const ulong PortsKey = 0xb7e151628aed2a6b;

    // Zero by default, so that reading it needs no static constructor on the hot path.
    private static ulong s_seed;
    private static bool s_isSeeded;

    /// <summary>Gives the process its secret, once, before the first packet.</summary>
    public static void Seed(ulong seed)
    {
        Debug.Assert(!s_isSeeded, "flows hashed with the old seed would be lost");
        s_isSeeded = true;
        s_seed = seed;
    }

    /// <summary>The hash of a packet's fields as they now stand.</summary>
    public static ulong Of(in Packet packet)
    {
        var isControl = packet.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        return Of(
            packet.Source,
            packet.Target,
            isControl ? 0u : packet.SourcePort,
            isControl ? 0u : packet.TargetPort,
            packet.Protocol | (ulong)packet.OuterVlan << 8 | (ulong)packet.InnerVlan << 20);
    }

    /// <summary>The hash of two ends; <paramref name="rest"/> holds protocol and both VLANs in 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Of(Address source, Address target, uint sourcePort, uint targetPort, ulong rest)
    {
        var ports = sourcePort << 16 | targetPort;
        if (source.IsV4 && target.IsV4)
        {
            return OfFour((uint)(source.Second >> 32), (uint)(target.Second >> 32), ports, rest);
        }

        var seed = s_seed;
        return OfEnds(OfAddress(source, seed) + OfAddress(target, seed), ports, rest, seed);
    }

    /// <summary>The same of two addresses of IPv4, loaded as they lie on the wire.</summary>
    /// <param name="ports">Both, the source's in either half.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong OfFour(uint source, uint target, uint ports, ulong rest)
    {
        var seed = s_seed;
        var product = (ulong)source * target ^ AddressFirstKey ^ seed;
        var sum = (ulong)source + target ^ AddressSecondKey ^ ulong.RotateLeft(seed, 23);
        return OfEnds(Fold(product, sum), ports, rest, seed);
    }

    /// <summary>Which share a packet goes to: a quick hash of the ends of its flow, without a secret, so that a file is
    /// always shared out in the same way.</summary>
    /// <remarks>Who chooses his addresses can only make his own traffic slow.</remarks>
    public static ulong Lot(in Packet packet)
    {
        var hasPorts = packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp;
        return Lot(
            packet.Source, packet.Target, hasPorts ? packet.SourcePort : 0u, hasPorts ? packet.TargetPort : 0u);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Lot(Address source, Address target, uint sourcePort, uint targetPort)
    {
        var ends = source.First + source.Second + target.First + target.Second;
        return (ends + (sourcePort + targetPort) * PortsKey) * EndsKey;
    }

    /// <summary>One direction only, for what has a sender: the pieces of a datagram.</summary>
    internal static ulong Directed(Address source, Address target, ulong first, ulong second)
    {
        var seed = s_seed;
        var ends = OfAddress(source, seed) + ulong.RotateLeft(OfAddress(target, seed), 29);
        return Fold(ends ^ EndsKey ^ second, first ^ PortsKey ^ ulong.RotateLeft(seed, 43));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong OfAddress(Address address, ulong seed) =>
        Fold(address.First ^ AddressFirstKey ^ seed, address.Second ^ AddressSecondKey ^ ulong.RotateLeft(seed, 23));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong OfEnds(ulong ends, uint ports, ulong rest, ulong seed)
    {
        // The lesser of the two orders, without a branch: which it is cannot be foretold.
        var turned = BitOperations.RotateLeft(ports, 16);
        var less = (long)ports - turned;
        var lesser = (ulong)(turned + (less & (less >> 63)));
        return Fold(ends ^ EndsKey, (rest << 32 | lesser) ^ PortsKey ^ ulong.RotateLeft(seed, 43));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong left, ulong right)
    {
        // The other way takes the lower half through memory.
        if (Bmi2.X64.IsSupported) return Bmi2.X64.MultiplyNoFlags(left, right) ^ (left * right);

        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
