using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>One exchange: a question with its answer, or either alone.</summary>
/// <remarks>Client is who asked, whichever end of the flow that was: resolvers ask each other from port 53 to port 53,
/// and a multicast answer comes from the flow's only sender.</remarks>
public readonly ref struct DnsRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "dns",
        "One DNS question with its answer: DNS over UDP and TCP, mDNS, LLMNR.",
        "{dns.qtype_name} {dns.qname}  {dns.rcode_name}  {dns.answers.data~2}  {dns.latency~1}",
        "{dns.qtype_name} {dns.qname}  {dns.rcode_name}  {dns.latency~1}",
        "{dns.qtype_name} {dns.qname}  {dns.rcode_name}",
        "{dns.qtype_name} {dns.qname}  (no answer)",
        "(no question)  {dns.rcode_name}  {dns.answers.data}",
        "(no question)  {dns.rcode_name}",
        "{dns.problem}");

    public ushort Id { get; init; }
    public uint Opcode { get; init; }
    public bool HasQuery { get; init; }
    public bool HasResponse { get; init; }
    public uint Rcode { get; init; }
    public bool IsAuthoritative { get; init; }
    public bool IsTruncated { get; init; }
    public bool IsRecursionDesired { get; init; }
    public bool IsRecursionAvailable { get; init; }
    public bool IsAuthentic { get; init; }
    public bool IsCheckingDisabled { get; init; }
    public ushort Flags { get; init; }
    public ushort QueryFlags { get; init; }
    public ReadOnlySpan<byte> QueryName { get; init; }
    public ushort QueryType { get; init; }
    public bool HasQuestion { get; init; }
    public ReadOnlySpan<byte> QueryTypeName { get; init; }
    public ushort QueryClass { get; init; }

    /// <summary>Only where there is more than one question.</summary>
    public TextList QuestionNames { get; init; }
    public ReadOnlySpan<ulong> QuestionTypes { get; init; }
    public ushort QuestionCount { get; init; }
    public ushort AnswerCount { get; init; }
    public ushort AuthorityCount { get; init; }
    public ushort AdditionalCount { get; init; }
    public TextList AnswerNames { get; init; }
    public ReadOnlySpan<ulong> AnswerTypes { get; init; }
    public ReadOnlySpan<ulong> AnswerTtls { get; init; }
    public TextList AnswerData { get; init; }
    public TextList AuthorityNames { get; init; }
    public ReadOnlySpan<ulong> AuthorityTypes { get; init; }
    public ReadOnlySpan<ulong> AuthorityTtls { get; init; }
    public TextList AuthorityData { get; init; }
    public TextList AdditionalNames { get; init; }
    public ReadOnlySpan<ulong> AdditionalTypes { get; init; }
    public ReadOnlySpan<ulong> AdditionalTtls { get; init; }
    public TextList AdditionalData { get; init; }
    public bool HasEdns { get; init; }
    public byte EdnsVersion { get; init; }
    public ushort EdnsBytesMax { get; init; }
    public bool IsDnssecOk { get; init; }
    public ReadOnlySpan<byte> ClientSubnet { get; init; }
    public long LatencyNanos { get; init; }
    public bool HasLatency { get; init; }
    public bool IsRetransmitted { get; init; }
    public bool IsTcp { get; init; }
    public bool IsHttp { get; init; }
    public bool IsCut { get; init; }
    public uint Exchange { get; init; }
    public ReadOnlySpan<byte> Problem { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        // A copy of its own, whose state stays in registers (ADR 72).
        var fields = visitor;
        fields.Number("dns.id", "Identifier both messages carry", Id);
        fields.Number("dns.opcode", "0 query, 4 notify, 5 update …", Opcode);
        fields.Flag("dns.has_query", "The question was seen", HasQuery);
        fields.Flag("dns.has_response", "The answer was seen", HasResponse);
        fields.Number("dns.rcode", "Response code, extended by EDNS: 0 NOERROR, 3 NXDOMAIN …", Rcode, HasResponse);
        fields.Text("dns.rcode_name", "Response code by name", HasResponse ? DnsTypes.RcodeName(Rcode) : default);
        fields.Flag("dns.aa", "Authoritative answer", IsAuthoritative, HasResponse);
        fields.Flag("dns.tc", "Truncated: more than the transport could carry", IsTruncated);
        fields.Flag("dns.rd", "Recursion desired", IsRecursionDesired);
        fields.Flag("dns.ra", "Recursion available", IsRecursionAvailable, HasResponse);
        fields.Flag("dns.ad", "Authentic data (DNSSEC)", IsAuthentic);
        fields.Flag("dns.cd", "Checking disabled (DNSSEC)", IsCheckingDisabled);
        fields.Number("dns.flags", "Flag word of the answer, or of the question where none came", Flags);
        fields.Number("dns.query.flags", "Flag word of the question", QueryFlags, HasQuery);
        fields.Text("dns.qname", "Name asked for (of the first question); the root is one dot", QueryName);
        fields.Number("dns.qtype", "Type asked for, by number", QueryType, HasQuestion);
        fields.Text("dns.qtype_name", "Type asked for, by name", QueryTypeName);
        fields.Number("dns.qclass", "Class asked for: 1 Internet; the top bit of mDNS asks for unicast", QueryClass,
            HasQuestion);
        fields.Texts("dns.questions.names", "Names asked for, where several questions were", QuestionNames);
        fields.Numbers("dns.questions.types", "Types asked for, where several questions were", QuestionTypes);
        fields.Number("dns.questions.count", "Questions by the header", QuestionCount);
        fields.Number("dns.answers.count", "Answers by the header", AnswerCount);
        fields.Number("dns.authority.count", "Authority records by the header", AuthorityCount);
        fields.Number("dns.additional.count", "Additional records by the header", AdditionalCount);
        fields.Texts("dns.answers.names", "Owner of each answer", AnswerNames);
        fields.Numbers("dns.answers.types", "Type of each answer", AnswerTypes);
        fields.Numbers("dns.answers.ttls", "Seconds each answer may be kept", AnswerTtls);
        fields.Texts("dns.answers.data", "Data of each answer as text; hex for types unknown", AnswerData);
        fields.Texts("dns.authority.names", "Owner of each authority record", AuthorityNames);
        fields.Numbers("dns.authority.types", "Type of each authority record", AuthorityTypes);
        fields.Numbers("dns.authority.ttls", "Seconds each authority record may be kept", AuthorityTtls);
        fields.Texts("dns.authority.data", "Data of each authority record as text", AuthorityData);
        fields.Texts("dns.additional.names", "Owner of each additional record", AdditionalNames);
        fields.Numbers("dns.additional.types", "Type of each additional record, without OPT", AdditionalTypes);
        fields.Numbers("dns.additional.ttls", "Seconds each additional record may be kept", AdditionalTtls);
        fields.Texts("dns.additional.data", "Data of each additional record as text", AdditionalData);
        fields.Number("dns.edns.version", "EDNS version", EdnsVersion, HasEdns);
        fields.Number("dns.edns.size", "Bytes of UDP payload the asker takes", EdnsBytesMax, HasEdns);
        fields.Flag("dns.edns.do", "DNSSEC records wanted", IsDnssecOk, HasEdns);
        fields.Text("dns.edns.client_subnet", "Network the question is asked for (RFC 7871)", ClientSubnet);
        fields.Duration("dns.latency", "From the question to the answer", LatencyNanos, HasLatency);
        fields.Flag("dns.retransmitted", "The same question was asked again before an answer came", IsRetransmitted,
            HasQuery);
        fields.Flag("dns.tcp", "Carried over TCP", IsTcp);
        fields.Flag("dns.cut", "More records than are listed here, or a question too long to keep", IsCut);
        fields.Number("dns.exchange", "Which exchange of its flow, from 0", Exchange);
        fields.Text("dns.problem", "What was wrong with the message", Problem);
        fields.Flag("dns.http", "Carried in an HTTP exchange (RFC 8484)", IsHttp, IsHttp);
        visitor = fields;
    }
}
