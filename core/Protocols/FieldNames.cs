using System.Runtime.CompilerServices;
using NetSniff.Filters.Expression;
using NetSniff.Flows;
using NetSniff.Protocols.Quic;
using NetSniff.Records;

namespace NetSniff.Protocols;

/// <summary>Names that filters may write for the numbers of fields. The numbers stay what they were on the wire; this
/// is only how they are spelled. Adding some is adding a line.</summary>
public static class FieldNames
{
    private static readonly NameTable s_dnsTypes = new(
        ("A", 1), ("NS", 2), ("CNAME", 5), ("SOA", 6), ("NULL", 10), ("PTR", 12), ("HINFO", 13), ("MX", 15),
        ("TXT", 16), ("RP", 17), ("AAAA", 28), ("LOC", 29), ("SRV", 33), ("NAPTR", 35), ("CERT", 37), ("DNAME", 39),
        ("OPT", 41), ("DS", 43), ("SSHFP", 44), ("RRSIG", 46), ("NSEC", 47), ("DNSKEY", 48), ("NSEC3", 50),
        ("NSEC3PARAM", 51), ("TLSA", 52), ("SVCB", 64), ("HTTPS", 65), ("SPF", 99), ("TKEY", 249), ("TSIG", 250),
        ("IXFR", 251), ("AXFR", 252), ("ANY", 255), ("URI", 256), ("CAA", 257));

    private static readonly NameTable s_dnsCodes = new(
        ("NOERROR", 0), ("FORMERR", 1), ("SERVFAIL", 2), ("NXDOMAIN", 3), ("NOTIMP", 4), ("REFUSED", 5),
        ("YXDOMAIN", 6), ("YXRRSET", 7), ("NXRRSET", 8), ("NOTAUTH", 9), ("NOTZONE", 10), ("BADVERS", 16),
        ("BADCOOKIE", 23));

    // Version numbers as in the ClientHello (RFC 8446 section 4.2.1).
    private static readonly NameTable s_tlsVersions = new(
        ("ssl2", 0x0200), ("ssl3", 0x0300), ("tls1.0", 0x0301), ("tls1.1", 0x0302), ("tls1.2", 0x0303),
        ("tls1.3", 0x0304));

    // RFC 9000, RFC 9369, and the last draft that was widely spoken.
    private static readonly NameTable s_quicVersions = new(
        ("v1", QuicVersions.Version1), ("v2", QuicVersions.Version2), ("draft-29", 0xff00001d), ("Q043", 0x51303433),
        ("Q046", 0x51303436), ("Q050", 0x51303530));

    private static readonly NameTable s_tcpStates = new([.. Enum.GetValues<TcpState>()
        .Select(state => (Enum.GetName(state)!.ToLowerInvariant(), (ulong)state))]);

    private static readonly NameTable s_flowEnds = new([.. Enum.GetValues<FlowEnd>()
        .Select(end => (Enum.GetName(end)!.ToLowerInvariant(), (ulong)end))]);

    private static readonly NameTable s_severities = new([.. Enum.GetValues<Severity>()
        .Select(severity => (Enum.GetName(severity)!.ToLowerInvariant(), (ulong)severity))]);

    // RFC 9110 knows numbers; gRPC names its codes.
    private static readonly NameTable s_grpcCodes = new(
        ("OK", 0), ("CANCELLED", 1), ("UNKNOWN", 2), ("INVALID_ARGUMENT", 3), ("DEADLINE_EXCEEDED", 4),
        ("NOT_FOUND", 5), ("ALREADY_EXISTS", 6), ("PERMISSION_DENIED", 7), ("RESOURCE_EXHAUSTED", 8),
        ("FAILED_PRECONDITION", 9), ("ABORTED", 10), ("OUT_OF_RANGE", 11), ("UNIMPLEMENTED", 12), ("INTERNAL", 13),
        ("UNAVAILABLE", 14), ("DATA_LOSS", 15), ("UNAUTHENTICATED", 16));

    private static readonly NameTable s_ntpModes = new(
        ("symmetric-active", 1), ("symmetric-passive", 2), ("client", 3), ("server", 4), ("broadcast", 5),
        ("control", 6), ("private", 7));

    /// <summary>By field. A line for a field that no record has does no harm.</summary>
    public static IReadOnlyDictionary<string, NamedValues> ByField { get; } = new Dictionary<string, NamedValues>
    {
        ["app"] = new AppNames(),
        ["flow.end"] = s_flowEnds,
        ["flow.tcp.state"] = s_tcpStates,
        ["connection.end"] = s_flowEnds,
        ["connection.tcp.state"] = s_tcpStates,
        ["grpc.status"] = s_grpcCodes,
        ["dns.qtype"] = s_dnsTypes,
        ["dns.rcode"] = s_dnsCodes,
        ["ntp.mode"] = s_ntpModes,
        ["ntp_management.mode"] = s_ntpModes,
        ["tls.version"] = s_tlsVersions,
        ["finding.severity"] = s_severities,
        ["quic.version"] = s_quicVersions,
        ["quic.version_selected"] = s_quicVersions,
    };

    /// <summary>Filters stand before protocols in the order of the house and cannot name them, so these names are
    /// offered from here, before the first line of anybody's code in this assembly runs.</summary>
#pragma warning disable CA2255 // A registration that callers could forget would be names that filters do not know.
    [ModuleInitializer]
    internal static void Offer() => FieldCatalog.NameValues(static () =>
    {
        // Touched for its registrations: a filter may be read before any shard is made.
        _ = Protocols.Records.Count;
        return ByField;
    });
#pragma warning restore CA2255

    /// <summary>What flows speak. The list grows as programs meet names.</summary>
    private sealed class AppNames : NamedValues
    {
        // By number, not by enumerating: another thread may add a name meanwhile.
        public override IReadOnlyList<string> Names =>
            [.. Enumerable.Range(1, Apps.Names.Count - 1).Select(app => Apps.Name((ushort)app))];

        public override bool TryFind(string name, out ulong value)
        {
            for (var app = Apps.Names.Count - 1; app > Apps.Unknown; app--)
            {
                value = (ulong)app;
                if (Apps.Name((ushort)app).Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
            }

            value = 0;
            return false;
        }
    }
}
