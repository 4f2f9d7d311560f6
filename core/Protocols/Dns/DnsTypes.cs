using System.Globalization;
using System.Text;

namespace NetSniff.Protocols.Dns;

/// <summary>Record types by number (IANA, Domain Name System Parameters). An unknown one reads TYPE123 (RFC 3597).
/// </summary>
public static class DnsTypes
{
    public const ushort A = 1, Ns = 2, Cname = 5, Soa = 6, Mb = 7, Mg = 8, Mr = 9, Null = 10, Ptr = 12, Hinfo = 13,
        Minfo = 14, Mx = 15, Txt = 16, Rp = 17, Afsdb = 18, Aaaa = 28, Srv = 33, Naptr = 35, Kx = 36, Dname = 39,
        Opt = 41, Ds = 43, Sshfp = 44, Rrsig = 46, Nsec = 47, Dnskey = 48, Dhcid = 49, Nsec3 = 50, Nsec3Param = 51,
        Tlsa = 52, Smimea = 53, Cds = 59, CdnsKey = 60, Svcb = 64, Https = 65, Spf = 99, Ixfr = 251, Axfr = 252,
        Uri = 256, Caa = 257;

    private const string Names =
        "1:A 2:NS 3:MD 4:MF 5:CNAME 6:SOA 7:MB 8:MG 9:MR 10:NULL 11:WKS 12:PTR 13:HINFO 14:MINFO 15:MX 16:TXT 17:RP "
        + "18:AFSDB 19:X25 20:ISDN 21:RT 22:NSAP 23:NSAP-PTR 24:SIG 25:KEY 26:PX 27:GPOS 28:AAAA 29:LOC 30:NXT 31:EID "
        + "32:NIMLOC 33:SRV 34:ATMA 35:NAPTR 36:KX 37:CERT 38:A6 39:DNAME 40:SINK 41:OPT 42:APL 43:DS 44:SSHFP "
        + "45:IPSECKEY 46:RRSIG 47:NSEC 48:DNSKEY 49:DHCID 50:NSEC3 51:NSEC3PARAM 52:TLSA 53:SMIMEA 55:HIP 56:NINFO "
        + "57:RKEY 58:TALINK 59:CDS 60:CDNSKEY 61:OPENPGPKEY 62:CSYNC 63:ZONEMD 64:SVCB 65:HTTPS 66:DSYNC 99:SPF "
        + "100:UINFO 101:UID 102:GID 103:UNSPEC 104:NID 105:L32 106:L64 107:LP 108:EUI48 109:EUI64 249:TKEY 250:TSIG "
        + "251:IXFR 252:AXFR 253:MAILB 254:MAILA 255:ANY 256:URI 257:CAA 258:AVC 259:DOA 260:AMTRELAY 261:RESINFO "
        + "262:WALLET 32768:TA 32769:DLV";

    private const int DirectMax = 262;

    private static readonly byte[]?[] s_names = Build();

    private static readonly byte[][] s_rcodes =
    [
        .. ("NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI "
            + "12 13 14 15 BADVERS BADKEY BADTIME BADMODE BADNAME BADALG BADTRUNC BADCOOKIE")
            .Split(' ').Select(Encoding.ASCII.GetBytes),
    ];

    /// <summary>The type's mnemonic; empty for one without.</summary>
    public static ReadOnlySpan<byte> Name(ushort type) => type switch
    {
        <= DirectMax => s_names[type],
        32768 => "TA"u8,
        32769 => "DLV"u8,
        _ => default,
    };

    /// <summary>The response code's mnemonic (RFC 6895 section 2.3); empty for one without.</summary>
    public static ReadOnlySpan<byte> RcodeName(uint rcode) => rcode < s_rcodes.Length ? s_rcodes[rcode] : default;

    internal static void Write(ushort type, ref DnsText text)
    {
        var name = Name(type);
        if (name.IsEmpty)
        {
            text.Raw("TYPE"u8);
            text.Number(type);
            return;
        }

        text.Raw(name);
    }

    private static byte[]?[] Build()
    {
        var names = new byte[]?[DirectMax + 1];
        foreach (var pair in Names.Split(' '))
        {
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            var number = int.Parse(pair.AsSpan(0, colon), CultureInfo.InvariantCulture);
            if (number <= DirectMax) names[number] = Encoding.ASCII.GetBytes(pair[(colon + 1)..]);
        }

        return names;
    }
}
