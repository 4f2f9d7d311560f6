namespace NetSniff.Protocols.Ntp;

/// <summary>Whether a datagram is NTP. There is no magic number: with the port a sound shape is enough, without it only
/// what chance would never write.</summary>
internal static class NtpProbe
{
    private const int StratumMax = 16;
    private const int ControlHeaderSize = 12;
    private const int PrivateHeaderSize = 8;

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var isItsPort = hints.IsPort(NtpParser.Port);
        if (bytes.IsEmpty) return Verdict.No;

        switch (bytes[0] & 7)
        {
            case NtpMode.Control:
                return isItsPort && IsControl(bytes, hints.IsCut) ? Side(IsAnswer(bytes), direction) : Verdict.No;
            case NtpMode.Private:
                return isItsPort && IsPrivate(bytes, hints.IsCut) ? Side(IsAnswer(bytes), direction) : Verdict.No;
        }

        if (!NtpMessage.TryRead(bytes, hints.IsCut, out var message) || !IsSound(in message)) return Verdict.No;
        if (!isItsPort && !IsSurely(in message)) return Verdict.No;

        return message.Mode switch
        {
            NtpMode.Client => Side(isAnswer: false, direction),
            NtpMode.Server => Side(isAnswer: true, direction),
            _ => Verdict.Yes,
        };
    }

    /// <summary>Control messages have the answer bit in their second byte, private ones in their first.</summary>
    public static bool IsAnswer(ReadOnlySpan<byte> bytes) =>
        (bytes[0] & 7) == NtpMode.Control ? (bytes[1] & 0x80) != 0 : (bytes[0] & 0x80) != 0;

    /// <summary>RFC 9327 section 2: as many data octets as it says, padded to words, and perhaps a digest.</summary>
    public static bool IsControl(ReadOnlySpan<byte> bytes, bool isCut)
    {
        const int OpcodeMax = 12, SaveConfiguration = 31;
        if (bytes.Length < ControlHeaderSize || (bytes[0] >> 3 & 7) is < 1 or > 4 || bytes[0] >> 6 != 0) return false;

        var opcode = bytes[1] & 0x1F;
        var count = bytes[10] << 8 | bytes[11];
        var padded = ControlHeaderSize + (count + 3 & ~3);
        if (isCut) return opcode is <= OpcodeMax or SaveConfiguration;
        return opcode is <= OpcodeMax or SaveConfiguration
            && (bytes.Length == ControlHeaderSize + count || bytes.Length - padded is 0 or 4 or 20 or 24);
    }

    /// <summary>ntpd's ntp_request.h: implementation, request code, then items of a size, never over 500 bytes.
    /// </summary>
    public static bool IsPrivate(ReadOnlySpan<byte> bytes, bool isCut)
    {
        const int DataBytesMax = 500;
        if (bytes.Length < PrivateHeaderSize || (bytes[0] >> 3 & 7) is < 1 or > 4) return false;
        if (bytes[2] is not (0 or 2 or 3)) return false; // any, the old ntpd, ntpd

        var count = (bytes[4] & 0x0F) << 8 | bytes[5];
        var size = (bytes[6] & 0x0F) << 8 | bytes[7];
        return count * size <= DataBytesMax
            && (isCut || !IsAnswer(bytes) || PrivateHeaderSize + count * size <= bytes.Length);
    }

    private static bool IsSound(in NtpMessage message) =>
        message.Mode is >= NtpMode.SymmetricActive and <= NtpMode.Broadcast
        && message.Stratum <= StratumMax
        && message.Poll is >= -7 and <= 17
        // 32 is what clients write that tell nothing about themselves (draft-ietf-ntp-data-minimization).
        && message.Precision is (>= -32 and <= 0) or 32
        && (message.Mode == NtpMode.Client || message.Transmit != 0);

    /// <summary>Away from the port: a question with all but its transmit time left blank, or an answer whose times
    /// stand in order and close together.</summary>
    private static bool IsSurely(in NtpMessage message)
    {
        if (message is { Mode: NtpMode.Client, Stratum: 0, RootDelay: 0, ReferenceId: 0, Reference: 0 })
        {
            return message is { Version: >= 3, Origin: 0, Receive: 0 } && message.Transmit != 0;
        }

        return message is { Mode: NtpMode.Server, Version: >= 3, Stratum: > 0, Precision: < 0 }
            && message.Origin != 0
            && message.Transmit - message.Receive < NtpMessage.Second
            && message.Receive - message.Reference < NtpMessage.Second << 18;
    }

    private static Verdict Side(bool isAnswer, Direction direction) =>
        isAnswer == (direction == Direction.ToClient) ? Verdict.Yes : Verdict.YesReversed;
}
