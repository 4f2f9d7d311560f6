using System.Buffers.Binary;

namespace NetSniff.Fuzz.Targets;

/// <summary>Changes the fields of headers that decoders and streams go by: lengths, offsets, flags, sequence numbers.
/// </summary>
internal static class FrameFields
{
    private const int EthernetBytes = 14;
    private const int ScanBytes = 96;

    /// <summary>False when no IP header was found.</summary>
    public static bool TryMutate(Span<byte> frame, Random random)
    {
        var at = FindIp(frame, random);
        if (at < 0) return false;

        var ip = frame[at..];
        return ip[0] >> 4 == 4 ? MutateIpv4(ip, random) : MutateIpv6(ip, random);
    }

    /// <summary>An IP header, often the first, sometimes one further in.</summary>
    private static int FindIp(ReadOnlySpan<byte> frame, Random random)
    {
        var start = random.Next(4) == 0 ? random.Next(ScanBytes) : random.Next(2) * EthernetBytes;
        for (var at = start; at + 28 <= frame.Length && at < ScanBytes; at++)
        {
            var isIpv4 = frame[at] >> 4 == 4 && (frame[at] & 0xF) >= 5;
            if (isIpv4 || (frame[at] >> 4 == 6 && at + 48 <= frame.Length)) return at;
        }

        return -1;
    }

    private static bool MutateIpv4(Span<byte> ip, Random random)
    {
        var headerBytes = (ip[0] & 0xF) * 4;
        switch (random.Next(8))
        {
            case 0:
                ip[0] = (byte)(0x40 | random.Next(16));
                return true;
            case 1:
                PutLength(ip[2..], random);
                return true;
            case 2:
                // Fragment offset, and whether more follow.
                BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)(random.Next(4) << 13 | random.Next(64)));
                return true;
            case 3:
                ip[9] = s_protocols[random.Next(s_protocols.Length)];
                return true;
            default:
                return ip.Length > headerBytes + 20 && MutateTransport(ip[headerBytes..], ip[9], random);
        }
    }

    private static bool MutateIpv6(Span<byte> ip, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                PutLength(ip[4..], random);
                return true;
            case 1:
                ip[6] = s_protocols[random.Next(s_protocols.Length)];
                return true;
            default:
                return ip.Length > 60 && MutateTransport(ip[40..], ip[6], random);
        }
    }

    // ICMP, IP in IP, TCP, UDP, IPv6, GRE, fragment, AH, ICMPv6, hop-by-hop, routing, destination options, SCTP, …
    private static readonly byte[] s_protocols = [1, 4, 6, 17, 41, 47, 44, 51, 58, 0, 43, 60, 132, 97, 136, 115];

    private static bool MutateTransport(Span<byte> transport, byte protocol, Random random)
    {
        if (protocol == 17)
        {
            PutLength(transport[4..], random);
            return true;
        }

        if (protocol != 6) return false;

        switch (random.Next(5))
        {
            case 0:
                transport[12] = (byte)(random.Next(16) << 4);
                return true;
            case 1:
                transport[13] ^= (byte)(1 << random.Next(6));
                return true;
            case 2:
                AddTo(transport[4..], random);
                return true;
            case 3:
                AddTo(transport[8..], random);
                return true;
            default:
                var port = random.Next(2) * 2;
                BinaryPrimitives.WriteUInt16BigEndian(transport[port..], (ushort)random.Next(65536));
                return true;
        }
    }

    private static void PutLength(Span<byte> field, Random random)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(field);
        var changed = random.Next(4) switch
        {
            0 => 0,
            1 => 0xFFFF,
            2 => length + random.Next(-12, 13),
            _ => random.Next(65536),
        };
        BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)changed);
    }

    /// <summary>Sequence numbers: a little aside, far away, or at the wrap.</summary>
    private static void AddTo(Span<byte> field, Random random)
    {
        var value = BinaryPrimitives.ReadUInt32BigEndian(field);
        value += random.Next(3) switch
        {
            0 => (uint)random.Next(-64, 65),
            1 => (uint)random.Next(-70_000, 70_001),
            _ => 0x8000_0000 + (uint)random.Next(-2, 3),
        };
        BinaryPrimitives.WriteUInt32BigEndian(field, value);
    }
}
