namespace NetSniff.Protocols.Labels;

/// <summary>Peers that share files.</summary>
internal static class Peer
{
    /// <summary>BEP 3: the handshake says its name.</summary>
    public static bool IsBittorrent(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "\u0013BitTorrent protocol"u8);

    /// <summary>BEP 15 (trackers), BEP 29 (uTP), BEP 14 (peers nearby).</summary>
    public static bool IsBittorrentUdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int UtpSize = 20;
        if (Wire.Has(bytes, 0, [0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80])) return bytes.Length == 16
            && Wire.U32(bytes, 8) == 0;
        if (Wire.Has(bytes, 0, "BT-SEARCH * HTTP/1."u8)) return true;
        if (bytes.Length < UtpSize || (bytes[0] & 0x0F) != 1 || bytes[0] > 0x41) return false;
        if (Wire.Has(bytes, UtpSize, "\u0013BitTorrent protocol"u8)) return true;

        // A connect: nothing acknowledged, no delay known yet; extension bits may follow.
        return bytes[0] == 0x41 && Wire.U16(bytes, 18) == 0 && Wire.U32(bytes, 8) == 0
            && (bytes[1] == 0 ? bytes.Length == UtpSize : bytes[1] is 1 or 2
                && bytes.Length == UtpSize + 2 + bytes[UtpSize + 1]);
    }

    /// <summary>BEP 5: a dictionary with an id of twenty bytes, or what kind of message it is.</summary>
    public static bool IsDht(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        bytes.Length > 20 && bytes[^1] == 'e' && (Wire.Has(bytes, 0, "d1:ad2:id20:"u8)
            || Wire.Has(bytes, 0, "d1:rd2:id20:"u8)
            || Wire.Has(bytes, 0, "d1:eli20"u8) || ((Wire.Has(bytes, 0, "d2:ip"u8) || Wire.Has(bytes, 0, "d1:"u8))
                && bytes.IndexOf("d2:id20:"u8) > 0 && bytes.IndexOf("1:y1:"u8) > 0));

    public static bool IsGnutella(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "GNUTELLA CONNECT/"u8) || Wire.Has(bytes, 0, "GNUTELLA/0."u8);
}
