using NetSniff.Records;

namespace NetSniff.Protocols.Quic;

/// <summary>One QUIC connection, as far as its first flights show it.</summary>
public readonly ref struct QuicRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "quic",
        "One QUIC connection: versions, names and fingerprints of its handshake, retries, how it began.",
        "{quic.sni}  {quic.version_name|quic.version~2}  {quic.alpn_offered~1}  {quic.latency~3}",
        "{quic.sni}  {quic.version_name|quic.version~2}  {quic.latency~3}",
        "{quic.sni}  {quic.version_name|quic.version}  (no answer)",
        "{quic.version_name|quic.version}  {quic.ja4}  {quic.latency}",
        "{quic.version_name|quic.version}  {quic.problem}",
        "{quic.version_name|quic.version}");

    public ReadOnlySpan<byte> ServerName { get; init; }
    public uint Version { get; init; }
    public ReadOnlySpan<byte> VersionName { get; init; }
    public uint VersionSelected { get; init; }
    public bool HasAnswer { get; init; }
    public TextList ProtocolsOffered { get; init; }
    public ReadOnlySpan<byte> UserAgent { get; init; }
    public ReadOnlySpan<byte> Ja3 { get; init; }
    public ReadOnlySpan<byte> Ja3Text { get; init; }
    public ReadOnlySpan<byte> Ja3Server { get; init; }
    public ReadOnlySpan<byte> Ja3ServerText { get; init; }
    public ReadOnlySpan<byte> Ja4 { get; init; }
    public bool HasClientHello { get; init; }
    public ushort Cipher { get; init; }
    public bool HasServerHello { get; init; }
    public ReadOnlySpan<ulong> Extensions { get; init; }
    public ReadOnlySpan<ulong> Groups { get; init; }
    public ReadOnlySpan<ulong> KeyShares { get; init; }
    public bool OffersPreSharedKey { get; init; }
    public bool IsEncryptedHelloSeen { get; init; }
    public ReadOnlySpan<byte> TargetId { get; init; }
    public ReadOnlySpan<byte> SourceId { get; init; }
    public ReadOnlySpan<byte> ServerId { get; init; }
    public int ClientInitials { get; init; }
    public int ServerInitials { get; init; }
    public bool IsRetried { get; init; }
    public bool IsHelloRetried { get; init; }
    public bool IsNegotiated { get; init; }
    public ReadOnlySpan<ulong> VersionsOffered { get; init; }
    public bool IsEarlyDataSeen { get; init; }
    public ulong CloseCode { get; init; }
    public bool HasClose { get; init; }
    public bool IsCloseFromServer { get; init; }

    /// <summary>The client's first packet to the server's first that goes on with the handshake.</summary>
    public long LatencyNanos { get; init; }
    public bool HasLatency { get; init; }
    public ReadOnlySpan<byte> Problem { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        visitor.Text("quic.sni", "Server name the client asked for", ServerName);
        visitor.Number("quic.version", "Version of the client's first packet, as on the wire", Version);
        visitor.Text("quic.version_name", "Name of that version", VersionName);
        visitor.Number("quic.version_selected", "Version the server went on with", VersionSelected, HasAnswer);
        visitor.Texts("quic.alpn_offered", "Application protocols the client offered", ProtocolsOffered);
        visitor.Text("quic.user_agent", "What the client calls itself, where it says so", UserAgent);
        visitor.Text("quic.ja3", "JA3 fingerprint of the client", Ja3);
        visitor.Text("quic.ja3_string", "What the JA3 was made from", Ja3Text);
        visitor.Text("quic.ja3s", "JA3S fingerprint of the server", Ja3Server);
        visitor.Text("quic.ja3s_string", "What the JA3S was made from", Ja3ServerText);
        visitor.Text("quic.ja4", "JA4 fingerprint of the client", Ja4);
        visitor.Number("quic.cipher", "Cipher suite the server chose", Cipher, HasServerHello);
        visitor.Numbers("quic.client.extensions", "Extensions of the ClientHello, in order", Extensions);
        visitor.Numbers("quic.client.groups", "Key exchange groups offered, in order", Groups);
        visitor.Numbers("quic.client.key_shares", "Groups the client sent a key share for", KeyShares);
        visitor.Flag("quic.client.psk", "The client offered a pre-shared key", OffersPreSharedKey, HasClientHello);
        visitor.Flag("quic.client.ech", "An encrypted hello (or its decoy) was sent", IsEncryptedHelloSeen,
            HasClientHello);
        visitor.Bytes("quic.dcid", "Connection id the client first addressed the server by", TargetId);
        visitor.Bytes("quic.scid", "Connection id the client chose for itself", SourceId);
        visitor.Bytes("quic.server.scid", "Connection id the server chose for itself", ServerId);
        visitor.Number("quic.initials.toserver", "Initial packets the client sent", (ulong)ClientInitials);
        visitor.Number("quic.initials.toclient", "Initial packets the server sent", (ulong)ServerInitials);
        visitor.Flag("quic.retry", "The server asked the client to prove its address first", IsRetried);
        visitor.Flag("quic.hello_retry", "The server asked for a second ClientHello", IsHelloRetried, HasServerHello);
        visitor.Flag("quic.negotiation", "The server refused the version and listed others", IsNegotiated);
        visitor.Numbers("quic.versions_offered", "Versions the server listed then", VersionsOffered);
        visitor.Flag("quic.early_data", "The client sent 0-RTT packets", IsEarlyDataSeen);
        visitor.Number("quic.close.code", "Error of a close within the handshake, 256 + TLS alert mostly", CloseCode,
            HasClose);
        visitor.Flag("quic.close.from_server", "The server closed it", IsCloseFromServer, HasClose);
        visitor.Duration("quic.latency", "The client's first packet to the server's first answer, retries within",
            LatencyNanos, HasLatency);
        visitor.Text("quic.problem", "What was odd, the first thing met", Problem);
    }
}
