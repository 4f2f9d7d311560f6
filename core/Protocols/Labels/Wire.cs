using System.Buffers.Binary;

namespace NetSniff.Protocols.Labels;

/// <summary>Numbers at fixed places, which never throw.</summary>
internal static class Wire
{
    /// <summary>What is not there reads as this: below every number on a wire, and still so with a header's size added.
    /// </summary>
    public const int Missing = -(1 << 30);

    public static int U8(ReadOnlySpan<byte> bytes, int at) => (uint)at < (uint)bytes.Length ? bytes[at] : Missing;

    public static int U16(ReadOnlySpan<byte> bytes, int at) =>
        (uint)at + 2 <= (uint)bytes.Length ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : Missing;

    public static int U24(ReadOnlySpan<byte> bytes, int at) =>
        (uint)at + 3 <= (uint)bytes.Length ? (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2] : Missing;

    public static long U32(ReadOnlySpan<byte> bytes, int at) =>
        (uint)at + 4 <= (uint)bytes.Length ? BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]) : Missing;

    public static int U16Little(ReadOnlySpan<byte> bytes, int at) =>
        (uint)at + 2 <= (uint)bytes.Length ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) : Missing;

    public static long U32Little(ReadOnlySpan<byte> bytes, int at) =>
        (uint)at + 4 <= (uint)bytes.Length ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) : Missing;

    public static bool Has(ReadOnlySpan<byte> bytes, int at, ReadOnlySpan<byte> wanted) =>
        (uint)at + (uint)wanted.Length <= (uint)bytes.Length && bytes.Slice(at, wanted.Length).SequenceEqual(wanted);

    public static bool IsZero(ReadOnlySpan<byte> bytes, int at, int count) =>
        at + count <= bytes.Length && !bytes.Slice(at, count).ContainsAnyExcept((byte)0);

    /// <summary>Reads the header of a BER element (X.690 section 8.1): where its contents begin and how long they say
    /// they are.</summary>
    /// <returns>Whether tag and length are there; indefinite lengths and very long ones are nobody's.</returns>
    public static bool TryBer(ReadOnlySpan<byte> bytes, int at, int tag, out int contents, out int length)
    {
        (contents, length) = (at + 2, U8(bytes, at + 1));
        if (U8(bytes, at) != tag || length < 0) return false;
        if (length < 0x80) return true;

        var count = length & 0x7F;
        if (count is 0 or > 4 || at + 2 + count > bytes.Length) return false;
        long value = 0;
        for (var index = 0; index < count; index++) value = (value << 8) | bytes[at + 2 + index];
        if (value > MessageBytesMax) return false;

        (contents, length) = (at + 2 + count, (int)value);
        return true;
    }

    /// <summary>Longer messages are not believed.</summary>
    public const int MessageBytesMax = 1 << 26;
}
