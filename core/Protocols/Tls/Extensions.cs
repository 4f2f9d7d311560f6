using NetSniff.Buffers;

namespace NetSniff.Protocols.Tls;

/// <summary>Walks the extensions of a hello. One whose length runs past the end still counts, with what is left of it:
/// its type was sent, and fingerprints are made of types.</summary>
internal ref struct Extensions(ReadOnlySpan<byte> block)
{
    private ByteReader _reader = new(block);

    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Body { get; private set; }

    /// <summary>The block ended inside an extension.</summary>
    public bool IsCut { get; private set; }

    public bool MoveNext()
    {
        if (_reader.Remaining < 4)
        {
            IsCut |= _reader.Remaining > 0;
            return false;
        }

        Type = _reader.ReadUInt16();
        var length = (int)_reader.ReadUInt16();
        IsCut |= length > _reader.Remaining;
        Body = _reader.Take(Math.Min(length, _reader.Remaining));
        return true;
    }

    /// <summary>The vector of an extension whose body is one, behind a length of two bytes.</summary>
    public static ReadOnlySpan<byte> LongVector(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body);
        var length = (int)reader.ReadUInt16();
        return reader.Take(Math.Min(length, reader.Remaining));
    }

    /// <summary>The vector of an extension whose body is one, behind a length of one byte.</summary>
    public static ReadOnlySpan<byte> ShortVector(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body);
        var length = (int)reader.ReadByte();
        return reader.Take(Math.Min(length, reader.Remaining));
    }
}
