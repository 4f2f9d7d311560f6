namespace NetSniff.Protocols.Tls;

/// <summary>Reads DER (X.690) element by element out of borrowed bytes: definite lengths, one-byte tags, which is all a
/// certificate uses.</summary>
internal ref struct DerReader(ReadOnlySpan<byte> bytes)
{
    public const byte Boolean = 0x01, Integer = 0x02, BitString = 0x03, OctetString = 0x04, ObjectId = 0x06,
        UtcTime = 0x17, GeneralizedTime = 0x18, Sequence = 0x30, Set = 0x31;

    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>The next element. False at the end, and from where the bytes stop making sense.</summary>
    public bool TryRead(out byte tag, out ReadOnlySpan<byte> content)
    {
        tag = 0;
        content = default;
        if (_rest.Length < 2) return Fail();

        tag = _rest[0];
        var length = (int)_rest[1];
        var header = 2;
        if (length >= 0x80)
        {
            var count = length & 0x7f;
            if (count is 0 or > 3 || _rest.Length < 2 + count) return Fail();

            length = 0;
            for (var index = 0; index < count; index++) length = length << 8 | _rest[2 + index];
            header += count;
        }

        if (length > _rest.Length - header) return Fail();

        content = _rest.Slice(header, length);
        _rest = _rest[(header + length)..];
        return true;
    }

    /// <summary>The content of the next element if it has this tag; otherwise nothing, and nothing more.</summary>
    public ReadOnlySpan<byte> Read(byte wanted)
    {
        if (TryRead(out var tag, out var content) && tag == wanted) return content;

        Fail();
        return default;
    }

    /// <summary>Steps over the next element if it has this tag.</summary>
    public void SkipOptional(byte tag)
    {
        if (_rest is [var next, ..] && next == tag) TryRead(out _, out _);
    }

    private bool Fail()
    {
        _rest = default;
        return false;
    }
}
