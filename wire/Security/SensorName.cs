using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NetSniff.Wire.Security;

/// <summary>Binds what a sensor sends to its certificate: one that names a sensor speaks for the spools of that sensor
/// and for no other.</summary>
/// <remarks>A spool's id is random, so that no two spools ever name the same batch. Its first half is a hash of the
/// sensor's name where the certificate has one, the rest stays random. So every worker can tell whose an id is without
/// having seen it before, and a sensor that is made anew may begin a new spool. Names are given by the authority; to
/// find one whose hash is another's takes 2^64 tries and the authority's consent.</remarks>
public static class SensorName
{
    /// <summary>A uniform resource identifier among the certificate's alternative names.</summary>
    public const string UriPrefix = "urn:netsniff:sensor:";

    private const string NamesOid = "2.5.29.17";
    private const int PrefixBytes = 8;

    private static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6); // RFC 5280 section 4.2.1.6

    /// <summary>The sensors that the certificate names; empty for one that speaks for any.</summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        List<string> names = [];
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == NamesOid) Read(extension.RawData, names);
        }

        return names;
    }

    /// <summary>How ids of the sensor's spools begin.</summary>
    public static string IdPrefix(string name) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(UriPrefix + name)).AsSpan(0, PrefixBytes));

    /// <summary>Whether whoever shows the certificate may speak for the spool.</summary>
    /// <param name="certificate">Null where no security is asked for.</param>
    public static bool MaySend(X509Certificate2? certificate, string spoolId)
    {
        ArgumentNullException.ThrowIfNull(spoolId);
        if (certificate is null) return true;

        var names = Of(certificate);
        return names.Count == 0
            || names.Any(name => spoolId.StartsWith(IdPrefix(name), StringComparison.Ordinal));
    }

    private static void Read(byte[] extension, List<string> names)
    {
        var all = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (all.HasData)
        {
            if (!all.PeekTag().HasSameClassAndValue(s_uri))
            {
                all.ReadEncodedValue();
                continue;
            }

            var uri = all.ReadCharacterString(UniversalTagNumber.IA5String, s_uri);
            if (uri.StartsWith(UriPrefix, StringComparison.Ordinal)) names.Add(uri[UriPrefix.Length..]);
        }
    }
}
