using NetSniff.Buffers;

namespace NetSniff.Protocols.Quic;

/// <summary>What a hello's extension says about the connection to be (RFC 9000 section 18): numbers, lengths, values.
/// </summary>
internal static class TransportParameters
{
    /// <summary>Chrome's name of itself.</summary>
    public const ulong UserAgent = 0x3129;

    /// <summary>The value of the first parameter of a kind, or nothing.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> parameters, ulong wanted)
    {
        var reader = new ByteReader(parameters);
        while (reader.Remaining > 0 && !reader.RanShort)
        {
            var kind = QuicWire.ReadVarint(ref reader);
            var value = reader.Take(QuicWire.ReadLength(ref reader));
            if (kind == wanted) return value;
        }

        return default;
    }
}
