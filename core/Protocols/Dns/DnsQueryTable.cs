using System.Diagnostics;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>A question that waits for its answer.</summary>
internal struct DnsQuery
{
    /// <summary>Whose it is, for the record that is emitted when no packet of that flow is at hand.</summary>
    public RecordHeader Context;
    public ulong FlowId;
    public long AskedNanos;
    public uint Exchange;

    /// <summary>Of the flow's newest entry: exchanges of the flow so far.</summary>
    public uint Exchanges;

    /// <summary>Neighbours: in time over all flows, in time within the flow, in the bucket. -1 is none.</summary>
    public int Before;
    public int After;
    public int Older;
    public int Newer;
    public int Next;
    public ushort Id;

    /// <summary>Bytes kept.</summary>
    public ushort Length;

    /// <summary>Bytes of the first question, behind the header; 0 where there is none to compare.</summary>
    public ushort QuestionLength;

    /// <summary>Messages of a zone transfer that have come in answer to it; no further are counted at the type's end.
    /// </summary>
    public ushort Messages;
    public Direction Direction;
    public bool IsCut;
    public bool IsWaiting;

    /// <summary>Whether it hangs in a bucket: not as long as it is the only one of its flow.</summary>
    public bool IsHashed;
}

/// <summary>Questions that wait for their answers, of all flows of a shard (or of one connection), oldest first.
/// </summary>
/// <remarks>Resolvers ask most questions from a port of their own, so there may be as many flows as questions; hence
/// one table, and of the flow just one word. That word is the newest entry of the flow: entries leave oldest first, so
/// a word that outlived its entry means that none of the flow is left, and is recognised by the flow's number. Room
/// is kept. A packet that needs more of it waits for a few entries to be moved at most, never for all of a large table
/// (<see cref="MovedMax"/>); the bytes of questions lie in chunks and stay. An only question is found by that word:
/// buckets, which lie all over the memory, are for flows of which several wait.</remarks>
internal sealed partial class DnsQueryTable
{
    /// <summary>Bytes kept of a question: all that fits a UDP message without EDNS (RFC 1035 section 2.3.4).</summary>
    public const int QueryBytesMax = 512;

    /// <summary>Questions under one number in one flow that are told apart; more is no resolver.</summary>
    public const int SameIdMax = 16;

    /// <summary>Entries that are moved at a time. A table that needs more than so many gets all the room it may ever
    /// need, of which memory is only what is touched, in half a millisecond: to go on doubling moved 32,768 entries for
    /// one packet, which took 30 ms.</summary>
    public const int MovedMax = 1024;

    public const int None = -1;

    // A flow's word when nothing of it waits: this bit and the number of its exchanges so far.
    private const uint CountOnly = ParseContext.NothingOpen;

    private readonly int _pendingMax;
    private readonly int _chunkShift;
    private readonly byte[][] _bytes;
    private readonly int[] _buckets;
    private DnsQuery[] _queries = [];
    private int _chunksUsed;

    /// <summary>Entries that were ever used: those behind them hold anything.</summary>
    private int _used;
    private int _free = None;
    private int _oldest = None;
    private int _newest = None;

    /// <param name="pendingMax">Most questions waiting; a power of two.</param>
    /// <param name="chunk">How many to make room for at a time; a power of two.</param>
    public DnsQueryTable(int pendingMax, int chunk)
    {
        Debug.Assert(int.IsPow2(pendingMax) && int.IsPow2(chunk) && chunk <= pendingMax);
        _pendingMax = pendingMax;
        _chunkShift = int.Log2(chunk);
        _bytes = new byte[pendingMax / chunk][];
        _buckets = new int[pendingMax];
        Array.Fill(_buckets, None);
    }

    public int Count { get; private set; }

    public int Oldest => _oldest;

    public bool IsFull => Count == _pendingMax;

    /// <remarks>No entry is held by reference while another is added: they move as their room grows.</remarks>
    public ref DnsQuery this[int index] => ref _queries[index];

    public ReadOnlySpan<byte> BytesOf(int index, in DnsQuery query) => Room(index)[..query.Length];

    /// <summary>Exchanges of the flow so far.</summary>
    public uint Exchanges(uint slot, ulong flowId)
    {
        var newest = Newest(slot, flowId);
        return newest != None ? this[newest].Exchanges : Counted(slot);
    }

    /// <summary>Exchanges so far of a flow that waits for nothing.</summary>
    private static uint Counted(uint slot) => (slot & CountOnly) != 0 ? slot & ~CountOnly : 0;

    /// <summary>The newest entry of a flow, or none.</summary>
    public int Newest(uint slot, ulong flowId)
    {
        if (slot is 0 or >= CountOnly) return None;

        var index = (int)slot - 1;
        ref var query = ref this[index];
        return query.IsWaiting && query.FlowId == flowId ? index : None;
    }

    /// <summary>The entry of a flow that has just this one, or none.</summary>
    public int Only(uint slot, ulong flowId)
    {
        var newest = Newest(slot, flowId);
        return newest == None || this[newest].IsHashed ? None : newest;
    }

    /// <summary>Whether a message answers the question and has it again, byte by byte: then it is sound as far as that
    /// goes, as the question was.</summary>
    /// <param name="direction">Which way the answer goes.</param>
    public bool IsRepeatedBy(int index, ReadOnlySpan<byte> message, Direction direction)
    {
        ref var query = ref this[index];
        int length = query.QuestionLength;
        return length != 0 && message.Length >= DnsHeader.Size + length
            && DnsHeader.TryRead(message, out var header)
            && header.IsResponse && header.Id == query.Id && query.Direction != direction
            && header.Questions is > 0 and <= DnsShape.QuestionsMax
            && message.Slice(DnsHeader.Size, length).SequenceEqual(Room(index).Slice(DnsHeader.Size, length));
    }

    /// <summary>The flow's word after an exchange that left nothing waiting.</summary>
    public uint CountSlot(uint slot, ulong flowId, uint exchanges)
    {
        var newest = Newest(slot, flowId);
        if (newest == None) return CountOnly | (exchanges & ~CountOnly);

        this[newest].Exchanges = exchanges;
        return slot;
    }

    /// <summary>The question that an answer, or the same question again, belongs to.</summary>
    /// <param name="slot">The flow's word.</param>
    /// <param name="question">The first question on the wire; empty to go by the number alone.</param>
    /// <param name="direction">Which way the question went.</param>
    public int Find(uint slot, ulong flowId, ushort id, ReadOnlySpan<byte> question, Direction direction)
    {
        var newest = Newest(slot, flowId);
        if (newest == None) return None;

        if (!this[newest].IsHashed)
        {
            return IsOf(in this[newest], flowId, id, direction) && IsAbout(newest, question) ? newest : None;
        }

        var steps = 0;
        for (var index = _buckets[Bucket(flowId, id)]; index != None && steps < SameIdMax; index = this[index].Next)
        {
            if (!IsOf(in this[index], flowId, id, direction)) continue;
            if (IsAbout(index, question)) return index;

            steps++;
        }

        return None;
    }

    private static bool IsOf(in DnsQuery query, ulong flowId, ushort id, Direction direction) =>
        query.Id == id && query.FlowId == flowId && query.Direction == direction;

    private bool IsAbout(int index, ReadOnlySpan<byte> question) =>
        question.IsEmpty || this[index].QuestionLength == 0 || DnsName.IsSameQuestion(QuestionOf(index), question);

    /// <summary>How many questions of a flow wait under one number; the oldest of them.</summary>
    /// <param name="slot">The flow's word.</param>
    public int SameId(uint slot, ulong flowId, ushort id, out int oldest)
    {
        var count = 0;
        oldest = None;
        var newest = Newest(slot, flowId);
        if (newest == None) return 0;

        if (!this[newest].IsHashed)
        {
            oldest = this[newest].Id == id ? newest : None;
            return oldest == None ? 0 : 1;
        }

        for (var index = _buckets[Bucket(flowId, id)]; index != None && count < SameIdMax; index = this[index].Next)
        {
            if (this[index].Id != id || this[index].FlowId != flowId) continue;

            count++;
            oldest = index;
        }

        return count;
    }

    public void Clear()
    {
        while (_oldest != None)
        {
            uint slot = 0;
            Remove(_oldest, ref slot);
        }
    }

    /// <summary>The first question as it was asked; empty where it is not kept whole.</summary>
    public ReadOnlySpan<byte> QuestionOf(int index) =>
        Room(index).Slice(DnsHeader.Size, this[index].QuestionLength);

    private Span<byte> Room(int index) =>
        _bytes[index >> _chunkShift].AsSpan((index & ((1 << _chunkShift) - 1)) * QueryBytesMax, QueryBytesMax);

    private int Bucket(ulong flowId, ushort id)
    {
        // Fibonacci hashing: flow numbers count up, ids are chance.
        var mixed = (flowId ^ ((ulong)id << 32)) * 0x9E37_79B9_7F4A_7C15;
        return (int)(mixed >> 40) & (_buckets.Length - 1);
    }
}
