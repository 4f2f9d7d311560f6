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
    private readonly long _latencyNanos;
    private readonly uint _number;
    private readonly bool _hasQuery;
    private readonly bool _hasResponse;
    private readonly bool _isRetransmitted;
    private readonly bool _isTcp;
    private readonly bool _isHttp;
    private readonly bool _isCut;
    private readonly DnsProblem _problem;

    /// <summary>What was read stays where it is: to fill in a record so wide costs more than to write it.</summary>
    internal DnsRecord(
        DnsMessage message, in DnsExchange exchange, bool hasQuery, bool hasResponse, bool isCut, DnsProblem problem)
    {
        _message = message;
        _latencyNanos = exchange.LatencyNanos;
        _number = exchange.Number;
        _hasQuery = hasQuery;
        _hasResponse = hasResponse;
        _isRetransmitted = exchange.IsRetransmitted;
        _isTcp = exchange.IsTcp;
        _isHttp = exchange.IsHttp;
        _isCut = isCut;
        _problem = problem;
    }

    // In parts, each on a copy of the visitor: the compiler keeps it in registers, but not in a method of more than 512
    // locals, as all fields at once make it. In memory one field has to wait for the one before (ADR 76).
    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        // Without a message only the fields are wanted, not what they hold.
        var message = _message ?? DnsMessage.Present;
        DescribeHeaders(message, ref visitor);
        DescribeQuestions(message, ref visitor);
        DescribeAnswers(message, ref visitor);
        DescribeOthers(message, ref visitor);
        DescribeExchange(message, ref visitor);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeHeaders<TVisitor>(DnsMessage message, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        var (header, asked) = (message.Header, message.QueryHeader);
        var rcode = (uint)header.Rcode | message.Edns.RcodeHigh;
        fields.Number("dns.id", "Identifier both messages carry", header.Id);
        fields.Number("dns.opcode", "0 query, 4 notify, 5 update …", (uint)header.Opcode);
        fields.Flag("dns.has_query", "The question was seen", _hasQuery);
        fields.Flag("dns.has_response", "The answer was seen", _hasResponse);
        fields.Number("dns.rcode", "Response code, extended by EDNS: 0 NOERROR, 3 NXDOMAIN …", rcode, _hasResponse);
        fields.Text("dns.rcode_name", "Response code by name", _hasResponse ? DnsTypes.RcodeName(rcode) : default);
        fields.Flag("dns.aa", "Authoritative answer", header.IsAuthoritative, _hasResponse);
        fields.Flag("dns.tc", "Truncated: more than the transport could carry", header.IsTruncated);
        fields.Flag("dns.rd", "Recursion desired", asked.IsRecursionDesired);
        fields.Flag("dns.ra", "Recursion available", header.IsRecursionAvailable, _hasResponse);
        fields.Flag("dns.ad", "Authentic data (DNSSEC)", header.IsAuthentic);
        fields.Flag("dns.cd", "Checking disabled (DNSSEC)", asked.IsCheckingDisabled);
        fields.Number("dns.flags", "Flag word of the answer, or of the question where none came", header.Flags);
        fields.Number("dns.query.flags", "Flag word of the question", asked.Flags, _hasQuery);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeQuestions<TVisitor>(DnsMessage message, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        var header = message.Header;
        fields.Text("dns.qname", "Name asked for (of the first question); the root is one dot", message.QueryName);
        fields.Number("dns.qtype", "Type asked for, by number", message.QueryType, message.HasQuestion);
        fields.Text("dns.qtype_name", "Type asked for, by name", message.QueryTypeName);
        fields.Number("dns.qclass", "Class asked for: 1 Internet; the top bit of mDNS asks for unicast",
            message.QueryClass, message.HasQuestion);
        fields.Texts("dns.questions.names", "Names asked for, where several questions were", message.QuestionNames);
        fields.Numbers("dns.questions.types", "Types asked for, where several questions were", message.QuestionTypes);
        fields.Number("dns.questions.count", "Questions by the header", header.Questions);
        fields.Number("dns.answers.count", "Answers by the header", header.Answers);
        fields.Number("dns.authority.count", "Authority records by the header", header.Authority);
        fields.Number("dns.additional.count", "Additional records by the header", header.Additional);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeAnswers<TVisitor>(DnsMessage message, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        ref readonly var answers = ref message.Answers;
        fields.Texts("dns.answers.names", "Owner of each answer", answers.Names);
        fields.Numbers("dns.answers.types", "Type of each answer", answers.Types);
        fields.Numbers("dns.answers.ttls", "Seconds each answer may be kept", answers.Ttls);
        fields.Texts("dns.answers.data", "Data of each answer as text; hex for types unknown", answers.Data);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeOthers<TVisitor>(DnsMessage message, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        ref readonly var authority = ref message.Authority;
        ref readonly var additional = ref message.Additional;
        fields.Texts("dns.authority.names", "Owner of each authority record", authority.Names);
        fields.Numbers("dns.authority.types", "Type of each authority record", authority.Types);
        fields.Numbers("dns.authority.ttls", "Seconds each authority record may be kept", authority.Ttls);
        fields.Texts("dns.authority.data", "Data of each authority record as text", authority.Data);
        fields.Texts("dns.additional.names", "Owner of each additional record", additional.Names);
        fields.Numbers("dns.additional.types", "Type of each additional record, without OPT", additional.Types);
        fields.Numbers("dns.additional.ttls", "Seconds each additional record may be kept", additional.Ttls);
        fields.Texts("dns.additional.data", "Data of each additional record as text", additional.Data);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeExchange<TVisitor>(DnsMessage message, ref TVisitor visitor)
        where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        ref readonly var edns = ref message.QueryEdns.IsThere ? ref message.QueryEdns : ref message.Edns;
        fields.Number("dns.edns.version", "EDNS version", edns.Version, edns.IsThere);
        fields.Number("dns.edns.size", "Bytes of UDP payload the asker takes", edns.BytesMax, edns.IsThere);
        fields.Flag("dns.edns.do", "DNSSEC records wanted", edns.IsDnssecOk, edns.IsThere);
        fields.Text("dns.edns.client_subnet", "Network the question is asked for (RFC 7871)", edns.ClientSubnet);
        fields.Duration("dns.latency", "From the question to the answer", _latencyNanos, _hasQuery && _hasResponse);
        fields.Flag("dns.retransmitted", "The same question was asked again before an answer came", _isRetransmitted,
            _hasQuery);
        fields.Flag("dns.tcp", "Carried over TCP", _isTcp);
        fields.Flag("dns.cut", "More records than are listed here, or a question too long to keep", _isCut);
        fields.Number("dns.exchange", "Which exchange of its flow, from 0", _number);
        fields.Text("dns.problem", "What was wrong with the message", DnsProblems.Name(_problem));
        fields.Flag("dns.http", "Carried in an HTTP exchange (RFC 8484)", _isHttp, _isHttp);
        visitor = fields;
    }
}
