using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace NetSniff.Protocols.Quic;

/// <summary>Opens the Initials of one connection attempt. Their keys follow from the version and from the connection id
/// that the client first addressed the server by, both sent in clear (RFC 9001 section 5).</summary>
/// <remarks>Used again for one connection after the other. An <see cref="AesGcm"/> takes no second key, so that is the
/// one object made per direction; the cipher of the header protection is kept.</remarks>
internal sealed class InitialKeys : IDisposable
{
    /// <summary>Longer Initials are not opened: no path carries them.</summary>
    public const int PacketBytesMax = 4096;

    private const int SecretSize = 32, KeySize = 16, NonceSize = 12, TagSize = 16, SampleSize = 16;

    [ThreadStatic]
    private static InitialKeys? t_probed;

    private readonly Aes _headerCipher = Aes.Create();
    private readonly byte[] _id = new byte[LongHeader.ConnectionIdBytesMax];
    private readonly byte[] _secret = new byte[SecretSize];
    private int _idLength;
    private uint _version;
    private Side _client;
    private Side _server;

    public bool HasKeys { get; private set; }

    /// <summary>They opened a packet of the client.</summary>
    public bool HasOpened { get; private set; }

    /// <summary>The connection id they follow from.</summary>
    public ReadOnlySpan<byte> Id => _id.AsSpan(0, _idLength);

    /// <summary>Probes are asked without state, and a shard is a thread: what a probe derived stands here until the
    /// parser it found comes for it.</summary>
    public static InitialKeys Probed => t_probed ??= new InitialKeys();

    /// <summary>Takes what the last probe derived instead of deriving it again.</summary>
    public static void TakeProbed(ref InitialKeys keys, uint version, ReadOnlySpan<byte> id)
    {
        if (t_probed is { } probed && probed.IsFor(version, id)) (keys, t_probed) = (probed, keys);
    }

    public bool IsFor(uint version, ReadOnlySpan<byte> id) =>
        HasKeys && version == _version && id.SequenceEqual(Id);

    /// <summary>Makes the keys of a version for the connection id at hand.</summary>
    /// <returns>False for a version without a salt.</returns>
    public bool TryDerive(uint version, ReadOnlySpan<byte> id)
    {
        var salt = QuicVersions.Salt(version);
        if (salt.IsEmpty || id.Length > _id.Length) return false;

        Forget();
        id.CopyTo(_id);
        (_idLength, _version, HasKeys) = (id.Length, version, true);
        HMACSHA256.HashData(salt, id, _secret); // HKDF-Extract
        return true;
    }

    /// <summary>Keys of another version for the same connection id: what compatible version negotiation goes on with
    /// (RFC 9369 section 4.1).</summary>
    public bool TryTurnTo(uint version)
    {
        if (!HasKeys || version == _version) return HasKeys;

        Span<byte> id = stackalloc byte[LongHeader.ConnectionIdBytesMax];
        _id.CopyTo(id);
        return TryDerive(version, id[.._idLength]);
    }

    /// <summary>Takes the protection off a packet.</summary>
    /// <param name="packet">From its first byte to its last.</param>
    /// <param name="plain">Of at least <see cref="PacketBytesMax"/> bytes; gets the frames.</param>
    /// <returns>How many bytes of frames; -1 when these are not its keys, or it was changed on the way.</returns>
    [SkipLocalsInit]
    public int Open(
        ReadOnlySpan<byte> packet, in LongHeader header, bool isFromServer, ref long largestNumber, Span<byte> plain)
    {
        if (!HasKeys || header.Version != _version || packet.Length > PacketBytesMax) return -1;

        ref var side = ref isFromServer ? ref _server : ref _client;
        if (side.Cipher is null) Derive(ref side, isFromServer);

        Span<byte> mask = stackalloc byte[SampleSize];
        _headerCipher.SetKey(side.Header);
        _headerCipher.EncryptEcb(packet.Slice(header.NumberOffset + 4, SampleSize), mask, PaddingMode.None);
        var first = (byte)(packet[0] ^ mask[0] & 0x0f);
        var numberLength = (first & 3) + 1;
        var headerLength = header.NumberOffset + numberLength;
        var length = packet.Length - headerLength - TagSize;
        if (length < 0) return -1;

        Span<byte> associated = stackalloc byte[PacketBytesMax];
        associated = associated[..headerLength];
        packet[..headerLength].CopyTo(associated);
        associated[0] = first;
        uint truncated = 0;
        for (var index = 0; index < numberLength; index++)
        {
            var octet = associated[header.NumberOffset + index] ^= mask[1 + index];
            truncated = truncated << 8 | octet;
        }

        var number = QuicWire.ExpandNumber(largestNumber, truncated, numberLength);
        Span<byte> nonce = stackalloc byte[NonceSize];
        side.Nonce.AsSpan().CopyTo(nonce);
        for (var index = 0; index < 8; index++) nonce[NonceSize - 1 - index] ^= (byte)(number >> (8 * index));
        if (!TryDecrypt(side.Cipher!, nonce, packet[headerLength..], plain[..length], associated)) return -1;

        HasOpened |= !isFromServer;
        largestNumber = Math.Max(largestNumber, number);
        return length;
    }

    /// <summary>Ready for the next connection.</summary>
    public void Forget()
    {
        _client.Cipher?.Dispose();
        _server.Cipher?.Dispose();
        _client.Cipher = _server.Cipher = null;
        HasKeys = HasOpened = false;
    }

    public void Dispose()
    {
        Forget();
        _headerCipher.Dispose();
    }

    /// <summary>Decrypts without Decrypt, which tells bad input by throwing: a stranger could have us throw for every
    /// datagram. GCM is a key stream (NIST SP 800-38D section 7.1), so that encrypting the ciphertext gives the plain
    /// text, and encrypting that gives the tag there should be.</summary>
    [SkipLocalsInit]
    private static bool TryDecrypt(
        AesGcm cipher, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> sealedBytes, Span<byte> plain,
        ReadOnlySpan<byte> associated)
    {
        Span<byte> tag = stackalloc byte[TagSize];
        Span<byte> again = stackalloc byte[PacketBytesMax];
        cipher.Encrypt(nonce, sealedBytes[..plain.Length], plain, tag);
        cipher.Encrypt(nonce, plain, again[..plain.Length], tag, associated);
        return tag.SequenceEqual(sealedBytes[plain.Length..]);
    }

    private void Derive(ref Side side, bool isFromServer)
    {
        var isVersion2 = QuicVersions.IsVersion2(_version);
        Span<byte> secret = stackalloc byte[SecretSize];
        Span<byte> key = stackalloc byte[KeySize];
        Expand(_secret, isFromServer ? "tls13 server in"u8 : "tls13 client in"u8, secret);
        Expand(secret, isVersion2 ? "tls13 quicv2 key"u8 : "tls13 quic key"u8, key);
        Expand(secret, isVersion2 ? "tls13 quicv2 iv"u8 : "tls13 quic iv"u8, side.Nonce ??= new byte[NonceSize]);
        Expand(secret, isVersion2 ? "tls13 quicv2 hp"u8 : "tls13 quic hp"u8, side.Header ??= new byte[KeySize]);
        side.Cipher = new AesGcm(key, TagSize);
    }

    /// <summary>HKDF-Expand-Label without context (RFC 8446 section 7.1). What is wanted fits one block, so that
    /// HKDF-Expand (RFC 5869) is a single HMAC over the label and the number one.</summary>
    private static void Expand(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, Span<byte> target)
    {
        Span<byte> text = stackalloc byte[32];
        text[0] = 0;
        text[1] = (byte)target.Length;
        text[2] = (byte)label.Length;
        label.CopyTo(text[3..]);
        text[3 + label.Length] = 0;
        text[4 + label.Length] = 1;
        Span<byte> block = stackalloc byte[SecretSize];
        HMACSHA256.HashData(secret, text[..(5 + label.Length)], block);
        block[..target.Length].CopyTo(target);
    }

    private struct Side
    {
        public AesGcm? Cipher;
        public byte[]? Nonce;
        public byte[]? Header;
    }
}
