using System.Buffers.Binary;

namespace NetSniff.Bench.Mixing;

/// <summary>Gives the hosts of a replica addresses of their own, checksums mended as RFC 1624 says.</summary>
internal static class Remapper
{
    private const int Ip = 14;
    private const ushort DnsPort = 53;

    /// <summary>Rewrites one Ethernet/IPv4 frame in place.</summary>
    public static void Remap(Span<byte> frame, uint replica)
    {
        var transport = Ip + (frame[Ip] & 15) * 4;
        var protocol = frame[Ip + 9];
        var isFirst = (BinaryPrimitives.ReadUInt16BigEndian(frame[(Ip + 6)..]) & 0x1fff) == 0;
        int sum = protocol switch { 6 => transport + 16, 17 => transport + 6, _ => 0 };
        if (!isFirst || sum + 2 > frame.Length) sum = 0;

        // Zero means that a UDP sender computed none.
        if (protocol == 17 && sum > 0 && frame[sum] == 0 && frame[sum + 1] == 0) sum = 0;

        uint sourceReplica = replica, targetReplica = replica;
        if (protocol == 17 && isFirst && frame.Length >= transport + 12)
        {
            SpreadResolver(frame, transport, sum, replica, ref sourceReplica, ref targetReplica);
        }

        Replace(frame, Ip + 12, sum, sourceReplica);
        Replace(frame, Ip + 16, sum, targetReplica);
    }

    /// <summary>Resolvers ask each question from a new port, dnsperf from a few: port and asking host follow from the
    /// question's id, alike in question and answer.</summary>
    private static void SpreadResolver(
        Span<byte> frame, int udp, int sum, uint replica, ref uint sourceReplica, ref uint targetReplica)
    {
        var isQuestion = BinaryPrimitives.ReadUInt16BigEndian(frame[(udp + 2)..]) == DnsPort;
        var isAnswer = BinaryPrimitives.ReadUInt16BigEndian(frame[udp..]) == DnsPort;
        if (!isQuestion && !isAnswer) return;

        var at = isQuestion ? udp : udp + 2;
        var port = BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);
        var id = BinaryPrimitives.ReadUInt16BigEndian(frame[(udp + 8)..]);
        var mixed = Mix((uint)port << 16 | id, replica);
        Write16(frame, at, (ushort)(10_000 + mixed % 50_000), sum);
        var asking = replica * 131 + (mixed & 63);
        if (isQuestion) sourceReplica = asking;
        else targetReplica = asking;
    }

    private static void Replace(Span<byte> frame, int at, int sum, uint replica)
    {
        var old = BinaryPrimitives.ReadUInt32BigEndian(frame[at..]);

        // Servers are 198.18.0.x and become few; clients are 198.18.1.x and become many.
        var isServer = (old >> 8 & 0xff) == 0;
        var mixed = Mix(old, replica);
        var fresh = isServer ? 0x0a604000 | (mixed & 0x3fff) : 0x0a800000 | (mixed & 0x3fffff);
        Write16(frame, at, (ushort)(fresh >> 16), sum, Ip + 10);
        Write16(frame, at + 2, (ushort)fresh, sum, Ip + 10);
    }

    private static void Write16(Span<byte> frame, int at, ushort value, int sum, int secondSum = 0)
    {
        var old = BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[at..], value);
        Mend(frame, sum, old, value);
        Mend(frame, secondSum, old, value);
    }

    /// <summary>HC' = ~(~HC + ~m + m'), RFC 1624 equation 3.</summary>
    private static void Mend(Span<byte> frame, int sum, ushort old, ushort value)
    {
        if (sum == 0) return;
        var total = (uint)(ushort)~BinaryPrimitives.ReadUInt16BigEndian(frame[sum..]) + (ushort)~old + value;
        total = (total & 0xffff) + (total >> 16);
        total = (total & 0xffff) + (total >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame[sum..], (ushort)~total);
    }

    /// <summary>The finaliser of MurmurHash3 over both words.</summary>
    private static uint Mix(uint left, uint right)
    {
        var mixed = left * 0x9e3779b97f4a7c15ul ^ right * 0xc2b2ae3d27d4eb4ful;
        mixed ^= mixed >> 33;
        mixed *= 0xff51afd7ed558ccdul;
        mixed ^= mixed >> 33;
        mixed *= 0xc4ceb9fe1a85ec53ul;
        return (uint)(mixed ^ mixed >> 33);
    }
}
