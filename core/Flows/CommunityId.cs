using System.Buffers.Binary;
using System.Buffers.Text;
using NetSniff.Packets;

namespace NetSniff.Flows;

/// <summary>Community ID v1: the name of a conversation that other engines give it as well, the same for both
/// directions. https://github.com/corelight/community-id-spec</summary>
public static class CommunityId
{
    /// <summary>Bytes of the text: "1:" and the base64 of 20 bytes.</summary>
    public const int TextSize = 30;

    private const int InputSizeMax = 2 + 2 * Address.Size + 2 + 4;

    /// <summary>Writes the id as UTF-8.</summary>
    /// <param name="text">At least <see cref="TextSize"/> bytes.</param>
    /// <param name="sourcePort">ICMP: the type.</param>
    /// <param name="targetPort">ICMP: the code.</param>
    /// <param name="seed">Set it to keep ids of different networks apart.</param>
    public static int Format(
        Span<byte> text,
        Address source,
        Address target,
        byte protocol,
        ushort sourcePort,
        ushort targetPort,
        ushort seed = 0)
    {
        Span<byte> input = stackalloc byte[InputSizeMax];
        var used = Gather(input, (source, sourcePort), (target, targetPort), protocol, seed);
        Span<byte> digest = stackalloc byte[Sha1.DigestSize];
        Sha1.Hash(input[..used], digest);
        "1:"u8.CopyTo(text);
        Base64.EncodeToUtf8(digest, text[2..], out _, out var written);
        return 2 + written;
    }

    private static int Gather(
        Span<byte> input, (Address Address, ushort Port) source, (Address Address, ushort Port) target, byte protocol,
        ushort seed)
    {
        var hasPorts = protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        var isOneWay = false;
        if (protocol is IpProtocol.Icmp or IpProtocol.Icmpv6)
        {
            // A type with an answering type takes it as the other port; any other message goes one way only.
            hasPorts = true;
            var answer = AnswerTo(protocol, source.Port);
            isOneWay = answer < 0;
            if (!isOneWay) target.Port = (ushort)answer;
        }

        if (!hasPorts) (source.Port, target.Port) = (0, 0);
        var order = source.Address.CompareTo(target.Address);
        if (!isOneWay && (order > 0 || (order == 0 && source.Port > target.Port))) (source, target) = (target, source);

        BinaryPrimitives.WriteUInt16BigEndian(input, seed);
        var used = 2;
        used += source.Address.CopyTo(input[used..]);
        used += target.Address.CopyTo(input[used..]);
        input[used++] = protocol;
        input[used++] = 0;
        if (!hasPorts) return used;

        BinaryPrimitives.WriteUInt16BigEndian(input[used..], source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(input[(used + 2)..], target.Port);
        return used + 4;
    }

    /// <summary>The type that answers or asks for this one, or -1. RFC 792, RFC 950, RFC 1256; RFC 4443, RFC 4861,
    /// RFC 2710, RFC 4620, RFC 6275.</summary>
    private static int AnswerTo(byte protocol, ushort type) => protocol == IpProtocol.Icmp
        ? type switch
        {
            8 => 0,
            0 => 8,
            13 => 14,
            14 => 13,
            15 => 16,
            16 => 15,
            10 => 9,
            9 => 10,
            17 => 18,
            18 => 17,
            _ => -1,
        }
        : type switch
        {
            128 => 129,
            129 => 128,
            133 => 134,
            134 => 133,
            135 => 136,
            136 => 135,
            130 => 131,
            131 => 130,
            139 => 140,
            140 => 139,
            144 => 145,
            145 => 144,
            _ => -1,
        };
}
