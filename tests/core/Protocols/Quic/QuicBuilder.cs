using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace NetSniff.Tests.Protocols.Quic;

/// <summary>Makes protected QUIC packets with the library's own HKDF and AEAD, so that nothing of the code under test
/// vouches for itself.</summary>
internal static class QuicBuilder
{
    public const uint V1 = 1, V2 = 0x6b3343cf, Draft29 = 0xff00001d, Draft27 = 0xff00001b;

    public const int Initial = 0, EarlyData = 1, Handshake = 2, Retry = 3;

    public static readonly byte[] ClientId = Hex.Bytes("8394c8f03e515708");

    private static readonly byte[] s_saltV1 = Hex.Bytes("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");
    private static readonly byte[] s_saltV2 = Hex.Bytes("0dede3def700a6db819381be6e269dcbf9bd2ed9");
    private static readonly byte[] s_salt29 = Hex.Bytes("afbfec289993d24c9e9786f19c6111e04390a899");
    private static readonly byte[] s_salt27 = Hex.Bytes("c3eef712c72ebb5a11a7d2432bb46365bef9f502");

    public static byte[] Varint(ulong value) => value switch
    {
        < 1 << 6 => [(byte)value],
        < 1 << 14 => [(byte)(0x40 | value >> 8), (byte)value],
        _ => [(byte)(0x80 | value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value],
    };

    public static byte[] Crypto(int offset, params byte[] bytes) =>
        [6, .. Varint((ulong)offset), .. Varint((ulong)bytes.Length), .. bytes];

    public static byte[] Padded(byte[] frames, int size) => [.. frames, .. new byte[Math.Max(0, size - frames.Length)]];

    /// <summary>A protected Initial.</summary>
    /// <param name="keyId">The connection id that makes the keys.</param>
    public static byte[] Seal(
        byte[] frames, byte[] target, byte[]? source = null, uint version = V1, byte[]? keyId = null,
        bool fromServer = false, uint number = 0, byte[]? token = null, int numberLength = 4,
        bool isFixedBitSet = true)
    {
        var type = version == V2 ? 1 : 0;
        var numberBytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(numberBytes, number);
        numberBytes = numberBytes[(4 - numberLength)..];
        byte[] header =
        [
            (byte)((isFixedBitSet ? 0xc0 : 0x80) | type << 4 | numberLength - 1), .. Number(version),
            (byte)target.Length, .. target,
            (byte)(source?.Length ?? 0), .. source ?? [], .. Varint((ulong)(token?.Length ?? 0)), .. token ?? [],
            .. Varint((ulong)(numberLength + frames.Length + 16)), .. numberBytes,
        ];
        var (key, iv, hp) = Keys(version, keyId ?? target, fromServer);
        for (var index = 0; index < 4; index++) iv[11 - index] ^= (byte)(number >> (8 * index));
        var cipher = new byte[frames.Length];
        var tag = new byte[16];
        using (var gcm = new AesGcm(key, 16)) gcm.Encrypt(iv, frames, cipher, tag, header);
        byte[] packet = [.. header, .. cipher, .. tag];
        using var aes = Aes.Create();
        aes.Key = hp;
        var start = header.Length - numberLength;
        var mask = aes.EncryptEcb(packet.AsSpan(start + 4, 16), PaddingMode.None);
        packet[0] ^= (byte)(mask[0] & 15);
        for (var index = 0; index < numberLength; index++) packet[start + index] ^= mask[1 + index];
        return packet;
    }

    /// <summary>A long-header packet whose contents nobody can read.</summary>
    public static byte[] Opaque(int type, byte[] target, byte[] source, uint version = V1, int size = 60)
    {
        var shown = version == V2 ? type + 1 & 3 : type;
        byte[] header = [(byte)(0xc3 | shown << 4), .. Number(version), (byte)target.Length, .. target,
            (byte)source.Length, .. source];
        byte[] body = [.. Enumerable.Range(1, size).Select(value => (byte)(value * 37))];
        return type == Retry ? [.. header, .. body] : [.. header, .. Varint((ulong)size), .. body];
    }

    public static byte[] Negotiation(byte[] target, byte[] source, params uint[] versions) =>
    [
        0x80, 0, 0, 0, 0, (byte)target.Length, .. target, (byte)source.Length, .. source,
        .. versions.SelectMany(Number),
    ];

    public static byte[] Number(uint value) =>
        [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static (byte[] Key, byte[] Iv, byte[] Hp) Keys(uint version, byte[] id, bool fromServer)
    {
        var salt = version switch { V2 => s_saltV2, Draft29 => s_salt29, Draft27 => s_salt27, _ => s_saltV1 };
        var first = HKDF.Extract(HashAlgorithmName.SHA256, id, salt);
        var secret = Label(first, fromServer ? "server in" : "client in", 32);
        var prefix = version == V2 ? "quicv2 " : "quic ";
        return (Label(secret, prefix + "key", 16), Label(secret, prefix + "iv", 12), Label(secret, prefix + "hp", 16));
    }

    private static byte[] Label(byte[] secret, string label, int length)
    {
        var name = Encoding.ASCII.GetBytes("tls13 " + label);
        return HKDF.Expand(HashAlgorithmName.SHA256, secret, length,
            [(byte)(length >> 8), (byte)length, (byte)name.Length, .. name, 0]);
    }
}
