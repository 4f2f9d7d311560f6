using System.Buffers.Text;

namespace NetSniff.Protocols.Quic;

/// <summary>How the packets of a version are laid out and protected.</summary>
internal enum QuicDialect : byte
{
    /// <summary>Nobody knows what a packet of it means.</summary>
    Unknown,

    /// <summary>Version 0: the server lists what it speaks (RFC 9000 section 17.2.1).</summary>
    Negotiation,

    /// <summary>0x?a?a?a?a: asked for on purpose so that the server must negotiate (RFC 9000 section 15).</summary>
    Reserved,

    /// <summary>RFC 9001, RFC 9369 and the drafts before them.</summary>
    Standard,

    /// <summary>Google's Q050: draft packets around Google's own handshake.</summary>
    GoogleEncrypted,

    /// <summary>Google's Q046 to Q049: long headers, handshake in clear.</summary>
    GoogleLong,

    /// <summary>Google's QUIC up to Q043: public headers, handshake in clear.</summary>
    GooglePublic,
}

/// <summary>Version numbers, and the salts that make a version's Initial keys. The salts are public: they keep
/// observers that do not know a version from guessing, nothing else (RFC 9001 section 5.2).</summary>
internal static class QuicVersions
{
    public const uint Negotiation = 0, Version1 = 1, Version2 = 0x6b3343cf, Version2Draft = 0x709a50c4;

    /// <summary>Facebook's mvfst on draft 27.</summary>
    public const uint FacebookDraft27 = 0xfaceb002;

    public const int NameBytesMax = 16;

    private const uint DraftBase = 0xff000000, DraftFirst = 23, DraftLast = 34;
    private const uint Google50 = 0x51303530;

    private static ReadOnlySpan<byte> Salt1 =>
    [
        0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
        0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
    ];

    private static ReadOnlySpan<byte> Salt2 =>
    [
        0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
        0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9,
    ];

    private static ReadOnlySpan<byte> Salt2Draft =>
    [
        0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
        0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3,
    ];

    private static ReadOnlySpan<byte> SaltDraft29 =>
    [
        0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
        0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99,
    ];

    private static ReadOnlySpan<byte> SaltDraft23 =>
    [
        0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
        0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02,
    ];

    private static ReadOnlySpan<byte> SaltGoogle50 =>
    [
        0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
        0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45,
    ];

    public static QuicDialect DialectOf(uint version)
    {
        if (version == Negotiation) return QuicDialect.Negotiation;
        if (version is Version1 or Version2 or Version2Draft or FacebookDraft27) return QuicDialect.Standard;
        if (IsDraft(version)) return QuicDialect.Standard;
        if ((version & 0x0f0f0f0f) == 0x0a0a0a0a) return QuicDialect.Reserved;

        return GoogleNumber(version) switch
        {
            50 => QuicDialect.GoogleEncrypted,
            >= 46 and < 50 => QuicDialect.GoogleLong,
            >= 1 and <= 43 => QuicDialect.GooglePublic,
            _ => QuicDialect.Unknown,
        };
    }

    /// <summary>The salt of a version whose Initials can be opened; empty for others.</summary>
    public static ReadOnlySpan<byte> Salt(uint version) => version switch
    {
        Version1 or DraftBase + 33 or DraftBase + 34 => Salt1,
        Version2 => Salt2,
        Version2Draft => Salt2Draft,
        Google50 => SaltGoogle50,
        FacebookDraft27 => SaltDraft23,
        >= DraftBase + 29 and <= DraftBase + 32 => SaltDraft29,
        >= DraftBase + DraftFirst and <= DraftBase + 28 => SaltDraft23,
        _ => default,
    };

    /// <summary>Whether packet types and key labels are those of RFC 9369.</summary>
    public static bool IsVersion2(uint version) => version is Version2 or Version2Draft;

    /// <param name="target">Of at least <see cref="NameBytesMax"/> bytes.</param>
    /// <returns>How long the name is; 0 where the number says more.</returns>
    public static int WriteName(uint version, Span<byte> target)
    {
        if (IsDraft(version))
        {
            "draft-"u8.CopyTo(target);
            Utf8Formatter.TryFormat(version - DraftBase, target[6..], out var written);
            return 6 + written;
        }

        if (GoogleNumber(version) >= 0)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(target, version);
            return 4;
        }

        var name = version switch
        {
            Version1 => "v1"u8,
            Version2 => "v2"u8,
            Version2Draft => "v2-draft"u8,
            FacebookDraft27 => "mvfst-27"u8,
            _ => default,
        };
        name.CopyTo(target);
        return name.Length;
    }

    private static bool IsDraft(uint version) => version is >= DraftBase + DraftFirst and <= DraftBase + DraftLast;

    /// <summary>43 of `Q043`, or -1.</summary>
    private static int GoogleNumber(uint version)
    {
        var (tens, ones) = ((int)(version >> 8 & 0xff) - '0', (int)(version & 0xff) - '0');
        return version >> 16 == 0x5130 && tens is >= 0 and <= 9 && ones is >= 0 and <= 9 ? 10 * tens + ones : -1;
    }
}
