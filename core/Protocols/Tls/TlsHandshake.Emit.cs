using NetSniff.Records;

namespace NetSniff.Protocols.Tls;

/// <summary>Moments of a handshake; zero where it never came so far.</summary>
internal struct HandshakeTimes
{
    /// <summary>First byte of the first hello seen.</summary>
    public long StartNanos;
    public long ClientHelloNanos;
    public long AnswerNanos;
    public long EncryptedNanos;
}

/// <content>The record.</content>
internal sealed partial class TlsHandshake
{
    /// <summary>Writes the record of what was seen; without any hello there is none.</summary>
    public void Emit(RecordSink records, in HandshakeTimes times, RecordTraits traits)
    {
        if (!HasClientHello && !HasAnswer) return;

        if (IsMalformed) traits |= RecordTraits.Malformed;
        if (!HasClientHello || !HasServerHello || IsFirstHelloLost || IsRetryLost) traits |= RecordTraits.Partial;
        if (_bytes.IsCut || _numbers.IsCut) traits |= RecordTraits.Partial;
        var record = new TlsRecord
        {
            ServerName = ServerName,
            Version = Version,
            Cipher = Cipher,
            HasAnswer = HasAnswer,
            ProtocolsOffered = ProtocolsOffered,
            Protocol = _bytes[_protocol],
            Ja3 = Ja3Hash,
            Ja3Text = Ja3Text,
            Ja3Server = IsRetryLost ? default : Ja3ServerHash,
            Ja3ServerText = IsRetryLost ? default : Ja3ServerText,
            Ja4 = Ja4Text,
            HasClientHello = HasClientHello,
            ClientVersion = ClientVersion,
            Versions = _numbers[_versions],
            Extensions = ExtensionTypes,
            Groups = Groups,
            KeyShares = KeyShares,
            Subject = _bytes[_subject],
            Issuer = _bytes[_issuer],
            Serial = _bytes[_serial],
            NotBeforeNanos = _notBeforeNanos,
            NotAfterNanos = _notAfterNanos,
            HasDates = HasLeaf && _hasDates,
            AlternativeNames = new TextList(_bytes[_alternativeNames], _alternativeNamesCount),
            Fingerprint = HasLeaf ? _fingerprint : default,
            CertificatesCount = CertificatesCount,
            IsResumed = IsResumed,
            IsRetried = IsRetried,
            IsCookieAsked = IsCookieAsked,
            HasTicket = HasTicket,
            OffersPreSharedKey = OffersPreSharedKey,
            OffersEarlyData = OffersEarlyData,
            IsEncryptedHelloSeen = IsEncryptedHelloSeen,
            HasClientCertificate = HasClientCertificate,
            AlertLevel = AlertLevel,
            AlertCode = AlertCode,
            HasAlert = HasAlert,
            IsAlertFromServer = IsAlertFromServer,
            LatencyNanos = times.AnswerNanos - times.ClientHelloNanos,
            HasLatency = times.ClientHelloNanos != 0 && times.AnswerNanos >= times.ClientHelloNanos,
            DurationNanos = times.EncryptedNanos - times.StartNanos,
            HasDuration = times.EncryptedNanos != 0 && HasClientHello,
        };
        records.Emit(in record, times.StartNanos, traits);
    }
}
