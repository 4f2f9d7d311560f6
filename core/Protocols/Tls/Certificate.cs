namespace NetSniff.Protocols.Tls;

/// <summary>An X.509 certificate taken apart where it lies (RFC 5280 section 4.1): names, serial, dates, alternative
/// names. No signature is checked; a sniffer reports what was said.</summary>
internal ref struct Certificate
{
    /// <summary>The octets of the integer as sent, leading zero kept.</summary>
    public ReadOnlySpan<byte> Serial;
    public ReadOnlySpan<byte> Issuer;
    public ReadOnlySpan<byte> Subject;

    /// <summary>GeneralNames, each an element.</summary>
    public ReadOnlySpan<byte> AlternativeNames;
    public long NotBeforeNanos;
    public long NotAfterNanos;
    public bool HasDates;

    private const byte VersionTag = 0xa0, ExtensionsTag = 0xa3;

    // 2.5.29.17
    private static ReadOnlySpan<byte> AlternativeNamesId => [0x55, 0x1d, 0x11];

    public static bool TryRead(ReadOnlySpan<byte> der, out Certificate certificate)
    {
        certificate = default;
        var outer = new DerReader(der);
        var inner = new DerReader(outer.Read(DerReader.Sequence));
        var fields = new DerReader(inner.Read(DerReader.Sequence));
        fields.SkipOptional(VersionTag);
        certificate.Serial = fields.Read(DerReader.Integer);
        fields.Read(DerReader.Sequence); // signature algorithm
        certificate.Issuer = fields.Read(DerReader.Sequence);
        certificate.ReadValidity(fields.Read(DerReader.Sequence));
        certificate.Subject = fields.Read(DerReader.Sequence);
        fields.Read(DerReader.Sequence); // public key
        while (fields.TryRead(out var tag, out var content))
        {
            if (tag == ExtensionsTag) certificate.ReadExtensions(content);
        }

        return !certificate.Serial.IsEmpty;
    }

    private void ReadValidity(ReadOnlySpan<byte> validity)
    {
        var reader = new DerReader(validity);
        var hasBefore = reader.TryRead(out var tag, out var content);
        hasBefore = DerTime.TryRead(tag, content, out NotBeforeNanos) && hasBefore;
        var hasAfter = reader.TryRead(out tag, out content);
        HasDates = DerTime.TryRead(tag, content, out NotAfterNanos) && hasAfter && hasBefore;
    }

    private void ReadExtensions(ReadOnlySpan<byte> content)
    {
        var wrapper = new DerReader(content);
        var extensions = new DerReader(wrapper.Read(DerReader.Sequence));
        while (extensions.TryRead(out _, out var extension))
        {
            var fields = new DerReader(extension);
            if (!fields.Read(DerReader.ObjectId).SequenceEqual(AlternativeNamesId)) continue;

            fields.SkipOptional(DerReader.Boolean); // critical
            var value = new DerReader(fields.Read(DerReader.OctetString));
            AlternativeNames = value.Read(DerReader.Sequence);
            return;
        }
    }
}
