using System.Runtime.CompilerServices;
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

    private readonly DnsMessage? _message;

    /// <summary>What was read stays where it is: to fill in a record so wide costs more than to write it.</summary>
    internal DnsRecord(DnsMessage message) => _message = message;

    // In parts, each on a copy of the visitor and with little beside it, neither calls nor choices: then the compiler
    // can keep the copy in registers. In memory one field has to wait for the one before (ADR 76).
    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        // Without a message only the fields are wanted, not what they hold.
        var said = _message ?? DnsMessage.Present;
        DescribeHeaders(said, ref visitor);
        visitor.Text("dns.rcode_name", "Response code by name", said.RcodeName);
        DescribeFlags(said, ref visitor);
        DescribeQuestions(said, ref visitor);
        DescribeSections(said, ref visitor);
        DescribeEdns(said, ref visitor);
        DescribeExchange(said, ref visitor);
        visitor.Text("dns.problem", "What was wrong with the message", said.ProblemName);
        visitor.Flag("dns.http", "Carried in an HTTP exchange (RFC 8484)", said.IsHttp, said.IsHttp);
        visitor.Number("dns.transfer.message", "Which message of a zone transfer, from 0: all are one exchange",
            (uint)said.TransferMessage - 1, said.TransferMessage != 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DescribeHeaders<TVisitor>(DnsMessage said, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var rcode = said.Rcode;
        var fields = visitor;
        fields.Number("dns.id", "Identifier both messages carry", said.Header.Id);
        fields.Number("dns.opcode", "0 query, 4 notify, 5 update …", (uint)said.Header.Opcode);
        fields.Flag("dns.has_query", "The question was seen", said.HasQuery);
        fields.Flag("dns.has_response", "The answer was seen", said.HasResponse);
        fields.Number("dns.rcode", "Response code, extended by EDNS: 0 NOERROR, 3 NXDOMAIN …", rcode,
            said.HasResponse);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DescribeFlags<TVisitor>(DnsMessage said, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        fields.Flag("dns.aa", "Authoritative answer", said.Header.IsAuthoritative, said.HasResponse);
        fields.Flag("dns.tc", "Truncated: more than the transport could carry", said.Header.IsTruncated);
        fields.Flag("dns.rd", "Recursion desired", said.QueryHeader.IsRecursionDesired);
        fields.Flag("dns.ra", "Recursion available", said.Header.IsRecursionAvailable, said.HasResponse);
        fields.Flag("dns.ad", "Authentic data (DNSSEC)", said.Header.IsAuthentic);
        fields.Flag("dns.cd", "Checking disabled (DNSSEC)", said.QueryHeader.IsCheckingDisabled);
        fields.Number("dns.flags", "Flag word of the answer, or of the question where none came", said.Header.Flags);
        fields.Number("dns.query.flags", "Flag word of the question", said.QueryHeader.Flags, said.HasQuery);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DescribeQuestions<TVisitor>(DnsMessage said, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        fields.Text("dns.qname", "Name asked for (of the first question); the root is one dot", said.QueryName);
        fields.Number("dns.qtype", "Type asked for, by number", said.QueryType, said.HasQuestion);
        fields.Text("dns.qtype_name", "Type asked for, by name", said.QueryTypeName);
        fields.Number("dns.qclass", "Class asked for: 1 Internet; the top bit of mDNS asks for unicast",
            said.QueryClass, said.HasQuestion);
        fields.Texts("dns.questions.names", "Names asked for, where several questions were", said.QuestionNames);
        fields.Numbers("dns.questions.types", "Types asked for, where several questions were", said.QuestionTypes);
        fields.Number("dns.questions.count", "Questions by the header", said.Header.Questions);
        fields.Number("dns.answers.count", "Answers by the header", said.Header.Answers);
        fields.Number("dns.authority.count", "Authority records by the header", said.Header.Authority);
        fields.Number("dns.additional.count", "Additional records by the header", said.Header.Additional);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DescribeSections<TVisitor>(DnsMessage said, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        fields.Texts("dns.answers.names", "Owner of each answer", said.Answers.Names);
        fields.Numbers("dns.answers.types", "Type of each answer", said.Answers.Types);
        fields.Numbers("dns.answers.ttls", "Seconds each answer may be kept", said.Answers.Ttls);
        fields.Texts("dns.answers.data", "Data of each answer as text; hex for types unknown", said.Answers.Data);
        fields.Texts("dns.authority.names", "Owner of each authority record", said.Authority.Names);
        fields.Numbers("dns.authority.types", "Type of each authority record", said.Authority.Types);
        fields.Numbers("dns.authority.ttls", "Seconds each authority record may be kept", said.Authority.Ttls);
        fields.Texts("dns.authority.data", "Data of each authority record as text", said.Authority.Data);
        fields.Texts("dns.additional.names", "Owner of each additional record", said.Additional.Names);
        fields.Numbers("dns.additional.types", "Type of each additional record, without OPT", said.Additional.Types);
        fields.Numbers("dns.additional.ttls", "Seconds each additional record may be kept", said.Additional.Ttls);
        fields.Texts("dns.additional.data", "Data of each additional record as text", said.Additional.Data);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DescribeEdns<TVisitor>(DnsMessage said, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        ref readonly var edns = ref said.QueryEdns.IsThere ? ref said.QueryEdns : ref said.Edns;
        fields.Number("dns.edns.version", "EDNS version", edns.Version, edns.IsThere);
        fields.Number("dns.edns.size", "Bytes of UDP payload the asker takes", edns.BytesMax, edns.IsThere);
        fields.Flag("dns.edns.do", "DNSSEC records wanted", edns.IsDnssecOk, edns.IsThere);
        fields.Text("dns.edns.client_subnet", "Network the question is asked for (RFC 7871)", edns.ClientSubnet);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DescribeExchange<TVisitor>(DnsMessage said, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var isAnswered = said.IsAnswered;
        var fields = visitor;
        fields.Duration("dns.latency", "From the question to the answer", said.LatencyNanos, isAnswered);
        fields.Flag("dns.retransmitted", "The same question was asked again before an answer came",
            said.IsRetransmitted, said.HasQuery);
        fields.Flag("dns.tcp", "Carried over TCP", said.IsTcp);
        fields.Flag("dns.cut", "More than is listed here: too many records, or bytes not captured or not kept",
            said.IsToldCut);
        fields.Number("dns.exchange", "Which exchange of its flow, from 0", said.Number);
        visitor = fields;
    }
}
