using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace NetSniff.Protocols.Tls;

/// <summary>JA3 and JA3S: what a hello says, as decimal lists in the order they were sent, under MD5.</summary>
internal static class Ja3
{
    public const int HashSize = 32;

    /// <summary>A longer string has no JA3: it would be thousands of made-up numbers.</summary>
    public const int TextBytesMax = 8 * 1024;

    /// <summary>Version, ciphers, extensions, groups, point formats; GREASE left out.</summary>
    /// <returns>Length of the text; 0 when it does not fit.</returns>
    public static int Write(in ClientHello hello, Span<byte> target)
    {
        var digits = new Digits(target);
        digits.Decimal(hello.Version);
        digits.Character(',');
        Join(ref digits, hello.Ciphers);
        digits.Character(',');
        var extensions = new Extensions(hello.Extensions);
        var isFirst = true;
        while (extensions.MoveNext()) Join(ref digits, extensions.Type, ref isFirst);
        digits.Character(',');
        Join(ref digits, hello.Groups);
        digits.Character(',');
        isFirst = true;
        foreach (var format in hello.PointFormats)
        {
            if (!isFirst) digits.Character('-');
            isFirst = false;
            digits.Decimal(format);
        }

        return digits.IsCut ? 0 : digits.Written;
    }

    /// <summary>Version, the cipher chosen, extensions.</summary>
    public static int WriteServer(ushort version, ushort cipher, ReadOnlySpan<byte> block, Span<byte> target)
    {
        var digits = new Digits(target);
        digits.Decimal(version);
        digits.Character(',');
        digits.Decimal(cipher);
        digits.Character(',');
        var extensions = new Extensions(block);
        var isFirst = true;
        while (extensions.MoveNext())
        {
            if (!isFirst) digits.Character('-');
            isFirst = false;
            digits.Decimal(extensions.Type);
        }

        return digits.IsCut ? 0 : digits.Written;
    }

    /// <param name="target">Gets <see cref="HashSize"/> hex digits.</param>
    [SuppressMessage("Security", "CA5351", Justification = "JA3 is defined over MD5; it names, it does not protect")]
    public static void Hash(ReadOnlySpan<byte> text, Span<byte> target)
    {
        if (!DigestMemo.Md5.TryFind(text, out var hash)) MD5.HashData(text, hash);
        Digits.Hex(hash, target);
    }

    private static void Join(ref Digits digits, ReadOnlySpan<byte> numbers)
    {
        var isFirst = true;
        for (; numbers.Length >= 2; numbers = numbers[2..])
        {
            Join(ref digits, BinaryPrimitives.ReadUInt16BigEndian(numbers), ref isFirst);
        }
    }

    private static void Join(ref Digits digits, ushort value, ref bool isFirst)
    {
        if (TlsWire.IsGrease(value)) return;

        if (!isFirst) digits.Character('-');
        isFirst = false;
        digits.Decimal(value);
    }
}
