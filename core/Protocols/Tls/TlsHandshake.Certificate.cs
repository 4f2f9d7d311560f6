using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Protocols.Tls;

/// <content>The server's certificates, which TLS up to 1.2 shows.</content>
internal sealed partial class TlsHandshake
{
    public const int AlternativeNamesBytesMax = 8 * 1024;

    // GeneralName choices (RFC 5280 section 4.2.1.6).
    private const byte MailTag = 0x81, DnsTag = 0x82, UriTag = 0x86, AddressTag = 0x87;

    private const int AddressTextBytesMax = 45;

    private readonly byte[] _fingerprint = new byte[SHA1.HashSizeInBytes];
    private Kept _subject;
    private Kept _issuer;
    private Kept _serial;
    private Kept _alternativeNames;
    private int _alternativeNamesCount;
    private long _notBeforeNanos;
    private long _notAfterNanos;
    private bool _hasDates;

    /// <summary>Certificates in the chain the server sent.</summary>
    public int CertificatesCount { get; private set; }

    private bool HasLeaf { get; set; }

    /// <summary>Takes the Certificate message (RFC 5246 section 7.4.2): the leaf is first. When the message was too
    /// long to hold, what there is of it.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "SHA-1 is the name certificates go by, nothing is protected")]
    public void ReadCertificates(ReadOnlySpan<byte> body)
    {
        if (CertificatesCount > 0) return;

        var reader = new ByteReader(body);
        reader.Skip(3); // length of the list
        while (reader.Remaining >= 3)
        {
            var der = reader.Take(reader.ReadUInt24());
            CertificatesCount++;
            if (reader.RanShort) break;
            if (CertificatesCount > 1 || !Certificate.TryRead(der, out var leaf)) continue;

            HasLeaf = true;
            SHA1.HashData(der, _fingerprint);
            _serial = _bytes.Keep(leaf.Serial[..Math.Min(leaf.Serial.Length, NameBytesMax)]);
            _subject = KeepName(leaf.Subject);
            _issuer = KeepName(leaf.Issuer);
            (_notBeforeNanos, _notAfterNanos, _hasDates) = (leaf.NotBeforeNanos, leaf.NotAfterNanos, leaf.HasDates);
            KeepAlternativeNames(leaf.AlternativeNames);
        }
    }

    private void ResetCertificate()
    {
        _subject = _issuer = _serial = _alternativeNames = default;
        _alternativeNamesCount = CertificatesCount = 0;
        _hasDates = HasLeaf = false;
        _notBeforeNanos = _notAfterNanos = 0;
    }

    private Kept KeepName(ReadOnlySpan<byte> name)
    {
        var written = DistinguishedName.Write(name, _bytes.Room(NameBytesMax), out var isCut);
        if (isCut) _bytes.MarkCut();
        return _bytes.Take(written);
    }

    [SkipLocalsInit]
    private void KeepAlternativeNames(ReadOnlySpan<byte> names)
    {
        Span<byte> text = stackalloc byte[AddressTextBytesMax];
        scoped var list = new TextListBuilder(_bytes.Room(Math.Min(AlternativeNamesBytesMax, 2 * names.Length + 2)));
        var reader = new DerReader(names);
        while (reader.TryRead(out var tag, out var name))
        {
            if (tag is MailTag or DnsTag or UriTag)
            {
                list.Add(name);
            }
            else if (tag == AddressTag && name.Length is 4 or 16)
            {
                list.Add(text[..Address.FromBytes(name).Format(text)]);
            }
        }

        if (list.IsCut) _bytes.MarkCut();
        _alternativeNamesCount = list.Count;
        _alternativeNames = _bytes.Take(list.List.Packed.Length);
    }
}
