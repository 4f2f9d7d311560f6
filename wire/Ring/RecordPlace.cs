using System.Runtime.CompilerServices;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Wire.Ring;

/// <summary>Where on the ring a record belongs, by what names its connection everywhere.</summary>
/// <remarks>
/// <para>Of what has ports it is the client's end and the protocol, for the server's may be translated on the way: a
/// service's address before, a pod's behind, and both are to meet at one worker. Both directions have the client in
/// common. Who saw a connection only from its middle on may have taken the server for the client, and then its view
/// meets no other; that is rare, and costs the merge and nothing else.</para>
/// <para>Without ports it is both ends, in no order.</para>
/// <para>What one node sees and another does not stays out: VLANs, tunnels, interfaces. There is no seed, for all
/// sensors must say the same. Whoever chooses addresses and ports so that all fall on one worker makes it slow, and it
/// sheds.</para>
/// </remarks>
public static class RecordPlace
{
    // Digits of pi and e: nothing up the sleeve.
    private const ulong FirstKey = 0x243f6a8885a308d3;
    private const ulong SecondKey = 0x13198a2e03707345;
    private const ulong EndsKey = 0xadf85458a2bb4a9b;
    private const ulong RestKey = 0xb7e151628aed2a6b;

    public static ulong Of(in RecordHeader head)
    {
        // A request's type and code are not its reply's: ICMP has no ports, though they are kept in the same place.
        if (!HasPorts(head.Protocol))
        {
            var (one, other) = (End(head.Client, 0), End(head.Server, 0));
            return Fold((one + other) ^ EndsKey, (one ^ other) + head.Protocol + RestKey);
        }

        var client = End(head.Client, head.ClientPort);
        return Fold(client ^ EndsKey, client + head.Protocol + RestKey);
    }

    // 33 is DCCP (RFC 4340).
    private static bool HasPorts(byte protocol) =>
        protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite or 33;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong End(Address address, uint port) =>
        Fold(address.First ^ FirstKey ^ ((ulong)port << 32), address.Second ^ SecondKey ^ port);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
