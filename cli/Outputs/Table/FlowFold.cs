using System.Runtime.InteropServices;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>Flows that were left out, told together.</summary>
/// <param name="Last">Of the last of them.</param>
internal readonly record struct FoldedFlows(RecordHeader Last, long Count);

/// <summary>A port scan is hundreds of flows that carry nothing. The first few between the same two ends are shown, the
/// rest counted until the pair has been quiet for a moment.</summary>
internal sealed class FlowFold
{
    /// <summary>Shown before the rest is counted.</summary>
    public const int ShownMax = 3;

    /// <summary>Beyond so many pairs at a time every flow is shown.</summary>
    private const int PairsMax = 1024;

    private const long QuietNanos = 1_000_000_000;

    private static readonly RecordSchema s_schema = RecordKinds.Register<FlowRecord>();
    private static readonly int s_payloadToServer = s_schema.Find("flow.payload.toserver")!.Index;
    private static readonly int s_payloadToClient = s_schema.Find("flow.payload.toclient")!.Index;

    private readonly Dictionary<(Address Client, Address Server), Pair> _pairs = [];
    private readonly List<FoldedFlows> _settled = [];
    private long _lookedNanos = long.MinValue;

    /// <summary>Takes a flow record that would become a line.</summary>
    /// <returns>Whether it is counted instead.</returns>
    public bool Takes(RecordView record)
    {
        if (HasPayload(record)) return false;

        ref readonly var header = ref record.Header;
        var key = (header.Client, header.Server);
        if (_pairs.Count >= PairsMax && !_pairs.ContainsKey(key)) return false;

        ref var pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out _);
        pair.Last = header;
        return ++pair.Count > ShownMax;
    }

    /// <summary>What has come to an end by this time; <see cref="long.MaxValue"/> for all.</summary>
    public List<FoldedFlows> Settle(long nowNanos)
    {
        _settled.Clear();
        // Time may stand still or step back in a capture: looked at once a moment, and only forwards.
        if (_pairs.Count == 0 || nowNanos < _lookedNanos) return _settled;

        _lookedNanos = nowNanos == long.MaxValue ? _lookedNanos : nowNanos + QuietNanos / 2;
        foreach (var (key, pair) in _pairs)
        {
            if (pair.Last.TimeNanos > nowNanos - QuietNanos && nowNanos != long.MaxValue) continue;

            _pairs.Remove(key);
            if (pair.Count > ShownMax) _settled.Add(new FoldedFlows(pair.Last, pair.Count - ShownMax));
        }

        return _settled;
    }

    private static bool HasPayload(RecordView record) =>
        (record.TryGet(s_payloadToServer, out var up) && up.Number > 0)
        || (record.TryGet(s_payloadToClient, out var down) && down.Number > 0);

    private struct Pair
    {
        public long Count;
        public RecordHeader Last;
    }
}
