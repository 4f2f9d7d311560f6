using System.Buffers.Binary;
using NetSniff.Buffers;

namespace NetSniff.Protocols.Tls;

/// <summary>A ClientHello taken apart where it lies (RFC 8446 section 4.1.2, RFC 6347 section 4.2.1): lists stay the
/// bytes of the wire, two to a number.</summary>
internal ref struct ClientHello
{
    public ushort Version;
    public ReadOnlySpan<byte> SessionId;
    public ReadOnlySpan<byte> Ciphers;
    public ReadOnlySpan<byte> Extensions;
    public ReadOnlySpan<byte> ServerName;

    /// <summary>ALPN: names behind a length of one byte each.</summary>
    public ReadOnlySpan<byte> Protocols;
    public ReadOnlySpan<byte> Groups;
    public ReadOnlySpan<byte> PointFormats;
    public ReadOnlySpan<byte> SignatureAlgorithms;
    public ReadOnlySpan<byte> Versions;
    public ReadOnlySpan<byte> KeyShares;

    /// <summary>What QUIC adds (RFC 9001 section 8.2).</summary>
    public ReadOnlySpan<byte> TransportParameters;
    public bool HasServerName;
    public bool OffersPreSharedKey;
    public bool OffersEarlyData;
    public bool IsEncryptedHelloSeen;
    public bool IsCut;

    /// <summary>The highest version on offer, GREASE apart: the list where there is one, else the field of old.
    /// </summary>
    public readonly ushort VersionOffered
    {
        get
        {
            ushort best = 0;
            for (var rest = Versions; rest.Length >= 2; rest = rest[2..])
            {
                var version = BinaryPrimitives.ReadUInt16BigEndian(rest);
                if (!TlsWire.IsGrease(version) && IsNewer(version, best)) best = version;
            }

            return best == 0 ? Version : best;
        }
    }

    /// <param name="body">Behind the message header.</param>
    /// <returns>False when it ends before the list of ciphers does.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, TlsCarrier carrier, out ClientHello hello)
    {
        hello = default;
        var reader = new ByteReader(body);
        hello.Version = reader.ReadUInt16();
        reader.Skip(TlsWire.RandomSize);
        hello.SessionId = reader.Take(reader.ReadByte());
        if (carrier == TlsCarrier.Datagram) reader.Skip(reader.ReadByte()); // cookie
        hello.Ciphers = reader.Take(reader.ReadUInt16());
        if (reader.RanShort) return false;

        reader.Skip(reader.ReadByte()); // compression methods
        if (reader.Remaining < 2)
        {
            // SSL 3.0 and early TLS end here; a hello that says less than that was cut.
            hello.IsCut = reader.RanShort;
            return true;
        }

        var length = (int)reader.ReadUInt16();
        hello.IsCut = length > reader.Remaining;
        hello.Extensions = reader.Take(Math.Min(length, reader.Remaining));
        hello.ReadExtensions();
        return true;
    }

    private void ReadExtensions()
    {
        var extensions = new Extensions(Extensions);
        while (extensions.MoveNext())
        {
            var body = extensions.Body;
            switch (extensions.Type)
            {
                case ExtensionType.ServerName:
                    HasServerName = true;
                    if (ServerName.IsEmpty) ServerName = HostName(body);
                    break;
                case ExtensionType.ApplicationProtocols: Protocols = Tls.Extensions.LongVector(body); break;
                case ExtensionType.SupportedGroups: Groups = Tls.Extensions.LongVector(body); break;
                case ExtensionType.PointFormats: PointFormats = Tls.Extensions.ShortVector(body); break;
                case ExtensionType.SignatureAlgorithms: SignatureAlgorithms = Tls.Extensions.LongVector(body); break;
                case ExtensionType.SupportedVersions: Versions = Tls.Extensions.ShortVector(body); break;
                case ExtensionType.KeyShare or ExtensionType.KeyShareDraft:
                    KeyShares = Tls.Extensions.LongVector(body);
                    break;
                case ExtensionType.TransportParameters or ExtensionType.TransportParametersDraft:
                    TransportParameters = body;
                    break;
                case ExtensionType.PreSharedKey: OffersPreSharedKey = true; break;
                case ExtensionType.EarlyData: OffersEarlyData = true; break;
                case ExtensionType.EncryptedHello or ExtensionType.EncryptedServerName:
                    IsEncryptedHelloSeen = true;
                    break;
            }
        }

        IsCut |= extensions.IsCut;
    }

    /// <summary>The first host name of the list (RFC 6066 section 3).</summary>
    private static ReadOnlySpan<byte> HostName(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(Tls.Extensions.LongVector(body));
        while (reader.Remaining >= 3)
        {
            var type = reader.ReadByte();
            var length = (int)reader.ReadUInt16();
            var name = reader.Take(Math.Min(length, reader.Remaining));
            if (type == 0) return name;
        }

        return default;
    }

    // DTLS counts down from feff.
    private static bool IsNewer(ushort version, ushort best) =>
        version >= 0xfe00 && best >= 0xfe00 ? version < best : version > best;
}
