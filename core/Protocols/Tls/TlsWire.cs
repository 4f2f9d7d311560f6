namespace NetSniff.Protocols.Tls;

/// <summary>What carries a handshake; the letter is the first of a JA4.</summary>
internal enum TlsCarrier : byte { Stream = (byte)'t', Quic = (byte)'q', Datagram = (byte)'d' }

/// <summary>Record content types (RFC 8446 section 5.1, RFC 6520, RFC 9146).</summary>
internal static class ContentType
{
    public const byte ChangeCipherSpec = 20, Alert = 21, Handshake = 22, ApplicationData = 23, Heartbeat = 24,
        ConnectionId = 25;
}

/// <summary>Handshake message types (RFC 8446 section 4, RFC 5246 section 7.4, RFC 6347 section 4.3.2).</summary>
internal static class HandshakeType
{
    public const byte HelloRequest = 0, ClientHello = 1, ServerHello = 2, HelloVerifyRequest = 3, NewSessionTicket = 4,
        HelloRetryRequest = 6, Certificate = 11, CertificateRequest = 13;

    /// <summary>Whether a message in clear may carry this type; anything else is ciphertext.</summary>
    public static bool IsKnown(byte type) => type <= 26 || type is 67 or 254;
}

/// <summary>Hello extensions we look into (IANA TLS ExtensionType values).</summary>
internal static class ExtensionType
{
    public const ushort ServerName = 0, SupportedGroups = 10, PointFormats = 11, SignatureAlgorithms = 13,
        ApplicationProtocols = 16, SessionTicket = 35, PreSharedKey = 41, EarlyData = 42, SupportedVersions = 43,
        Cookie = 44, KeyShareDraft = 40, KeyShare = 51, EncryptedServerName = 0xffce, EncryptedHello = 0xfe0d,
        TransportParameters = 57, TransportParametersDraft = 0xffa5;
}

/// <summary>Sizes and numbers both record layers share.</summary>
internal static class TlsWire
{
    public const int RecordHeaderSize = 5;
    public const int MessageHeaderSize = 4;
    public const int RandomSize = 32;

    /// <summary>Ciphertext of TLS 1.2 may grow by 2048 (RFC 5246 section 6.2.3), of TLS 1.3 by 256 only.</summary>
    public const int RecordBytesMax = (1 << 14) + 2048;

    /// <summary>Reserved values that clients mix in to keep servers tolerant (RFC 8701): 0a0a, 1a1a … fafa.</summary>
    public static bool IsGrease(ushort value) => (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);

    /// <summary>Whether two bytes are a version a record may carry: SSL 3.0 to TLS 1.3.</summary>
    public static bool IsRecordVersion(byte major, byte minor) => major == 3 && minor <= 4;

    /// <summary>Whether two bytes are a version a DTLS record may carry; 0100 is what OpenSSL sent before the RFC.
    /// </summary>
    public static bool IsDatagramVersion(byte major, byte minor) =>
        (major == 0xfe && minor is 0xff or 0xfd or 0xfc) || (major == 1 && minor == 0);
}
