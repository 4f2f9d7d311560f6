namespace NetSniff.Packets;

/// <summary>ICMP types that answer one another, so that question and answer make one flow.</summary>
/// <remarks>As Community ID v1 pairs them; the port fields of ICMP packets follow from it: source port = type, target
/// port = the answering type, or the code where no type answers.</remarks>
public static class IcmpPairs
{
    /// <summary>The counterpart of a type, or -1 for a one-way type.</summary>
    public static int Counterpart(byte protocol, int type) => protocol == IpProtocol.Icmp
        ? type switch
        {
            8 => 0,
            0 => 8,
            13 => 14,
            14 => 13,
            15 => 16,
            16 => 15,
            17 => 18,
            18 => 17,
            10 => 9,
            9 => 10,
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

    /// <summary>Puts type and counterpart (or code) where ports are, so that an answer finds its question's flow.
    /// </summary>
    public static void Normalise(ref Packet packet)
    {
        var counterpart = Counterpart(packet.Protocol, packet.SourcePort);
        if (counterpart >= 0) packet.TargetPort = (ushort)counterpart;
    }

    /// <summary>The code that a flow's port fields stand for: those of paired types are always 0.</summary>
    public static byte CodeOf(byte protocol, ushort clientPort, ushort serverPort) =>
        Counterpart(protocol, clientPort) >= 0 ? (byte)0 : (byte)serverPort;
}
