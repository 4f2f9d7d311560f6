using NetSniff.Packets;

namespace NetSniff.Flows;

/// <summary>Which flows belong to a sample: the same ones in both directions, on every machine, in every run.</summary>
/// <remarks>A flow has a point in 32 bits, mixed of its two ends and its protocol; a sample of one in n holds those
/// below a threshold. So whoever is in a smaller sample is in each larger one. VLANs and tunnels stay out: they differ
/// between two places that see one connection. No seed, unlike <see cref="FlowHash"/>: two sensors have no secret in
/// common, and all that can be won by choosing addresses is to be read.</remarks>
public static unsafe class FlowSample
{
    // Digits of the square roots of 2 and 3.
    private const ulong EndKey = 0x6a09e667f3bcc909;
    private const ulong FlowKey = 0xbb67ae8584caa73b;

    public static uint PointOf(Flow* flow) =>
        PointOf(flow->Client, flow->ClientPort, flow->Server, flow->ServerPort, flow->Protocol);

    public static uint PointOf(Address client, ushort clientPort, Address server, ushort serverPort, byte protocol)
    {
        // ICMP keeps type and code where others keep ports, and they differ by direction.
        var isControl = protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        if (isControl) (clientPort, serverPort) = (0, 0);
        var ends = OfEnd(client, clientPort) + OfEnd(server, serverPort);
        return (uint)(Fold(ends ^ protocol, FlowKey) >> 32);
    }

    /// <summary>The point below which a flow is in a sample of one in <paramref name="oneIn"/>.</summary>
    public static ulong Threshold(int oneIn) => (1ul << 32) / (ulong)Math.Max(1, oneIn);

    private static ulong OfEnd(Address address, ushort port) =>
        Fold(address.First ^ EndKey, Fold(address.Second ^ FlowKey, port + EndKey));

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
