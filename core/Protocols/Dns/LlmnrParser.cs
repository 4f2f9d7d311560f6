namespace NetSniff.Protocols.Dns;

/// <summary>Link-Local Multicast Name Resolution, RFC 4795.</summary>
public sealed class LlmnrParser() : DnsDatagramParser(isMulticast: true), IProtocol
{
    public const ushort Port = 5355;

    public static ProtocolInfo Info { get; } = new(
        "llmnr", Transport.Datagram, [Port], HeldBytesMax: 0, "Host names of the local link, asked of a group.",
        NeedsPort: true);

    /// <summary>The port is part of the protocol (section 2), so it decides together with the bytes.</summary>
    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.IsPort(Port) && IsMulticast(bytes, hints) ? Verdict.Yes : Verdict.No;
}
