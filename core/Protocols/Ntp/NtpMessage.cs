using NetSniff.Buffers;

namespace NetSniff.Protocols.Ntp;

/// <summary>Association modes, RFC 5905 figure 10; 6 and 7 are for management (RFC 9327 and ntpd's own).</summary>
internal static class NtpMode
{
    public const int SymmetricActive = 1, SymmetricPassive = 2, Client = 3, Server = 4, Broadcast = 5, Control = 6,
        Private = 7;

    public static ReadOnlySpan<byte> Name(int mode) => mode switch
    {
        SymmetricActive => "symmetric-active"u8,
        SymmetricPassive => "symmetric-passive"u8,
        Client => "client"u8,
        Server => "server"u8,
        Broadcast => "broadcast"u8,
        Control => "control"u8,
        Private => "private"u8,
        _ => "reserved"u8,
    };
}

/// <summary>The header of a time message, RFC 5905 section 7.3, and what follows it.</summary>
internal readonly struct NtpMessage
{
    public const int Size = 48;

    /// <summary>Extension fields walked in one message; a message of 1,500 bytes has room for 90 of the shortest.
    /// </summary>
    public const int ExtensionsMax = 96;

    /// <summary>One second in the units of a timestamp.</summary>
    public const ulong Second = 1ul << 32;

    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>From 1900, where NTP begins, to 1970 (RFC 5905 figure 4).</summary>
    private const long SecondsTo1970 = 2_208_988_800;

    public byte Leap { get; private init; }
    public byte Version { get; private init; }
    public byte Mode { get; private init; }
    public byte Stratum { get; private init; }
    public sbyte Poll { get; private init; }
    public sbyte Precision { get; private init; }

    /// <summary>Seconds in 16.16 fixed point.</summary>
    public uint RootDelay { get; private init; }
    public uint RootDispersion { get; private init; }
    public uint ReferenceId { get; private init; }

    /// <summary>Seconds since 1900 in 32.32 fixed point.</summary>
    public ulong Reference { get; private init; }
    public ulong Origin { get; private init; }
    public ulong Receive { get; private init; }
    public ulong Transmit { get; private init; }
    public int Extensions { get; private init; }

    /// <summary>A field of Network Time Security (RFC 8915 section 5) is there.</summary>
    public bool HasNts { get; private init; }

    /// <summary>Bytes of key number and digest behind it all, 0 for none.</summary>
    public int MacBytes { get; private init; }
    public uint KeyId { get; private init; }

    /// <summary>The capture left out its end: extensions and what is behind them are not all known.</summary>
    public bool IsCut { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> bytes, bool isCut, out NtpMessage message)
    {
        message = default;
        if (bytes.Length < Size) return false;

        // Where the end is not known nothing tells an extension from a code.
        var isSound = TryReadTail(bytes[Size..], isCut, out var extensions, out var hasNts, out var macBytes);
        if (!isSound && !isCut) return false;

        var reader = new ByteReader(bytes);
        var first = reader.ReadByte();
        message = new NtpMessage
        {
            Leap = (byte)(first >> 6),
            Version = (byte)(first >> 3 & 7),
            Mode = (byte)(first & 7),
            Stratum = reader.ReadByte(),
            Poll = (sbyte)reader.ReadByte(),
            Precision = (sbyte)reader.ReadByte(),
            RootDelay = reader.ReadUInt32(),
            RootDispersion = reader.ReadUInt32(),
            ReferenceId = reader.ReadUInt32(),
            Reference = reader.ReadUInt64(),
            Origin = reader.ReadUInt64(),
            Receive = reader.ReadUInt64(),
            Transmit = reader.ReadUInt64(),
            Extensions = extensions,
            HasNts = hasNts,
            MacBytes = macBytes,
            KeyId = macBytes > 0 ? new ByteReader(bytes[^macBytes..]).ReadUInt32() : 0,
            IsCut = isCut,
        };
        return message.Version is >= 1 and <= 4;
    }

    public static long ShortNanos(uint value) => (long)value * NanosPerSecond >> 16;

    /// <summary>Nanoseconds since 1970. The field starts over every 136 years; meant is the time nearest to the capture
    /// (RFC 5905 section 6).</summary>
    public static long TimeNanos(ulong timestamp, long nowNanos)
    {
        var nowSeconds = Math.DivRem(nowNanos, NanosPerSecond).Quotient;
        var ahead = (int)((uint)(timestamp >> 32) - (uint)(nowSeconds + SecondsTo1970));
        return (nowSeconds + ahead) * NanosPerSecond + (long)((timestamp & uint.MaxValue) * NanosPerSecond >> 32);
    }

    /// <summary>Extension fields (RFC 7822), then at most one message authentication code: what is left over is one
    /// when it has the size of one (RFC 7822 section 7.5.1.4).</summary>
    private static bool TryReadTail(
        ReadOnlySpan<byte> tail, bool isCut, out int extensions, out bool hasNts, out int macBytes)
    {
        const int FieldSizeMin = 16;
        (extensions, hasNts, macBytes) = (0, false, 0);
        while (!tail.IsEmpty)
        {
            // A lone key number is the crypto-NAK; 20 and 24 are MD5 or AES-CMAC and SHA-1; longer digests follow suit.
            if (tail.Length is 4 or 20 or 24 && !isCut)
            {
                macBytes = tail.Length;
                return true;
            }

            if (tail.Length < FieldSizeMin || extensions == ExtensionsMax) return false;

            var type = tail[0] << 8 | tail[1];
            var length = tail[2] << 8 | tail[3];
            if (length < FieldSizeMin || (length & 3) != 0 || length > tail.Length) return false;

            hasNts |= type is 0x0104 or 0x0204 or 0x0304 or 0x0404;
            extensions++;
            tail = tail[length..];
        }

        return true;
    }
}
