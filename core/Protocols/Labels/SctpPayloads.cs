using System.Buffers.Binary;

namespace NetSniff.Protocols.Labels;

/// <summary>SCTP says itself what it carries: a number in every DATA chunk (RFC 9260 section 3.3.1, IANA's payload
/// protocol identifiers).</summary>
internal static class SctpPayloads
{
    private const int ChunksMax = 16;

    private static readonly ushort[] s_apps = Table(
        (1, "iua"), (2, "m2ua"), (3, "m3ua"), (4, "sua"), (5, "m2pa"), (7, "h248"), (18, "s1ap"), (20, "hnbap"),
        (24, "sbcap"), (25, "nbap"), (27, "x2ap"), (46, "diameter"), (47, "diameter"), (60, "ngap"), (61, "xnap"),
        (62, "f1ap"), (64, "e1ap"));

    /// <summary>IANA's list, with room to grow.</summary>
    private const int IdentifierMax = 128;

    public static ushort Recognise(ReadOnlySpan<byte> chunks)
    {
        const int HeaderSize = 4, DataSize = 16, Data = 0, InterleavedData = 64;
        for (var count = 0; count < ChunksMax && chunks.Length >= DataSize; count++)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(chunks[2..]);
            if (length < HeaderSize) return Apps.Unknown;
            if (chunks[0] is Data or InterleavedData)
            {
                // Interleaved pieces after the first have a number of their own in this place (RFC 8260 section 2.1).
                var at = chunks[0] == Data ? 12 : 16;
                var isFirst = (chunks[1] & 2) != 0;
                var identifier = Wire.U32(chunks, at);
                return isFirst && identifier is > 0 and < IdentifierMax ? s_apps[identifier] : Apps.Unknown;
            }

            var step = (length + 3) & ~3;
            if (step >= chunks.Length) return Apps.Unknown;
            chunks = chunks[step..];
        }

        return Apps.Unknown;
    }

    private static ushort[] Table(params (int Identifier, string Name)[] names)
    {
        var apps = new ushort[IdentifierMax];
        foreach (var (identifier, name) in names) apps[identifier] = Apps.Add(name);
        return apps;
    }
}
