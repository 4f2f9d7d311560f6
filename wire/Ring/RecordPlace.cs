using System.Runtime.CompilerServices;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Wire.Ring;

/// <summary>Where on the ring a record belongs, by what names its connection everywhere.</summary>
/// <remarks>Both directions have one place, and so do the views of two nodes: only addresses, ports and the protocol
/// enter, in no order. What one node sees and another does not stays out: VLANs, tunnels, interfaces, and which end a
/// sensor took for the client. There is no seed, for all sensors must say the same. Whoever chooses addresses and ports
/// so that all fall on one worker makes that worker slow, and it sheds.</remarks>
public static class RecordPlace
{
    // Digits of pi and e: nothing up the sleeve.
    private const ulong FirstKey = 0x243f6a8885a308d3;
    private const ulong SecondKey = 0x13198a2e03707345;
    private const ulong EndsKey = 0xadf85458a2bb4a9b;
    private const ulong RestKey = 0xb7e151628aed2a6b;

    public static ulong Of(in RecordHeader head)
    {
        // A request's type and code are not its reply's.
        var isControl = head.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        var client = End(head.Client, isControl ? 0u : head.ClientPort);
        var server = End(head.Server, isControl ? 0u : head.ServerPort);
        return Fold((client + server) ^ EndsKey, (client ^ server) + head.Protocol + RestKey);
    }

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
