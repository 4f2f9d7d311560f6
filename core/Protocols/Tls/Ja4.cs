using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace NetSniff.Protocols.Tls;

/// <summary>JA4, the TLS client fingerprint: a readable head, then two short hashes over sorted lists, so that a client
/// that shuffles its extensions keeps its name.</summary>
/// <remarks>Head: carrier, version, whether a server name was sent, how many ciphers and extensions, and the ends of
/// the first ALPN name. GREASE counts nowhere.</remarks>
internal static class Ja4
{
    public const int Size = 36;

    /// <summary>A hello with more ciphers, extensions or signature algorithms than this has no JA4.</summary>
    public const int ListMax = 1024;

    private const int ShortHashSize = 12;

    /// <param name="target">Gets <see cref="Size"/> characters.</param>
    [SkipLocalsInit]
    public static bool TryWrite(in ClientHello hello, TlsCarrier carrier, Span<byte> target)
    {
        Span<ushort> list = stackalloc ushort[ListMax];
        if (hello.Ciphers.Length > 2 * ListMax || hello.SignatureAlgorithms.Length > 2 * ListMax) return false;

        var digits = new Digits(target);
        digits.Character((char)carrier);
        var version = Version(hello.VersionOffered);
        digits.Character((char)(version >> 8));
        digits.Character((char)(version & 0xff));
        digits.Character(hello.HasServerName ? 'd' : 'i');

        var ciphers = Collect(hello.Ciphers, list);
        list[..ciphers].Sort();
        Span<byte> cipherHash = stackalloc byte[ShortHashSize];
        HashOf(list[..ciphers], default, cipherHash);

        var counted = 0;
        var kept = 0;
        var extensions = new Extensions(hello.Extensions);
        while (extensions.MoveNext())
        {
            if (TlsWire.IsGrease(extensions.Type)) continue;

            counted++;
            if (extensions.Type is ExtensionType.ServerName or ExtensionType.ApplicationProtocols) continue;
            if (kept == ListMax) return false;
            list[kept++] = extensions.Type;
        }

        digits.TwoDigits(ciphers);
        digits.TwoDigits(counted);
        ProtocolEnds(ref digits, hello.Protocols);
        digits.Character('_');
        cipherHash.CopyTo(target[digits.Written..]);
        target[digits.Written + ShortHashSize] = (byte)'_';
        list[..kept].Sort();
        HashOf(list[..kept], hello.SignatureAlgorithms, target[(digits.Written + ShortHashSize + 1)..]);
        return true;
    }

    /// <summary>The two characters of a version; drafts and inventions are 00.</summary>
    private static ushort Version(ushort version) => version switch
    {
        0x0304 => 0x3133,
        0x0303 => 0x3132,
        0x0302 => 0x3131,
        0x0301 => 0x3130,
        0x0300 => 0x7333,
        0x0002 => 0x7332,
        0xfeff => 0x6431,
        0xfefd => 0x6432,
        0xfefc => 0x6433,
        _ => 0x3030,
    };

    /// <summary>First and last character of the first name; of its hex form when either is no letter or digit.
    /// </summary>
    private static void ProtocolEnds(ref Digits digits, ReadOnlySpan<byte> protocols)
    {
        if (protocols is not [var length, ..] || length == 0 || length >= protocols.Length)
        {
            digits.Character('0');
            digits.Character('0');
            return;
        }

        var (first, last) = (protocols[1], protocols[length]);
        if (char.IsAsciiLetterOrDigit((char)first) && char.IsAsciiLetterOrDigit((char)last))
        {
            digits.Character((char)first);
            digits.Character((char)last);
            return;
        }

        digits.Character(Digits.HexDigit(first >> 4));
        digits.Character(Digits.HexDigit(last & 15));
    }

    private static int Collect(ReadOnlySpan<byte> numbers, Span<ushort> list)
    {
        var count = 0;
        for (; numbers.Length >= 2; numbers = numbers[2..])
        {
            var value = BinaryPrimitives.ReadUInt16BigEndian(numbers);
            if (!TlsWire.IsGrease(value)) list[count++] = value;
        }

        return count;
    }

    /// <summary>Hex numbers joined by commas, then `_` and the signature algorithms as sent, if any: the first twelve
    /// hex digits of SHA-256. An empty list is all zeros.</summary>
    [SkipLocalsInit]
    private static void HashOf(ReadOnlySpan<ushort> list, ReadOnlySpan<byte> algorithms, Span<byte> target)
    {
        if (list.IsEmpty)
        {
            target[..ShortHashSize].Fill((byte)'0');
            return;
        }

        Span<byte> text = stackalloc byte[2 * 5 * ListMax];
        var digits = new Digits(text);
        for (var index = 0; index < list.Length; index++)
        {
            if (index > 0) digits.Character(',');
            digits.Hex(list[index]);
        }

        var separator = '_';
        for (; algorithms.Length >= 2; algorithms = algorithms[2..])
        {
            var algorithm = BinaryPrimitives.ReadUInt16BigEndian(algorithms);
            if (TlsWire.IsGrease(algorithm)) continue;

            digits.Character(separator);
            digits.Hex(algorithm);
            separator = ',';
        }

        if (!DigestMemo.Sha256.TryFind(text[..digits.Written], out var hash))
        {
            SHA256.HashData(text[..digits.Written], hash);
        }

        Digits.Hex(hash[..(ShortHashSize / 2)], target);
    }
}
