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

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        // Without a message only the fields are wanted, not what they hold.
        var message = _message ?? DnsMessage.Present;
        var (header, asked) = (message.Header, message.QueryHeader);
        var rcode = (uint)header.Rcode | message.Edns.RcodeHigh;
        ref readonly var edns = ref message.QueryEdns.IsThere ? ref message.QueryEdns : ref message.Edns;
        visitor.Number("dns.id", "Identifier both messages carry", header.Id);
        visitor.Number("dns.opcode", "0 query, 4 notify, 5 update …", (uint)header.Opcode);
        visitor.Flag("dns.has_query", "The question was seen", _hasQuery);
        visitor.Flag("dns.has_response", "The answer was seen", _hasResponse);
        visitor.Number("dns.rcode", "Response code, extended by EDNS: 0 NOERROR, 3 NXDOMAIN …", rcode, _hasResponse);
        visitor.Text("dns.rcode_name", "Response code by name", _hasResponse ? DnsTypes.RcodeName(rcode) : default);
        visitor.Flag("dns.aa", "Authoritative answer", header.IsAuthoritative, _hasResponse);
        visitor.Flag("dns.tc", "Truncated: more than the transport could carry", header.IsTruncated);
        visitor.Flag("dns.rd", "Recursion desired", asked.IsRecursionDesired);
        visitor.Flag("dns.ra", "Recursion available", header.IsRecursionAvailable, _hasResponse);
        visitor.Flag("dns.ad", "Authentic data (DNSSEC)", header.IsAuthentic);
        visitor.Flag("dns.cd", "Checking disabled (DNSSEC)", asked.IsCheckingDisabled);
        visitor.Number("dns.flags", "Flag word of the answer, or of the question where none came", header.Flags);
        visitor.Number("dns.query.flags", "Flag word of the question", asked.Flags, _hasQuery);
        visitor.Text("dns.qname", "Name asked for (of the first question); the root is one dot", message.QueryName);
        visitor.Number("dns.qtype", "Type asked for, by number", message.QueryType, message.HasQuestion);
        visitor.Text("dns.qtype_name", "Type asked for, by name", message.QueryTypeName);
        visitor.Number("dns.qclass", "Class asked for: 1 Internet; the top bit of mDNS asks for unicast",
            message.QueryClass, message.HasQuestion);
        visitor.Texts("dns.questions.names", "Names asked for, where several questions were", message.QuestionNames);
        visitor.Numbers("dns.questions.types", "Types asked for, where several questions were", message.QuestionTypes);
        visitor.Number("dns.questions.count", "Questions by the header", header.Questions);
        visitor.Number("dns.answers.count", "Answers by the header", header.Answers);
        visitor.Number("dns.authority.count", "Authority records by the header", header.Authority);
        visitor.Number("dns.additional.count", "Additional records by the header", header.Additional);
        visitor.Texts("dns.answers.names", "Owner of each answer", message.Answers.Names);
        visitor.Numbers("dns.answers.types", "Type of each answer", message.Answers.Types);
        visitor.Numbers("dns.answers.ttls", "Seconds each answer may be kept", message.Answers.Ttls);
        visitor.Texts("dns.answers.data", "Data of each answer as text; hex for types unknown", message.Answers.Data);
        visitor.Texts("dns.authority.names", "Owner of each authority record", message.Authority.Names);
        visitor.Numbers("dns.authority.types", "Type of each authority record", message.Authority.Types);
        visitor.Numbers("dns.authority.ttls", "Seconds each authority record may be kept", message.Authority.Ttls);
        visitor.Texts("dns.authority.data", "Data of each authority record as text", message.Authority.Data);
        visitor.Texts("dns.additional.names", "Owner of each additional record", message.Additional.Names);
        visitor.Numbers("dns.additional.types", "Type of each additional record, without OPT",
            message.Additional.Types);
        visitor.Numbers("dns.additional.ttls", "Seconds each additional record may be kept", message.Additional.Ttls);
        visitor.Texts("dns.additional.data", "Data of each additional record as text", message.Additional.Data);
        visitor.Number("dns.edns.version", "EDNS version", edns.Version, edns.IsThere);
        visitor.Number("dns.edns.size", "Bytes of UDP payload the asker takes", edns.BytesMax, edns.IsThere);
        visitor.Flag("dns.edns.do", "DNSSEC records wanted", edns.IsDnssecOk, edns.IsThere);
        visitor.Text("dns.edns.client_subnet", "Network the question is asked for (RFC 7871)", edns.ClientSubnet);
        visitor.Duration("dns.latency", "From the question to the answer", _latencyNanos, _hasQuery && _hasResponse);
        visitor.Flag("dns.retransmitted", "The same question was asked again before an answer came", _isRetransmitted,
            _hasQuery);
        visitor.Flag("dns.tcp", "Carried over TCP", _isTcp);
        visitor.Flag("dns.cut", "More records than are listed here, or a question too long to keep", _isCut);
        visitor.Number("dns.exchange", "Which exchange of its flow, from 0", _number);
        visitor.Text("dns.problem", "What was wrong with the message", DnsProblems.Name(_problem));
        visitor.Flag("dns.http", "Carried in an HTTP exchange (RFC 8484)", _isHttp, _isHttp);
    }
}
