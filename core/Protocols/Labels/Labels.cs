namespace NetSniff.Protocols.Labels;

/// <summary>Names protocols that are recognised but not read.</summary>
public static class Labels
{
    public static ushort Recognise(
        Transport transport, ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints, byte ipProtocol) => Apps.Unknown;
}
