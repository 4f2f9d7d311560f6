using NetSniff.Buffers;

namespace NetSniff.Protocols.Quic;

/// <summary>Sizes and numbers of RFC 9000.</summary>
internal static class QuicWire
{
    /// <summary>A client pads datagrams with Initials to this size (section 14.1).</summary>
    public const int InitialDatagramBytesMin = 1200;

    /// <summary>The first connection id that a client makes up for the server is no shorter (section 7.2).</summary>
    public const int FirstTargetIdBytesMin = 8;

    /// <summary>Of the two connection ids of a packet that nobody can open, one is no shorter: what the header shows
    /// is all there is to tell it by.</summary>
    public const int JoinedIdBytesMin = 4;

    /// <summary>Packet number, one frame and tag: header protection samples 16 bytes, four behind where the number
    /// begins (RFC 9001 section 5.4.2).</summary>
    public const int ProtectedBytesMin = 20;

    /// <summary>A number of one, two, four or eight bytes, as its first two bits say (section 16).</summary>
    public static ulong ReadVarint(scoped ref ByteReader reader)
    {
        var first = reader.ReadByte();
        ulong value = first & 0x3fu;
        for (var more = (1 << (first >> 6)) - 1; more > 0; more--) value = value << 8 | reader.ReadByte();
        return value;
    }

    /// <summary>A number that counts bytes of what is being read; too many for that is -1, which no reader takes.
    /// </summary>
    public static int ReadLength(scoped ref ByteReader reader)
    {
        var value = ReadVarint(ref reader);
        return value <= int.MaxValue / 2 ? (int)value : -1;
    }

    /// <summary>The whole of a packet number of which the low bytes were sent (appendix A.3).</summary>
    /// <param name="largest">The largest seen so far, or -1.</param>
    public static long ExpandNumber(long largest, uint truncated, int length)
    {
        var window = 1L << (8 * length);
        var expected = largest + 1;
        var candidate = expected & ~(window - 1) | truncated;
        if (candidate <= expected - window / 2 && candidate < (1L << 62) - window) return candidate + window;
        return candidate > expected + window / 2 && candidate >= window ? candidate - window : candidate;
    }
}
