using System.Buffers.Binary;

namespace NetSniff.Protocols.Quic;

/// <summary>The client's hello of Google's own handshake, before TLS took its place: `CHLO`, a table of tags with where
/// each value ends, the values.</summary>
internal sealed class GoogleHello
{
    public const int TagsMax = 128;
    public const int ValueBytesMax = 256;

    /// <summary>How far into the frames the hello is looked for: hash, frame header, a ping or two.</summary>
    public const int LookBytesMax = 64;

    private const int HeadSize = 8, EntrySize = 8;

    private readonly byte[] _serverName = new byte[ValueBytesMax];
    private readonly byte[] _userAgent = new byte[ValueBytesMax];
    private int _serverNameLength;
    private int _userAgentLength;

    public bool IsRead { get; private set; }

    public ReadOnlySpan<byte> ServerName => _serverName.AsSpan(0, _serverNameLength);

    public ReadOnlySpan<byte> UserAgent => _userAgent.AsSpan(0, _userAgentLength);

    /// <summary>Takes the first hello that begins in these frames, as far as it is there.</summary>
    public void Read(ReadOnlySpan<byte> frames)
    {
        if (IsRead) return;

        var start = frames[..Math.Min(frames.Length, LookBytesMax)].IndexOf("CHLO"u8);
        if (start < 0 || frames.Length - start < HeadSize) return;

        IsRead = true;
        var hello = frames[start..];
        var count = BinaryPrimitives.ReadUInt16LittleEndian(hello[4..]);
        var values = HeadSize + EntrySize * count;
        if (count > TagsMax || values > hello.Length) return;

        uint begin = 0;
        for (var index = 0; index < count; index++)
        {
            var entry = hello[(HeadSize + EntrySize * index)..];
            var end = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
            if (end < begin || end > hello.Length - values) return;

            var value = hello[(values + (int)begin)..(values + (int)end)];
            if (entry.StartsWith("SNI\0"u8)) _serverNameLength = Keep(value, _serverName);
            else if (entry.StartsWith("UAID"u8)) _userAgentLength = Keep(value, _userAgent);
            begin = end;
        }
    }

    public void Reset() => (IsRead, _serverNameLength, _userAgentLength) = (false, 0, 0);

    private static int Keep(ReadOnlySpan<byte> value, byte[] target)
    {
        value = value[..Math.Min(value.Length, target.Length)];
        value.CopyTo(target);
        return value.Length;
    }
}
