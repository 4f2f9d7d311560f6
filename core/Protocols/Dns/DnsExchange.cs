using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>What is known of an exchange beside its messages.</summary>
internal struct DnsExchange
{
    [ThreadStatic]
    private static DnsRoom? t_room;

    /// <summary>When the question was asked, or when a lone answer came.</summary>
    public long BeganNanos;
    public long LatencyNanos;
    public uint Number;
    public bool IsRetransmitted;
    public bool IsTcp;
    public bool IsHttp;

    /// <summary>The question is longer than what was kept of it.</summary>
    public bool IsQueryCut;

    /// <summary>The other half was to be expected and may have been lost.</summary>
    public bool IsPartial;

    /// <summary>The flow's server asked, or its client answered.</summary>
    public bool IsReversed;

    /// <summary>Decodes the messages and emits the record. Either may be empty, not both.</summary>
    public readonly void Emit(ReadOnlySpan<byte> query, ReadOnlySpan<byte> response, RecordSink records)
    {
        var main = response.IsEmpty ? query : response;
        if (!DnsHeader.TryRead(main, out var header)) return;

        var room = t_room ??= new DnsRoom();
        scoped var message = new DnsMessage(room.Text, room.Numbers);
        message.Read(main, in header);
        Span<byte> subnet = stackalloc byte[64];
        var asked = new DnsEdns(subnet);
        var queryHeader = header;
        if (!query.IsEmpty && !response.IsEmpty && DnsHeader.TryRead(query, out queryHeader))
        {
            FindEdns(query, in queryHeader, ref asked);
            if (!message.HasQuestion) message.BorrowQuestion(query, in queryHeader);
        }

        ref readonly var edns = ref asked.IsThere ? ref asked : ref message.Edns;
        Emit(in message, in queryHeader, in edns, !query.IsEmpty, !response.IsEmpty, records);
    }

    private readonly void Emit(
        in DnsMessage message, in DnsHeader queryHeader, in DnsEdns edns, bool hasQuery, bool hasResponse,
        RecordSink records)
    {
        var header = message.Header;
        var isSeveral = header.Questions > 1;
        Emit(
            new DnsRecord
            {
                Id = header.Id,
                Opcode = (uint)header.Opcode,
                HasQuery = hasQuery,
                HasResponse = hasResponse,
                Rcode = (uint)header.Rcode | message.Edns.RcodeHigh,
                IsAuthoritative = header.IsAuthoritative,
                IsTruncated = header.IsTruncated,
                IsRecursionDesired = queryHeader.IsRecursionDesired,
                IsRecursionAvailable = header.IsRecursionAvailable,
                IsAuthentic = header.IsAuthentic,
                IsCheckingDisabled = queryHeader.IsCheckingDisabled,
                Flags = header.Flags,
                QueryFlags = queryHeader.Flags,
                QueryName = message.QueryName,
                QueryType = message.QueryType,
                HasQuestion = message.HasQuestion,
                QueryTypeName = message.QueryTypeName,
                QueryClass = message.QueryClass,
                QuestionNames = isSeveral ? message.QuestionNames : default,
                QuestionTypes = isSeveral ? message.QuestionTypes : default,
                QuestionCount = header.Questions,
                AnswerCount = header.Answers,
                AuthorityCount = header.Authority,
                AdditionalCount = header.Additional,
                AnswerNames = message.Answers.Names,
                AnswerTypes = message.Answers.Types,
                AnswerTtls = message.Answers.Ttls,
                AnswerData = message.Answers.Data,
                AuthorityNames = message.Authority.Names,
                AuthorityTypes = message.Authority.Types,
                AuthorityTtls = message.Authority.Ttls,
                AuthorityData = message.Authority.Data,
                AdditionalNames = message.Additional.Names,
                AdditionalTypes = message.Additional.Types,
                AdditionalTtls = message.Additional.Ttls,
                AdditionalData = message.Additional.Data,
                HasEdns = edns.IsThere,
                EdnsVersion = edns.Version,
                EdnsBytesMax = edns.BytesMax,
                IsDnssecOk = edns.IsDnssecOk,
                ClientSubnet = edns.ClientSubnet,
                LatencyNanos = LatencyNanos,
                HasLatency = hasQuery && hasResponse,
                IsRetransmitted = IsRetransmitted,
                IsTcp = IsTcp,
                IsHttp = IsHttp,
                IsCut = message.IsCut || (IsQueryCut && !hasResponse),
                Exchange = Number,
                Problem = DnsProblems.Name(IsQueryCut && !hasResponse ? DnsProblem.None : message.Problem),
            }, records);
    }

    private readonly void Emit(in DnsRecord record, RecordSink records)
    {
        var traits = record.IsCut || IsPartial ? RecordTraits.Partial : RecordTraits.None;
        if (!record.Problem.IsEmpty) traits |= RecordTraits.Malformed;
        if (IsReversed) Turn(ref records.Context);
        records.Emit(in record, BeganNanos, traits);
        if (IsReversed) Turn(ref records.Context);
    }

    private static void Turn(ref RecordHeader header)
    {
        (header.Client, header.Server) = (header.Server, header.Client);
        (header.ClientPort, header.ServerPort) = (header.ServerPort, header.ClientPort);
    }

    /// <summary>Looks for the OPT record of a question whose answer is what gets listed.</summary>
    private static void FindEdns(ReadOnlySpan<byte> query, in DnsHeader header, ref DnsEdns edns)
    {
        if (header.Additional == 0) return;

        var position = DnsHeader.Size;
        for (var question = 0; question < header.Questions; question++)
        {
            position = DnsName.Skip(query, position, out _);
            if (position < 0) return;
            position += 4;
        }

        for (var left = header.Records; left > 0; left--)
        {
            if (!DnsEntry.TryRead(query, position, out var record, out _)) return;
            if (record.Type == DnsTypes.Opt) edns.Read(query, in record);
            position = record.End;
        }
    }
}
