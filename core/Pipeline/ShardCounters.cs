using NetSniff.Packets;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <summary>One line of the loss ledger.</summary>
public readonly record struct LedgerLine(string Stage, string Reason, long Count, bool IsLoss);

/// <summary>What a shard counted. Plain fields: its thread writes, anybody may read.</summary>
public sealed class ShardCounters
{
    public long Packets;
    public long Bytes;

    /// <summary>Indexed by <see cref="DecodeStatus"/>.</summary>
    public readonly long[] ByStatus = new long[Enum.GetValues<DecodeStatus>().Length];

    public long Fragments;
    public long TunnelledPackets;
    public long CutBySnap;
    public long BadTransport;
    public long PacketsInFlows;

    public long FlowsStarted;
    public long FlowsEnded;
    public long FlowsEvicted;

    public long ConversationsRefused;
    public long ParsersBroken;
    public long DatagramsBroken;
    public long HeldRefused;

    public StreamCounters Streams { get; } = new();

    public IEnumerable<LedgerLine> Ledger()
    {
        yield return new("decode", "in", Packets, false);
        yield return new("decode", "in a flow", PacketsInFlows, false);
        yield return new("decode", "not IP", ByStatus[(int)DecodeStatus.NotIp], false);
        yield return new("decode", "truncated", ByStatus[(int)DecodeStatus.Truncated], true);
        yield return new("decode", "malformed", ByStatus[(int)DecodeStatus.Malformed], true);
        yield return new("decode", "unknown link type", ByStatus[(int)DecodeStatus.UnknownLink], true);
        yield return new("decode", "cut by snap length", CutBySnap, true);
        yield return new("flows", "evicted at the cap", FlowsEvicted, true);
        yield return new("streams", "gaps", Streams.Gaps, true);
        yield return new("streams", "bytes missing in gaps", Streams.GapBytes, true);
        yield return new("streams", "segments refused at a cap", Streams.PendingRefused, true);
        yield return new("streams", "connections not read at the cap", ConversationsRefused, true);
        yield return new("protocols", "parsers lost their place", ParsersBroken, true);
        yield return new("protocols", "datagrams not understood", DatagramsBroken, true);
        yield return new("protocols", "held bytes refused at a cap", HeldRefused, true);
    }
}
