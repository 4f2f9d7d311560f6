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
        visitor.Number("dns.id", "Identifier both messages carry", Id);
        visitor.Number("dns.opcode", "0 query, 4 notify, 5 update …", Opcode);
        visitor.Flag("dns.has_query", "The question was seen", HasQuery);
        visitor.Flag("dns.has_response", "The answer was seen", HasResponse);
        visitor.Number("dns.rcode", "Response code, extended by EDNS: 0 NOERROR, 3 NXDOMAIN …", Rcode, HasResponse);
        visitor.Text("dns.rcode_name", "Response code by name", HasResponse ? DnsTypes.RcodeName(Rcode) : default);
        visitor.Flag("dns.aa", "Authoritative answer", IsAuthoritative, HasResponse);
        visitor.Flag("dns.tc", "Truncated: more than the transport could carry", IsTruncated);
        visitor.Flag("dns.rd", "Recursion desired", IsRecursionDesired);
        visitor.Flag("dns.ra", "Recursion available", IsRecursionAvailable, HasResponse);
        visitor.Flag("dns.ad", "Authentic data (DNSSEC)", IsAuthentic);
        visitor.Flag("dns.cd", "Checking disabled (DNSSEC)", IsCheckingDisabled);
        visitor.Number("dns.flags", "Flag word of the answer, or of the question where none came", Flags);
        visitor.Number("dns.query.flags", "Flag word of the question", QueryFlags, HasQuery);
        visitor.Text("dns.qname", "Name asked for (of the first question); the root is one dot", QueryName);
        visitor.Number("dns.qtype", "Type asked for, by number", QueryType, HasQuestion);
        visitor.Text("dns.qtype_name", "Type asked for, by name", QueryTypeName);
        visitor.Number("dns.qclass", "Class asked for: 1 Internet; the top bit of mDNS asks for unicast", QueryClass,
            HasQuestion);
        visitor.Texts("dns.questions.names", "Names asked for, where several questions were", QuestionNames);
        visitor.Numbers("dns.questions.types", "Types asked for, where several questions were", QuestionTypes);
        visitor.Number("dns.questions.count", "Questions by the header", QuestionCount);
        visitor.Number("dns.answers.count", "Answers by the header", AnswerCount);
        visitor.Number("dns.authority.count", "Authority records by the header", AuthorityCount);
        visitor.Number("dns.additional.count", "Additional records by the header", AdditionalCount);
        visitor.Texts("dns.answers.names", "Owner of each answer", AnswerNames);
        visitor.Numbers("dns.answers.types", "Type of each answer", AnswerTypes);
        visitor.Numbers("dns.answers.ttls", "Seconds each answer may be kept", AnswerTtls);
        visitor.Texts("dns.answers.data", "Data of each answer as text; hex for types unknown", AnswerData);
        visitor.Texts("dns.authority.names", "Owner of each authority record", AuthorityNames);
        visitor.Numbers("dns.authority.types", "Type of each authority record", AuthorityTypes);
        visitor.Numbers("dns.authority.ttls", "Seconds each authority record may be kept", AuthorityTtls);
        visitor.Texts("dns.authority.data", "Data of each authority record as text", AuthorityData);
        visitor.Texts("dns.additional.names", "Owner of each additional record", AdditionalNames);
        visitor.Numbers("dns.additional.types", "Type of each additional record, without OPT", AdditionalTypes);
        visitor.Numbers("dns.additional.ttls", "Seconds each additional record may be kept", AdditionalTtls);
        visitor.Texts("dns.additional.data", "Data of each additional record as text", AdditionalData);
        visitor.Number("dns.edns.version", "EDNS version", EdnsVersion, HasEdns);
        visitor.Number("dns.edns.size", "Bytes of UDP payload the asker takes", EdnsBytesMax, HasEdns);
        visitor.Flag("dns.edns.do", "DNSSEC records wanted", IsDnssecOk, HasEdns);
        visitor.Text("dns.edns.client_subnet", "Network the question is asked for (RFC 7871)", ClientSubnet);
        visitor.Duration("dns.latency", "From the question to the answer", LatencyNanos, HasLatency);
        visitor.Flag("dns.retransmitted", "The same question was asked again before an answer came", IsRetransmitted,
            HasQuery);
        visitor.Flag("dns.tcp", "Carried over TCP", IsTcp);
        visitor.Flag("dns.cut", "More records than are listed here, or a question too long to keep", IsCut);
        visitor.Number("dns.exchange", "Which exchange of its flow, from 0", Exchange);
        visitor.Text("dns.problem", "What was wrong with the message", Problem);
        visitor.Flag("dns.http", "Carried in an HTTP exchange (RFC 8484)", IsHttp, IsHttp);
    }
}
