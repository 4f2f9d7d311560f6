namespace NetSniff.Protocols.Dns;

/// <summary>Multicast DNS, RFC 6762: everyone on the link asks and answers a group.</summary>
public sealed class MdnsParser() : DnsDatagramParser(isMulticast: true), IProtocol
{
    public const ushort Port = 5353;

    public static ProtocolInfo Info { get; } = new(
        "mdns", Transport.Datagram, [Port], HeldBytesMax: 0, "Names and services of the local link, by multicast.",
        NeedsPort: true);

    /// <summary>The port is part of the protocol (section 3), so it decides together with the bytes.</summary>
    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var isItsPort = hints.ServerPort == Port || (hints.ClientPort == Port && hints.ServerPort != DnsParser.Port);
        return isItsPort && IsMulticast(bytes, hints) ? Verdict.Yes : Verdict.No;
    }
}
