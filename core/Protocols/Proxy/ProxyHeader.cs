using System.Buffers.Binary;

namespace NetSniff.Protocols.Proxy;

/// <summary>What a load balancer says before the first byte of the client whose connection it passes on: HAProxy's
/// PROXY protocol, a line of text (version 1) or a signature and a length (version 2).</summary>
public static class ProxyHeader
{
    /// <summary>A longer one is not waited for. Certificates of clients may be in it, and those of version 1 have 107
    /// bytes at most.</summary>
    public const int BytesMax = 1024;

    /// <summary>More bytes could make it one.</summary>
    public const int More = -1;

    /// <summary>It is one, and longer than <see cref="BytesMax"/>.</summary>
    public const int TooLong = -2;

    /// <summary>What one of version 2 begins with, the only one that datagrams may have.</summary>
    public const byte BinaryFirst = (byte)'\r';

    /// <summary>Signature, version and command, family, length; then addresses and more.</summary>
    internal const int BinarySize = 16;

    private const int TextBytesMax = 107;

    private static ReadOnlySpan<byte> TextStart => "PROXY "u8;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Whether there is any reason to look.</summary>
    public static bool MayBegin(byte first) => first is (byte)'P' or BinaryFirst;

    /// <returns>Its length; 0 where there is none; <see cref="More"/> or <see cref="TooLong"/>.</returns>
    public static int Measure(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [(byte)'P', ..] => MeasureText(bytes),
        [(byte)'\r', ..] => MeasureBinary(bytes),
        _ => 0,
    };

    /// <summary>`PROXY TCP4 192.0.2.1 192.0.2.2 40000 443`, or UNKNOWN and anything.</summary>
    private static int MeasureText(ReadOnlySpan<byte> bytes)
    {
        var shown = Math.Min(bytes.Length, TextStart.Length);
        if (!bytes[..shown].SequenceEqual(TextStart[..shown])) return 0;

        var end = bytes[..Math.Min(bytes.Length, TextBytesMax)].IndexOf((byte)'\n');
        if (end < 0) return bytes.Length < TextBytesMax ? More : 0;

        var family = bytes[TextStart.Length..end];
        var isKnown = family.StartsWith("TCP4 "u8) || family.StartsWith("TCP6 "u8) || family.StartsWith("UNKNOWN"u8);
        return isKnown && family[^1] == '\r' ? end + 1 : 0;
    }

    private static int MeasureBinary(ReadOnlySpan<byte> bytes)
    {
        var shown = Math.Min(bytes.Length, Signature.Length);
        if (!bytes[..shown].SequenceEqual(Signature[..shown])) return 0;
        if (bytes.Length < BinarySize) return More;

        // Version 2, of its own (a health check) or for somebody.
        if (bytes[Signature.Length] is not (0x20 or 0x21)) return 0;

        var length = BinarySize + BinaryPrimitives.ReadUInt16BigEndian(bytes[(BinarySize - 2)..]);
        if (length > BytesMax) return TooLong;
        return length <= bytes.Length ? length : More;
    }
}
