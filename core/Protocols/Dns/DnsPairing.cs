using System.Runtime.CompilerServices;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>Pairs answers with questions and says each exchange in one record.</summary>
/// <param name="pendingMax">Most questions that wait for an answer; a power of two.</param>
/// <param name="chunk">Questions for which room is made at a time; a power of two.</param>
/// <param name="isMulticast">Answers come from another address than was asked, in a flow of their own.</param>
/// <param name="isTcp">What carries the messages.</param>
internal sealed class DnsPairing(int pendingMax, int chunk, bool isMulticast, bool isTcp)
{
    /// <summary>How long an answer is waited for: longer than stub resolvers keep trying.</summary>
    public const long AnswerWaitNanos = 30_000_000_000;

    private readonly DnsQueryTable _queries = new(pendingMax, chunk);
    private readonly bool _isMulticast = isMulticast;
    private readonly bool _isTcp = isTcp;

    // Its own where most of DNS passes. Of connections there may be many: these share their thread's.
    private DnsMessage? _message;

    // When the last message of any zone transfer came. TCP only.
    private long _transferNanos;

    /// <summary>Questions given up before their time because there was no room.</summary>
    public long Evicted { get; private set; }

    public int Pending => _queries.Count;

    private DnsMessage Message => _message ?? (_isTcp ? DnsMessage.Present : _message = new DnsMessage());

    /// <summary>When bytes were lost, so that what lacks an answer may have had one; 0 for never.</summary>
    public long GapNanos { get; set; }

    /// <summary>Gives up all that waits for too long. A message that finds nothing overdue is read in the same way
    /// whatever other flows have said before it.</summary>
    public void GiveUpOverdue(ParseContext context, ref uint slot)
    {
        while (_queries.Oldest is var oldest && oldest != DnsQueryTable.None
            && context.NowNanos - _queries[oldest].AskedNanos > AnswerWaitNanos)
        {
            if (_queries[oldest].Messages > 0 && context.NowNanos - _transferNanos <= AnswerWaitNanos) return;

            GiveUp(oldest, isRetransmitted: false, context, ref slot);
        }
    }

    /// <summary>Takes a message of a flow.</summary>
    /// <param name="slot">The flow's word.</param>
    /// <returns>Whether it was one.</returns>
    public bool TryTake(ReadOnlySpan<byte> message, Direction direction, ParseContext context, ref uint slot)
    {
        // Most answers repeat the one question their flow has asked, and need no reading to be told as such.
        var only = _isTcp ? DnsQueryTable.None : _queries.Only(slot, context.FlowId);
        if (only != DnsQueryTable.None && _queries.IsRepeatedBy(only, message, direction))
        {
            Complete(only, message, context, ref slot);
            return true;
        }

        var isMessage = DnsShape.IsMessage(message, out var header, out var questionLength)
            || (IsCut(context) && DnsShape.IsBeginning(message, out header));
        if (!isMessage) return false;

        var question = message.Slice(DnsHeader.Size, questionLength);
        if (header.IsResponse) Answer(message, header.Id, question, direction, context, ref slot);
        else Ask(message, header.Id, question, direction, context, ref slot);
        return true;
    }

    /// <summary>Gives up what a flow still waits for, oldest first.</summary>
    public void EndFlow(ParseContext context, ref uint slot)
    {
        var index = _queries.Newest(slot, context.FlowId);
        if (index == DnsQueryTable.None) return;

        while (_queries[index].Older != DnsQueryTable.None) index = _queries[index].Older;
        while (index != DnsQueryTable.None)
        {
            var newer = _queries[index].Newer;
            GiveUp(index, isRetransmitted: false, context, ref slot);
            index = newer;
        }
    }

    public void Clear()
    {
        _queries.Clear();
        (_transferNanos, GapNanos) = (0, 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Ask(
        ReadOnlySpan<byte> message, ushort id, ReadOnlySpan<byte> question, Direction direction, ParseContext context,
        ref uint slot)
    {
        // To a group, or malformed beyond pairing: nothing will come back that could be told apart. One that was cut
        // before its question ended goes by its number.
        if (_isMulticast || (question.IsEmpty && !IsCut(context)))
        {
            var lone = Lone(direction, Direction.ToServer, context, ref slot);
            lone.IsQueryCut = IsCut(context);
            lone.Emit(message, default, Message, context.Records);
            return;
        }

        if (_queries.Newest(slot, context.FlowId) != DnsQueryTable.None)
        {
            AskBeside(id, question, direction, context, ref slot);
        }

        if (_queries.IsFull) Evict(_queries.Oldest, context, ref slot);
        ref var query = ref _queries.Add(
            message, question.Length, id, context.FlowId, in context.Records.Context, ref slot);
        query.AskedNanos = context.NowNanos;
        query.Direction = direction;
        query.IsCut |= IsCut(context);
    }

    /// <summary>Something of the flow waits already: the same question, or too many under one number, make way.
    /// </summary>
    private void AskBeside(
        ushort id, ReadOnlySpan<byte> question, Direction direction, ParseContext context, ref uint slot)
    {
        var earlier = _queries.Find(slot, context.FlowId, id, question, direction);
        if (earlier != DnsQueryTable.None)
        {
            GiveUp(earlier, isRetransmitted: true, context, ref slot);
        }
        else if (_queries.SameId(slot, context.FlowId, id, out var oldest) == DnsQueryTable.SameIdMax)
        {
            Evict(oldest, context, ref slot);
        }
    }

    private void Answer(
        ReadOnlySpan<byte> message, ushort id, ReadOnlySpan<byte> question, Direction direction, ParseContext context,
        ref uint slot)
    {
        // An answer without the question goes by its number, but all of multicast is number 0.
        var asked = direction == Direction.ToServer ? Direction.ToClient : Direction.ToServer;
        var index = _isMulticast ? DnsQueryTable.None : _queries.Find(slot, context.FlowId, id, question, asked);
        if (index == DnsQueryTable.None)
        {
            var lone = Lone(direction, Direction.ToClient, context, ref slot);
            lone.IsPartial = !_isMulticast;
            lone.IsResponseCut = IsCut(context);
            lone.Emit(default, message, Message, context.Records);
            return;
        }

        if (_isTcp && IsTransfer(_queries.QuestionOf(index))) Transfer(index, message, context);
        else Complete(index, message, context, ref slot);
    }

    /// <summary>One of the messages that answer for a zone (RFC 5936 section 2.2). Those behind the first may have the
    /// question or none, and nothing says that one is the last: the question stays until its connection is over, its
    /// number is asked with again, or long nothing came.</summary>
    private void Transfer(int index, ReadOnlySpan<byte> message, ParseContext context)
    {
        ref var query = ref _queries[index];
        _transferNanos = context.NowNanos;
        if (query.Messages < ushort.MaxValue) query.Messages++;
        var exchange = Of(in query);
        exchange.LatencyNanos = context.NowNanos - query.AskedNanos;
        exchange.TransferMessage = query.Messages;
        exchange.IsPartial = GapNanos != 0 && GapNanos >= query.AskedNanos;
        exchange.Emit(_queries.BytesOf(index, in query), message, Message, context.Records);
    }

    // Apart: two ways end here, and half of the messages, the questions, go neither.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Complete(int index, ReadOnlySpan<byte> message, ParseContext context, ref uint slot)
    {
        ref var query = ref _queries[index];
        var exchange = Of(in query);
        exchange.LatencyNanos = context.NowNanos - query.AskedNanos;
        exchange.IsResponseCut = IsCut(context);
        exchange.Emit(_queries.BytesOf(index, in query), message, Message, context.Records);
        _queries.Remove(index, ref slot);
    }

    /// <summary>The capture left out the end of the message at hand. Streams have none such.</summary>
    private bool IsCut(ParseContext context) => context.MissingBytes > 0 && !_isTcp;

    private static bool IsTransfer(ReadOnlySpan<byte> question) =>
        question is [.., 0, (byte)DnsTypes.Axfr or (byte)DnsTypes.Ixfr, _, _];

    private DnsExchange Lone(Direction direction, Direction usual, ParseContext context, ref uint slot)
    {
        var number = _queries.Exchanges(slot, context.FlowId);
        slot = _queries.CountSlot(slot, context.FlowId, number + 1);
        return new DnsExchange
        {
            BeganNanos = context.NowNanos,
            Number = number,
            IsReversed = direction != usual,
            IsTcp = _isTcp,
        };
    }

    private void Evict(int index, ParseContext context, ref uint slot)
    {
        // What an answered transfer says further on has no question then, and is told so.
        if (_queries[index].Messages == 0) Evicted++;
        GiveUp(index, isRetransmitted: false, context, ref slot);
    }

    /// <summary>Emits a question without an answer, whosever it is, and forgets it.</summary>
    private void GiveUp(int index, bool isRetransmitted, ParseContext context, ref uint slot)
    {
        ref var query = ref _queries[index];
        if (query.Messages == 0) TellUnanswered(index, in query, isRetransmitted, context);

        // The word of another flow stays where it is and is found stale.
        uint foreign = 0;
        if (query.FlowId == context.FlowId) _queries.Remove(index, ref slot);
        else _queries.Remove(index, ref foreign);
    }

    private void TellUnanswered(int index, in DnsQuery query, bool isRetransmitted, ParseContext context)
    {
        var exchange = Of(in query);
        exchange.IsRetransmitted = isRetransmitted;
        exchange.IsPartial = GapNanos != 0;
        ref var present = ref context.Records.Context;
        var saved = present;
        present = query.Context;
        exchange.Emit(_queries.BytesOf(index, in query), default, Message, context.Records);
        present = saved;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private DnsExchange Of(in DnsQuery query) => new()
    {
        BeganNanos = query.AskedNanos,
        Number = query.Exchange,
        IsQueryCut = query.IsCut,
        IsReversed = query.Direction == Direction.ToClient,
        IsTcp = _isTcp,
    };
}
