namespace NetSniff.Protocols.Dns;

/// <summary>DNS over UDP, RFC 1035 section 4.2.1.</summary>
public sealed class DnsParser() : DnsDatagramParser(isMulticast: false), IProtocol
{
    public const ushort Port = 53;

    public static ProtocolInfo Info { get; } = new(
        "dns", Transport.Datagram, [Port], HeldBytesMax: 0, "Domain names over UDP: questions paired with answers.");

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (DnsShape.IsNetBios(bytes)) return Verdict.No;

        var isOurs = hints.IsPort(Port)
            ? DnsShape.IsMessage(bytes, out _, out _) || (hints.IsCut && DnsShape.IsBeginning(bytes, out _))
            : DnsShape.IsSurely(bytes, isMulticast: false);
        if (!isOurs) return Verdict.No;

        // Who answers is the server, unless the ports say otherwise: servers ask each other from 53 to 53.
        var isAnswer = (bytes[2] & 0x80) != 0;
        var isSaidByServer = direction == Direction.ToClient;
        return isAnswer == isSaidByServer || hints.ServerPort == Port ? Verdict.Yes : Verdict.YesReversed;
    }
}
