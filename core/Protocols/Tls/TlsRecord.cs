using NetSniff.Records;

namespace NetSniff.Protocols.Tls;

/// <summary>One TLS or DTLS handshake: what both sides said in clear before the rest was encrypted.</summary>
public readonly ref struct TlsRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "tls",
        "One TLS or DTLS handshake: names, versions, fingerprints, certificate.",
        "{tls.sni|tls.subject}  {tls.version_name|tls.version~2}  {tls.alert.name}",
        "{tls.sni|tls.subject}  {tls.version_name|tls.version~2}  {tls.alpn~1}  {tls.latency~3}",
        "{tls.sni|tls.subject}  {tls.version_name|tls.version~2}  {tls.latency~3}",
        "{tls.sni|tls.subject}  {tls.version_name|tls.version~2}",
        "{tls.version_name|tls.version}  {tls.latency}",
        "{tls.sni}  (no answer)",
        "{tls.version_name|tls.version}",
        "{tls.ja4}  (no answer)");

    public ReadOnlySpan<byte> ServerName { get; init; }

    /// <summary>What the server chose, as on the wire.</summary>
    public ushort Version { get; init; }
    public ushort Cipher { get; init; }
    public bool HasAnswer { get; init; }
    public TextList ProtocolsOffered { get; init; }
    public ReadOnlySpan<byte> Protocol { get; init; }
    public ReadOnlySpan<byte> Ja3 { get; init; }
    public ReadOnlySpan<byte> Ja3Text { get; init; }
    public ReadOnlySpan<byte> Ja3Server { get; init; }
    public ReadOnlySpan<byte> Ja3ServerText { get; init; }
    public ReadOnlySpan<byte> Ja4 { get; init; }
    public bool HasClientHello { get; init; }
    public ushort ClientVersion { get; init; }
    public ReadOnlySpan<ulong> Versions { get; init; }
    public ReadOnlySpan<ulong> Extensions { get; init; }
    public ReadOnlySpan<ulong> Groups { get; init; }
    public ReadOnlySpan<ulong> KeyShares { get; init; }
    public ReadOnlySpan<byte> Subject { get; init; }
    public ReadOnlySpan<byte> Issuer { get; init; }
    public ReadOnlySpan<byte> Serial { get; init; }
    public long NotBeforeNanos { get; init; }
    public long NotAfterNanos { get; init; }
    public bool HasDates { get; init; }
    public TextList AlternativeNames { get; init; }
    public ReadOnlySpan<byte> Fingerprint { get; init; }
    public int CertificatesCount { get; init; }
    public bool IsResumed { get; init; }
    public bool IsRetried { get; init; }
    public bool IsCookieAsked { get; init; }
    public bool HasTicket { get; init; }
    public bool OffersPreSharedKey { get; init; }
    public bool OffersEarlyData { get; init; }
    public bool IsEncryptedHelloSeen { get; init; }
    public bool HasClientCertificate { get; init; }
    public byte AlertLevel { get; init; }
    public byte AlertCode { get; init; }
    public bool HasAlert { get; init; }
    public bool IsAlertFromServer { get; init; }

    /// <summary>End of the ClientHello to the end of the first ServerHello.</summary>
    public long LatencyNanos { get; init; }
    public bool HasLatency { get; init; }

    /// <summary>First byte of the ClientHello until both sides had turned to encryption.</summary>
    public long DurationNanos { get; init; }
    public bool HasDuration { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        visitor.Text("tls.sni", "Server name the client asked for", ServerName);
        visitor.Number("tls.version", "Version the server chose, as on the wire", Version, HasAnswer);
        visitor.Text("tls.version_name", "Name of that version", HasAnswer ? TlsNames.Version(Version) : default);
        visitor.Number("tls.cipher", "Cipher suite the server chose", Cipher, HasAnswer);
        visitor.Texts("tls.alpn_offered", "Application protocols the client offered", ProtocolsOffered);
        visitor.Text("tls.alpn", "Application protocol the server chose", Protocol);
        visitor.Text("tls.ja3", "JA3 fingerprint of the client", Ja3);
        visitor.Text("tls.ja3_string", "What the JA3 was made from", Ja3Text);
        visitor.Text("tls.ja3s", "JA3S fingerprint of the server", Ja3Server);
        visitor.Text("tls.ja3s_string", "What the JA3S was made from", Ja3ServerText);
        visitor.Text("tls.ja4", "JA4 fingerprint of the client", Ja4);
        visitor.Number("tls.client.version", "Version field of the ClientHello", ClientVersion, HasClientHello);
        visitor.Numbers("tls.client.versions", "Versions offered in the extension, in order", Versions);
        visitor.Numbers("tls.client.extensions", "Extensions of the ClientHello, in order", Extensions);
        visitor.Numbers("tls.client.groups", "Key exchange groups offered, in order", Groups);
        visitor.Numbers("tls.client.key_shares", "Groups the client sent a key share for", KeyShares);
        visitor.Text("tls.subject", "Subject of the server's certificate", Subject);
        visitor.Text("tls.issuer", "Issuer of the server's certificate", Issuer);
        visitor.Bytes("tls.serial", "Serial number of the server's certificate", Serial);
        visitor.Time("tls.not_before", "Certificate valid from", NotBeforeNanos, HasDates);
        visitor.Time("tls.not_after", "Certificate valid until; 2262 where it says later", NotAfterNanos, HasDates);
        visitor.Texts("tls.sans", "Alternative names of the server's certificate", AlternativeNames);
        visitor.Bytes("tls.fingerprint", "SHA-1 of the server's certificate", Fingerprint);
        visitor.Number("tls.chain", "Certificates the server sent", (ulong)CertificatesCount, CertificatesCount > 0);
        visitor.Flag("tls.resumed", "An earlier session went on", IsResumed, HasAnswer);
        visitor.Flag("tls.hello_retry", "The server asked for a second ClientHello", IsRetried, HasAnswer);
        visitor.Flag("tls.ticket", "The server sent a session ticket in clear", HasTicket, HasAnswer);
        visitor.Flag("tls.client.psk", "The client offered a pre-shared key", OffersPreSharedKey, HasClientHello);
        visitor.Flag("tls.client.early_data", "The client offered 0-RTT data", OffersEarlyData, HasClientHello);
        visitor.Flag("tls.client.ech", "An encrypted hello or server name (or its decoy) was sent",
            IsEncryptedHelloSeen, HasClientHello);
        visitor.Flag("tls.client.certificate", "The client showed a certificate in clear", HasClientCertificate,
            HasAnswer);
        visitor.Number("tls.alert.level", "First alert in clear: 1 warning, 2 fatal", AlertLevel, HasAlert);
        visitor.Number("tls.alert.code", "First alert in clear: its number", AlertCode, HasAlert);
        visitor.Text("tls.alert.name", "First alert in clear: its name",
            HasAlert ? TlsNames.Alert(AlertCode) : default);
        visitor.Flag("tls.alert.from_server", "The server sent that alert", IsAlertFromServer, HasAlert);
        visitor.Duration("tls.latency", "End of the ClientHello to the end of the server's answer", LatencyNanos,
            HasLatency);
        visitor.Duration("tls.duration", "First byte of the ClientHello until both sides encrypt", DurationNanos,
            HasDuration);
        visitor.Flag("tls.cookie", "DTLS: the server had the client prove its address first", IsCookieAsked,
            IsCookieAsked);
    }
}
