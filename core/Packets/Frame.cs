namespace NetSniff.Packets;

/// <summary>One frame as captured, borrowed: the bytes belong to the ring or the mapped file and are gone when the
/// batch has been run.</summary>
/// <param name="Data">First captured byte; must stay put until the batch is released.</param>
/// <param name="CapturedLength">Bytes at <paramref name="Data"/>.</param>
/// <param name="WireLength">Bytes the frame had on the wire, never less than captured.</param>
/// <param name="TimeNanos">Nanoseconds since 1970 UTC, from the kernel or the file.</param>
public unsafe readonly record struct Frame(
    nint Data,
    int CapturedLength,
    int WireLength,
    long TimeNanos,
    LinkType LinkType,
    ushort Interface = 0,
    ushort StrippedVlan = 0)
{
    public ReadOnlySpan<byte> Bytes => new((void*)Data, CapturedLength);

    public byte* Pointer => (byte*)Data;
}
