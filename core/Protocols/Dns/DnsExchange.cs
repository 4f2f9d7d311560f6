using System.Runtime.CompilerServices;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>What is known of an exchange beside its messages.</summary>
internal struct DnsExchange
{
    /// <summary>When the question was asked, or when a lone answer came.</summary>
    public long BeganNanos;
    public long LatencyNanos;
    public uint Number;
    public bool IsRetransmitted;
    public bool IsTcp;
    public bool IsHttp;

    /// <summary>The question is longer than what was captured or kept of it.</summary>
    public bool IsQueryCut;

    /// <summary>The answer is longer than what was captured or kept of it.</summary>
    public bool IsResponseCut;

    /// <summary>Which message of a zone transfer's answer, from 1; 0 where it is no transfer.</summary>
    public ushort TransferMessage;

    /// <summary>The other half was to be expected and may have been lost.</summary>
    public bool IsPartial;

    /// <summary>The flow's server asked, or its client answered.</summary>
    public bool IsReversed;

    /// <summary>Decodes the messages and emits the record. Either may be empty, not both.</summary>
    /// <param name="message">Room to decode in.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Emit(
        ReadOnlySpan<byte> query, ReadOnlySpan<byte> response, DnsMessage message, RecordSink records)
    {
        var hasResponse = !response.IsEmpty;
        if (!message.TryRead(hasResponse ? response : query)) return;
        var ownProblem = message.Problem;
        if (!query.IsEmpty && hasResponse) message.ReadQuery(query);

        var isCut = hasResponse ? IsResponseCut : IsQueryCut;
        message.IsToldCut = message.IsCut || isCut;
        message.ToldProblem = IsQueryCut || isCut ? BesideCut(message.Problem, ownProblem, isCut) : message.Problem;
        message.LatencyNanos = LatencyNanos;
        message.Number = Number;
        message.HasQuery = !query.IsEmpty;
        message.HasResponse = hasResponse;
        message.IsRetransmitted = IsRetransmitted;
        message.IsTcp = IsTcp;
        message.IsHttp = IsHttp;
        message.TransferMessage = TransferMessage;

        var traits = IsPartial || message.IsToldCut ? RecordTraits.Partial : RecordTraits.None;
        if (message.ToldProblem != DnsProblem.None) traits |= RecordTraits.Malformed;
        if (IsReversed) Turn(ref records.Context);
        records.Emit(new DnsRecord(message), BeganNanos, traits);
        if (IsReversed) Turn(ref records.Context);
    }

    /// <summary>A message of which not all was captured or kept ends too soon for that, and is not wrong.</summary>
    /// <param name="own">Of the message that is listed, without what its question was borrowed from.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly DnsProblem BesideCut(DnsProblem problem, DnsProblem own, bool isCut)
    {
        if (problem != DnsProblem.Short) return problem;

        var isOfCut = own == DnsProblem.Short ? isCut : IsQueryCut;
        return isOfCut ? DnsProblem.None : problem;
    }

    private static void Turn(ref RecordHeader header)
    {
        (header.Client, header.Server) = (header.Server, header.Client);
        (header.ClientPort, header.ServerPort) = (header.ServerPort, header.ClientPort);
    }
}
