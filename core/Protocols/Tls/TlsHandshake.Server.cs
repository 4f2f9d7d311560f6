using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetSniff.Buffers;

namespace NetSniff.Protocols.Tls;

/// <content>What the server answered.</content>
internal sealed partial class TlsHandshake
{
    private bool _hasServerVersion;
    private bool _isSessionEchoed;
    private bool _isPreSharedKeyChosen;

    /// <summary>SHA-256 of "HelloRetryRequest", the random that makes a ServerHello one (RFC 8446 section 4.1.3).
    /// </summary>
    private static ReadOnlySpan<byte> RetryRandom =>
    [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ];

    /// <summary>Version and cipher are known, from a ServerHello or at least from a retry.</summary>
    public bool HasAnswer => HasServerHello || _hasServerVersion;

    /// <summary>An old session goes on: the pre-shared key was taken, or, before TLS 1.3, the client's session id came
    /// back (RFC 5246 section 7.3) and no certificate followed.</summary>
    public bool IsResumed => HasServerHello
        && (IsTls13 ? _isPreSharedKeyChosen : _isSessionEchoed && CertificatesCount == 0);

    /// <summary>Takes a ServerHello, or the HelloRetryRequest in its clothes. The real one overrules the retry.
    /// </summary>
    /// <param name="isRepeat">What came before was not seen, and may have been a retry.</param>
    public void ReadServerHello(ReadOnlySpan<byte> body, bool isRepeat = false)
    {
        if (HasServerHello) return;

        var reader = new ByteReader(body);
        var version = reader.ReadUInt16();
        var random = reader.Take(TlsWire.RandomSize);
        var isShort = IsShortDraft(version, body);
        var session = isShort ? default : reader.Take(reader.ReadByte());
        var cipher = reader.ReadUInt16();
        if (!isShort) reader.Skip(1); // compression method
        if (reader.RanShort)
        {
            IsMalformed = true;
            return;
        }

        if (random.SequenceEqual(RetryRandom)) IsRetried = true;
        else HasServerHello = true;
        _hasServerVersion = true;
        Cipher = cipher;
        Version = version;
        _isSessionEchoed = session.Length > 0 && session.SequenceEqual(_bytes[_sessionId]);
        ReadServerExtensions(version, ref reader, isRepeat);
    }

    /// <summary>The HelloRetryRequest of drafts up to 21, a message of its own: version, cipher (from draft 19 on),
    /// extensions.</summary>
    public void MarkRetried() => IsRetried = true;

    private void ResetServer() => _hasServerVersion = _isSessionEchoed = _isPreSharedKeyChosen = false;

    // Drafts of TLS 1.3 up to 21 left session id and compression out of their ServerHello, and named themselves in its
    // version field. The lengths must bear it out.
    private static bool IsShortDraft(ushort version, ReadOnlySpan<byte> body)
    {
        const int FixedSize = 2 + TlsWire.RandomSize + 2;
        return version is >= 0x7f00 and <= 0x7f15 or 0x0304
            && body.Length >= FixedSize + 2
            && BinaryPrimitives.ReadUInt16BigEndian(body[FixedSize..]) == body.Length - FixedSize - 2;
    }

    [SkipLocalsInit]
    private void ReadServerExtensions(ushort legacyVersion, ref ByteReader reader, bool isRepeat)
    {
        var length = (int)reader.ReadUInt16();
        var block = reader.RanShort ? default : reader.Take(Math.Min(length, reader.Remaining));
        var extensions = new Extensions(block);
        while (extensions.MoveNext())
        {
            var body = extensions.Body;
            switch (extensions.Type)
            {
                case ExtensionType.SupportedVersions when body is [var high, var low]:
                    Version = (ushort)(high << 8 | low);
                    break;
                case ExtensionType.ApplicationProtocols:
                    _protocol = _bytes.Keep(Extensions.ShortVector(Extensions.LongVector(body)));
                    break;
                case ExtensionType.PreSharedKey:
                    _isPreSharedKeyChosen = true;
                    break;
            }
        }

        // After a retry the fingerprint stays that of the retry, a ServerHello by its type: every engine takes the
        // first.
        if (isRepeat || _ja3Server.Length > 0) return;

        var written = Ja3.WriteServer(legacyVersion, Cipher, block, _bytes.Room(Ja3.TextBytesMax));
        _ja3ServerText = _bytes.Take(written);
        if (written == 0) return;

        Span<byte> hex = stackalloc byte[Ja3.HashSize];
        Ja3.Hash(_bytes[_ja3ServerText], hex);
        _ja3Server = _bytes.Keep(hex);
    }
}
