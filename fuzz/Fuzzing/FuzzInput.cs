using System.Buffers.Binary;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>What a target is fed: parts, each a few bytes that say what it is and then the payload. A flat target takes
/// the first part alone.</summary>
/// <remarks>On disk every part stands behind its length in 32 bits. Any bytes read as some input.</remarks>
internal sealed class FuzzInput(IEnumerable<byte[]> parts)
{
    public List<byte[]> Parts { get; } = [.. parts];

    public int Size => Parts.Sum(part => part.Length + 4);

    public static FuzzInput Flat(byte[] bytes) => new([bytes]);

    public FuzzInput Copy() => new(Parts.Select(part => (byte[])part.Clone()));

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        WriteTo(bytes);
        return bytes;
    }

    /// <returns>Bytes written; what does not fit is left out.</returns>
    public int WriteTo(Span<byte> target)
    {
        var position = 0;
        foreach (var part in Parts)
        {
            if (position + 4 + part.Length > target.Length) break;
            BinaryPrimitives.WriteInt32LittleEndian(target[position..], part.Length);
            part.CopyTo(target[(position + 4)..]);
            position += 4 + part.Length;
        }

        return position;
    }

    public static FuzzInput Parse(ReadOnlySpan<byte> bytes)
    {
        var parts = new List<byte[]>();
        while (bytes.Length >= 4)
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(bytes), (uint)(bytes.Length - 4));
            parts.Add(bytes.Slice(4, length).ToArray());
            bytes = bytes[(4 + length)..];
        }

        return new FuzzInput(parts);
    }
}
