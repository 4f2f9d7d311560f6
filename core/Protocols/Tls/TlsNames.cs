namespace NetSniff.Protocols.Tls;

/// <summary>Names of numbers, for display alone.</summary>
internal static class TlsNames
{
    /// <summary>Name of a version, or empty for drafts and inventions, whose number says more.</summary>
    public static ReadOnlySpan<byte> Version(ushort version) => version switch
    {
        0x0002 => "SSL 2.0"u8,
        0x0300 => "SSL 3.0"u8,
        0x0301 => "TLS 1.0"u8,
        0x0302 => "TLS 1.1"u8,
        0x0303 => "TLS 1.2"u8,
        0x0304 => "TLS 1.3"u8,
        0xfeff or 0x0100 => "DTLS 1.0"u8,
        0xfefd => "DTLS 1.2"u8,
        0xfefc => "DTLS 1.3"u8,
        _ => default,
    };

    /// <summary>Alert descriptions (RFC 8446 section 6, with the retired ones of RFC 5246).</summary>
    public static ReadOnlySpan<byte> Alert(byte description) => description switch
    {
        0 => "close_notify"u8,
        10 => "unexpected_message"u8,
        20 => "bad_record_mac"u8,
        21 => "decryption_failed"u8,
        22 => "record_overflow"u8,
        30 => "decompression_failure"u8,
        40 => "handshake_failure"u8,
        41 => "no_certificate"u8,
        42 => "bad_certificate"u8,
        43 => "unsupported_certificate"u8,
        44 => "certificate_revoked"u8,
        45 => "certificate_expired"u8,
        46 => "certificate_unknown"u8,
        47 => "illegal_parameter"u8,
        48 => "unknown_ca"u8,
        49 => "access_denied"u8,
        50 => "decode_error"u8,
        51 => "decrypt_error"u8,
        60 => "export_restriction"u8,
        70 => "protocol_version"u8,
        71 => "insufficient_security"u8,
        80 => "internal_error"u8,
        86 => "inappropriate_fallback"u8,
        90 => "user_canceled"u8,
        100 => "no_renegotiation"u8,
        109 => "missing_extension"u8,
        110 => "unsupported_extension"u8,
        111 => "certificate_unobtainable"u8,
        112 => "unrecognized_name"u8,
        113 => "bad_certificate_status_response"u8,
        114 => "bad_certificate_hash_value"u8,
        115 => "unknown_psk_identity"u8,
        116 => "certificate_required"u8,
        120 => "no_application_protocol"u8,
        121 => "ech_required"u8,
        _ => default,
    };
}
