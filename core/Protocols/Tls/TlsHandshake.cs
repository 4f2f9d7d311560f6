using System.Diagnostics;
using System.Runtime.CompilerServices;
using NetSniff.Buffers;
using NetSniff.Records;

namespace NetSniff.Protocols.Tls;

/// <summary>What the visible messages of one handshake said, whatever carried them: TLS, DTLS or QUIC. Filled message
/// by message, read once for the record, then reset and used again.</summary>
internal sealed partial class TlsHandshake
{
    /// <summary>ALPN names kept, lengths included.</summary>
    public const int ProtocolsBytesMax = 4 * 1024;

    /// <summary>A host name is shorter (RFC 1035); what is longer is cut.</summary>
    public const int NameBytesMax = 1024;

    private readonly KeptBytes _bytes = new();
    private readonly KeptNumbers _numbers = new();
    private Kept _serverName;
    private Kept _protocolsOffered;
    private int _protocolsOfferedCount;
    private Kept _protocol;
    private Kept _ja3Text;
    private Kept _ja3;
    private Kept _ja4;
    private Kept _ja3ServerText;
    private Kept _ja3Server;
    private Kept _extensions;
    private Kept _groups;
    private Kept _keyShares;
    private Kept _versions;
    private Kept _sessionId;
    private Kept _transportParameters;

    public bool HasClientHello { get; private set; }

    public bool HasServerHello { get; private set; }

    /// <summary>The server asked for another ClientHello (RFC 8446 section 4.1.4).</summary>
    public bool IsRetried { get; private set; }

    public bool IsMalformed { get; set; }

    /// <summary>DTLS: the server had the client prove its address first (RFC 6347 section 4.2.1).</summary>
    public bool IsCookieAsked { get; set; }

    /// <summary>The hello that was read is the second: the server had asked for it before any was seen.</summary>
    public bool IsFirstHelloLost { get; private set; }

    /// <summary>The client answered a retry that was not seen.</summary>
    public bool IsRetryLost { get; private set; }

    /// <summary>Of a second hello, too, something is to be learnt: whether there was a retry nobody saw.</summary>
    public bool WantsClientHello => !HasClientHello || !(HasAnswer || IsRetried || IsRetryLost);

    public ushort ClientVersion { get; private set; }

    /// <summary>What the server chose.</summary>
    public ushort Version { get; private set; }

    public ushort Cipher { get; private set; }

    public bool IsEncryptedHelloSeen { get; private set; }

    public bool OffersPreSharedKey { get; private set; }

    public bool OffersEarlyData { get; private set; }

    public bool HasTicket { get; set; }

    public bool HasClientCertificate { get; set; }

    public bool HasAlert { get; private set; }

    public byte AlertLevel { get; private set; }

    public byte AlertCode { get; private set; }

    public bool IsAlertFromServer { get; private set; }

    /// <summary>TLS 1.3, one of its drafts, or DTLS 1.3. Versions of DTLS before it are greater numbers too.</summary>
    public bool IsTls13 => HasServerHello && Version is (>= 0x0304 and < 0xfe00) or 0xfefc;

    public ReadOnlySpan<byte> ServerName => _bytes[_serverName];

    public TextList ProtocolsOffered => new(_bytes[_protocolsOffered], _protocolsOfferedCount);

    /// <summary>The extension that QUIC adds to a ClientHello.</summary>
    public ReadOnlySpan<byte> TransportParameters => _bytes[_transportParameters];

    public ReadOnlySpan<byte> Ja3Hash => _bytes[_ja3];

    public ReadOnlySpan<byte> Ja3Text => _bytes[_ja3Text];

    public ReadOnlySpan<byte> Ja3ServerHash => _bytes[_ja3Server];

    public ReadOnlySpan<byte> Ja3ServerText => _bytes[_ja3ServerText];

    public ReadOnlySpan<byte> Ja4Text => _bytes[_ja4];

    public ReadOnlySpan<ulong> Groups => _numbers[_groups];

    public ReadOnlySpan<ulong> KeyShares => _numbers[_keyShares];

    public ReadOnlySpan<ulong> ExtensionTypes => _numbers[_extensions];

    /// <summary>Takes a whole ClientHello, or as much of one as is left. The first counts; later ones (after a retry or
    /// a cookie) repeat it.</summary>
    /// <param name="isRepeat">The first was not seen. What fingerprints are made of may have changed since.</param>
    public void ReadClientHello(ReadOnlySpan<byte> body, TlsCarrier carrier, bool isRepeat = false)
    {
        if (HasClientHello)
        {
            NoteSecondHello(body, carrier);
            return;
        }

        if (!ClientHello.TryRead(body, carrier, out var hello))
        {
            IsMalformed = true;
            return;
        }

        HasClientHello = true;
        IsMalformed |= hello.IsCut;
        ClientVersion = hello.Version;
        IsEncryptedHelloSeen = hello.IsEncryptedHelloSeen;
        OffersPreSharedKey = hello.OffersPreSharedKey;
        OffersEarlyData = hello.OffersEarlyData;
        _serverName = _bytes.Keep(Shortened(hello.ServerName));
        _sessionId = _bytes.Keep(hello.SessionId);
        if (carrier == TlsCarrier.Quic) _transportParameters = _bytes.Keep(hello.TransportParameters);
        KeepProtocols(hello.Protocols);
        // The answer to a retry is not what the client says of itself: a cookie and other key shares are in it.
        var hasCookie = HasCookie(hello.Extensions);
        // Messages of DTLS are numbered: the first stays the first even if the capture shows the answer before it.
        var isAnswer = carrier != TlsCarrier.Datagram && (IsRetried || IsCookieAsked);
        IsFirstHelloLost = isRepeat || isAnswer || hasCookie;
        IsRetryLost = hasCookie && !IsRetried;
        if (!IsFirstHelloLost) KeepFingerprints(in hello, carrier);
        _versions = _numbers.Keep(hello.Versions);
        _groups = _numbers.Keep(hello.Groups);
        KeepExtensions(hello.Extensions);
        KeepShares(hello.KeyShares);
    }

    /// <summary>A cookie (RFC 8446 section 4.2.2) that nobody was seen to ask for: the retry was lost, and with it what
    /// the server is known by.</summary>
    private void NoteSecondHello(ReadOnlySpan<byte> body, TlsCarrier carrier)
    {
        if (!WantsClientHello || !ClientHello.TryRead(body, carrier, out var hello)) return;

        IsRetryLost = HasCookie(hello.Extensions);
    }

    private static bool HasCookie(ReadOnlySpan<byte> extensions)
    {
        var reader = new ByteReader(extensions);
        var isThere = false;
        while (reader.Remaining >= 4)
        {
            isThere |= reader.ReadUInt16() == ExtensionType.Cookie;
            reader.Skip(reader.ReadUInt16());
        }

        return isThere;
    }

    /// <summary>A hello in the form of SSL 2.0 (RFC 5246 appendix E.2): versions and nothing to fingerprint.</summary>
    public void ReadOldClientHello(ushort version)
    {
        if (HasClientHello) return;

        HasClientHello = true;
        ClientVersion = version;
    }

    /// <summary>A server that answers in SSL 2.0 itself.</summary>
    public void ReadOldServerHello() => (HasServerHello, Version) = (true, 0x0002);

    /// <summary>The first alert counts; those after it are its echo.</summary>
    public void ReadAlert(byte level, byte code, Direction direction)
    {
        if (HasAlert) return;

        (HasAlert, AlertLevel, AlertCode) = (true, level, code);
        IsAlertFromServer = direction == Direction.ToClient;
    }

    public void Reset()
    {
        _bytes.Reset();
        _numbers.Reset();
        _serverName = _protocolsOffered = _protocol = _ja3Text = _ja3 = _ja4 = _ja3ServerText = _ja3Server = default;
        _extensions = _groups = _keyShares = _versions = _sessionId = _transportParameters = default;
        _protocolsOfferedCount = 0;
        HasClientHello = HasServerHello = IsRetried = IsMalformed = IsEncryptedHelloSeen = false;
        OffersPreSharedKey = OffersEarlyData = HasTicket = HasClientCertificate = HasAlert = IsAlertFromServer = false;
        IsCookieAsked = IsFirstHelloLost = IsRetryLost = false;
        ClientVersion = Version = Cipher = 0;
        AlertLevel = AlertCode = 0;
        ResetServer();
        ResetCertificate();
    }

    private static ReadOnlySpan<byte> Shortened(ReadOnlySpan<byte> name) => name[..Math.Min(name.Length, NameBytesMax)];

    [SkipLocalsInit]
    private void KeepFingerprints(in ClientHello hello, TlsCarrier carrier)
    {
        Span<byte> hex = stackalloc byte[Ja3.HashSize];
        var length = Ja3.Write(in hello, _bytes.Room(Ja3.TextBytesMax));
        _ja3Text = _bytes.Take(length);
        if (length > 0)
        {
            Ja3.Hash(_bytes[_ja3Text], hex);
            _ja3 = _bytes.Keep(hex);
        }

        Span<byte> ja4 = stackalloc byte[Ja4.Size];
        if (Ja4.TryWrite(in hello, carrier, ja4)) _ja4 = _bytes.Keep(ja4);
    }

    private void KeepProtocols(ReadOnlySpan<byte> protocols)
    {
        var list = new TextListBuilder(_bytes.Room(ProtocolsBytesMax));
        var reader = new ByteReader(protocols);
        while (reader.Remaining > 0)
        {
            var length = (int)reader.ReadByte();
            list.Add(reader.Take(Math.Min(length, reader.Remaining)));
        }

        if (list.IsCut) _bytes.MarkCut();
        _protocolsOfferedCount = list.Count;
        _protocolsOffered = _bytes.Take(list.List.Packed.Length);
    }

    private void KeepExtensions(ReadOnlySpan<byte> block)
    {
        var begin = _numbers.Begin();
        var extensions = new Extensions(block);
        while (extensions.MoveNext()) _numbers.Add(extensions.Type);
        _extensions = _numbers.Since(begin);
    }

    private void KeepShares(ReadOnlySpan<byte> shares)
    {
        var begin = _numbers.Begin();
        var reader = new ByteReader(shares);
        // A share that runs past the end is named and ends the list.
        while (reader.Remaining >= 4 && !reader.RanShort)
        {
            _numbers.Add(reader.ReadUInt16());
            reader.Skip(reader.ReadUInt16());
        }

        _keyShares = _numbers.Since(begin);
        Debug.Assert(KeptNumbers.CountMax <= ushort.MaxValue);
    }
}
