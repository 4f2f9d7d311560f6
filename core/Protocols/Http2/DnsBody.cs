namespace NetSniff.Protocols.Http2;

/// <summary>The body of a request or answer whose type says DNS message, kept until the exchange is told.</summary>
internal struct DnsBody()
{
    /// <summary>Bytes kept: what resolvers offer by EDNS, and as much as the table of a plain question's answer ever
    /// holds. A longer one is read as far as it was kept.</summary>
    public const int BytesMax = 4096;

    private byte[] _block = [];
    private int _used;

    /// <summary>The type was right: bytes are wanted.</summary>
    public bool IsWanted;

    /// <summary>Some of it was not captured: what was kept means nothing.</summary>
    public bool IsLost;

    public bool IsCut { get; private set; }

    public readonly ReadOnlySpan<byte> Message => IsLost ? default : _block.AsSpan(0, _used);

    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BytesMax - _used)
        {
            IsCut = true;
            bytes = bytes[..(BytesMax - _used)];
        }

        if (_used + bytes.Length > _block.Length) Grow(_used + bytes.Length);
        bytes.CopyTo(_block.AsSpan(_used));
        _used += bytes.Length;
    }

    public void Clear()
    {
        if (_block.Length > 0) Http2Pool.Current.Return(_block);
        this = new();
    }

    private void Grow(int bytes)
    {
        var block = Http2Pool.Current.Rent(bytes);
        _block.AsSpan(0, _used).CopyTo(block);
        Http2Pool.Current.Return(_block);
        _block = block;
    }
}
