using NetSniff.Flows;
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

    /// <summary>Of nobody who is a target: counted here and nowhere else.</summary>
    public long PacketsUntargeted;

    /// <summary>Flows that ended because the targets are others now.</summary>
    public long FlowsUntargeted;

    public long FlowsStarted;
    public long FlowsEnded;
    public long FlowsEvicted;

    public long ConversationsRefused;
    public long ParsersBroken;
    public long DatagramsBroken;
    public long HeldRefused;

    /// <summary>Connections whose parser was let go for a loss, and behind which nothing was found within
    /// <see cref="ShardOptions.WatchTurnsMax"/>.</summary>
    public long TornLeft;

    /// <summary>What load balancers said before clients, stepped over, and what was too long for that.</summary>
    public long ProxyHeaders;
    public long ProxyHeadersTooLong;

    /// <summary>Flows of which payload was left unread for want of depth, by <see cref="FlowUnread"/>, and how much.
    /// A flow counts once for each way.</summary>
    public readonly long[] FlowsUnread = new long[Enum.GetValues<FlowUnread>().Length];
    public readonly long[] PayloadUnread = new long[Enum.GetValues<FlowUnread>().Length];

    /// <summary>Connections whose parser was let go when the depth became less.</summary>
    public long ConversationsGivenUp;

    public StreamCounters Streams { get; } = new();

    public IEnumerable<LedgerLine> Ledger()
    {
        yield return new("decode", "in", Packets, false);
        yield return new("decode", "in a flow", PacketsInFlows, false);
        yield return new("decode", "of no target", PacketsUntargeted, false);
        yield return new("decode", "not IP", ByStatus[(int)DecodeStatus.NotIp], false);
        yield return new("decode", "truncated", ByStatus[(int)DecodeStatus.Truncated], true);
        yield return new("decode", "malformed", ByStatus[(int)DecodeStatus.Malformed], true);
        yield return new("decode", "unknown link type", ByStatus[(int)DecodeStatus.UnknownLink], true);
        yield return new("decode", "cut by snap length", CutBySnap, true);
        yield return new("flows", "evicted at the cap", FlowsEvicted, true);
        yield return new("flows", "ended, no longer of a target", FlowsUntargeted, false);
        yield return new("streams", "gaps", Streams.Gaps, true);
        yield return new("streams", "bytes missing in gaps", Streams.GapBytes, true);
        yield return new("streams", "segments refused at a cap", Streams.PendingRefused, true);
        yield return new("streams", "connections not read at the cap", ConversationsRefused, true);
        yield return new("protocols", "parsers lost their place", ParsersBroken, true);
        yield return new("protocols", "connections left after a loss", TornLeft, true);
        yield return new("protocols", "datagrams not understood", DatagramsBroken, true);
        yield return new("protocols", "held bytes refused at a cap", HeldRefused, true);
        yield return new("protocols", "PROXY headers stepped over", ProxyHeaders, false);
        yield return new("protocols", "PROXY headers too long to wait for", ProxyHeadersTooLong, true);
        yield return new("depth", "flows not in the sample", FlowsUnread[(int)FlowUnread.SampledOut], true);
        yield return new("depth", "flows read by headers only", FlowsUnread[(int)FlowUnread.HeadersOnly], true);
        yield return new("depth", "flows that were only counted", FlowsUnread[(int)FlowUnread.FlowsOnly], true);
        yield return new("depth", "payload bytes not read", PayloadUnread.Sum(), true);
        yield return new("depth", "connections given up on the way down", ConversationsGivenUp, true);
    }
}
