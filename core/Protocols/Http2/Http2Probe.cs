using System.Buffers.Binary;
using NetSniff.Protocols.Http2.Hpack;

namespace NetSniff.Protocols.Http2;

/// <summary>Whether bytes are HTTP/2: by the client's preface, the server's SETTINGS, or a chain of frames.</summary>
internal static class Http2Probe
{
    /// <summary>Settings we expect of a server's first frame, with room to grow.</summary>
    private const int SettingsBytesMax = 20 * 6;

    /// <summary>RFC 9113 section 3.4.</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (bytes.IsEmpty) return Verdict.Maybe;

        var shown = Math.Min(bytes.Length, Preface.Length);
        if (bytes[..shown].SequenceEqual(Preface[..shown]))
        {
            if (shown < Preface.Length) return Verdict.Maybe;
            return direction == Direction.ToServer ? Verdict.Yes : Verdict.YesReversed;
        }

        if (!hints.IsFromStart) return ProbeChain(bytes, direction);
        return direction == Direction.ToClient ? ProbeSettings(bytes) : Verdict.No;
    }

    /// <summary>A server begins with SETTINGS (section 3.4). Nine bytes of little chance, then known settings only.
    /// </summary>
    private static Verdict ProbeSettings(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Http2FrameHeader.Size)
        {
            return bytes[0] == 0 && (bytes.Length < 2 || bytes[1] == 0) && (bytes.Length < 4 || bytes[3] == 4)
                ? Verdict.Maybe
                : Verdict.No;
        }

        var header = Http2FrameHeader.Read(bytes);
        if (header is not { Type: Http2FrameType.Settings, Flags: 0, StreamId: 0, Length: <= SettingsBytesMax }
            || header.Length % 6 != 0)
        {
            return Verdict.No;
        }

        var settings = bytes[Http2FrameHeader.Size..];
        for (var left = header.Length; left > 0; left -= 6, settings = settings[6..])
        {
            if (settings.Length < 6) return Verdict.Maybe;

            var value = BinaryPrimitives.ReadUInt32BigEndian(settings[2..]);
            if (!IsSetting(BinaryPrimitives.ReadUInt16BigEndian(settings), value)) return Verdict.No;
        }

        return Verdict.Yes;
    }

    private static bool IsSetting(ushort id, uint value) => id switch
    {
        1 or 3 or 6 => true,
        2 or 8 or 9 => value <= 1,
        4 => value <= int.MaxValue,
        5 => value is >= Http2FrameHeader.LengthDefaultMax and <= Http2FrameHeader.FrameBytesMax,
        // TLS renegotiation; gRPC's own; reserved to keep others honest (RFC 8701).
        0x10 or 0xFE03 or 0xFE04 or 0xFE05 => true,
        _ => (id & 0x0F0F) == 0x0A0A,
    };

    /// <summary>In the middle of a connection: two frames in a row that each could be one.</summary>
    private static Verdict ProbeChain(ReadOnlySpan<byte> bytes, Direction direction)
    {
        var isReversed = false;
        var count = 0;
        var position = 0;
        while (bytes.Length - position >= Http2FrameHeader.Size)
        {
            var header = Http2FrameHeader.Read(bytes[position..]);
            // Either side may be the one that is called client here.
            if (!header.IsPlausible(Direction.ToClient, Http2FrameHeader.LengthDefaultMax)) return Verdict.No;

            position += Http2FrameHeader.Size;
            var payload = bytes[position..Math.Min(bytes.Length, position + header.Length)];
            if (SpeakerOf(in header, payload) is { } speaker) isReversed = speaker != direction;
            position += header.Length;
            if (++count < 2) continue;

            return isReversed ? Verdict.YesReversed : Verdict.Yes;
        }

        return position < bytes.Length && bytes[position] != 0 ? Verdict.No : Verdict.Maybe;
    }

    /// <summary>Who sends such a frame: pseudo-header fields come first and are a request's or a response's (RFC 9113
    /// section 8.3, RFC 7541 appendix A).</summary>
    /// <returns>Null when it does not say.</returns>
    public static Direction? SpeakerOf(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Type == Http2FrameType.PushPromise) return Direction.ToClient;
        if (header.Type != Http2FrameType.Headers) return null;

        // Even numbers are the server's (section 5.1.1).
        if ((header.StreamId & 1) == 0) return Direction.ToClient;

        var start = (header.Has(Http2FrameHeader.Padded) ? 1 : 0) + (header.Has(Http2FrameHeader.Priority) ? 5 : 0);
        while (start < payload.Length)
        {
            var first = payload[start];
            var mask = first >= 0x80 ? 0x7F : first >= 0x40 ? 0x3F : first >= 0x20 ? 0x1F : 0x0F;
            var index = first & mask;
            var isUpdate = mask == 0x1F;
            if (!isUpdate && index == 0) return SpeakerOf(payload[(start + 1)..]);
            if (!isUpdate && index is >= 1 and <= 7) return Direction.ToServer;
            if (!isUpdate && index is >= 8 and <= 14) return Direction.ToClient;

            // What stands in a table that nobody saw being filled may be `:authority`; what follows may tell more.
            var isKnown = !isUpdate && (first < 0x80 || index <= HpackStaticTable.Count);
            if (isKnown) return null;

            start++;
            if (index != mask) continue;
            while (start < payload.Length && payload[start] >= 0x80) start++;
            start++;
        }

        return null;
    }

    /// <summary>A name in full, if it is not Huffman coded.</summary>
    private static Direction? SpeakerOf(ReadOnlySpan<byte> name)
    {
        if (name is not [< 0x80, (byte)':', ..]) return null;
        return name.StartsWith("\x07:status"u8) ? Direction.ToClient : Direction.ToServer;
    }
}
