using System.Security.Cryptography;

namespace NetSniff.Protocols.Tls;

/// <summary>Digests of the texts that fingerprints are made of: few programs make most of the handshakes, and a digest
/// costs more than all else that is done with a hello.</summary>
/// <remarks>Each text has one place, by a sum over it, and takes it from whoever is there: who sends ever new ones gets
/// each of them hashed, as without. One for each thread.</remarks>
internal sealed class DigestMemo
{
    private const int Places = 64;

    /// <summary>Longer texts are hashed each time.</summary>
    private const int TextBytesMax = 512;

    [ThreadStatic]
    private static DigestMemo? t_md5;

    [ThreadStatic]
    private static DigestMemo? t_sha256;

    private readonly int _digestBytes;
    private readonly byte[] _texts = new byte[Places * TextBytesMax];
    private readonly int[] _lengths = new int[Places];

    /// <summary>The last is for texts that are too long to be kept.</summary>
    private readonly byte[] _digests;

    private DigestMemo(int digestBytes)
    {
        _digestBytes = digestBytes;
        _digests = new byte[(Places + 1) * digestBytes];
        _lengths.AsSpan().Fill(-1);
    }

    public static DigestMemo Md5 => t_md5 ??= new DigestMemo(MD5.HashSizeInBytes);

    public static DigestMemo Sha256 => t_sha256 ??= new DigestMemo(SHA256.HashSizeInBytes);

    /// <summary>Whether the text's digest is known. Otherwise the caller writes it where it will be found.</summary>
    public bool TryFind(ReadOnlySpan<byte> text, out Span<byte> digest)
    {
        var isKept = text.Length <= TextBytesMax;
        var place = isKept ? PlaceOf(text) : Places;
        digest = _digests.AsSpan(place * _digestBytes, _digestBytes);
        if (!isKept) return false;

        var known = _texts.AsSpan(place * TextBytesMax, TextBytesMax);
        if (_lengths[place] == text.Length && known[..text.Length].SequenceEqual(text)) return true;

        text.CopyTo(known);
        _lengths[place] = text.Length;
        return false;
    }

    private static int PlaceOf(ReadOnlySpan<byte> text)
    {
        const int Multiplier = 31;
        const int Step = 3; // the texts are numbers of several digits, and differ in more than one of them
        var sum = (uint)text.Length;
        for (var at = 0; at < text.Length; at += Step) sum = sum * Multiplier + text[at];
        return (int)((sum ^ sum >> 12) % Places);
    }
}
