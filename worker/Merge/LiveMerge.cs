using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Merge;

/// <summary>The same for who follows: flow records wait a moment for what other interfaces say, then come out as
/// connections. Other records are not its business.</summary>
/// <remarks>A view that comes after its connection has gone out becomes a connection of its own: who needs all asks
/// when all is there. One thread.</remarks>
public sealed class LiveMerge(MergeOptions? options = null)
{
    private readonly MergeOptions _options = options ?? new MergeOptions();
    private readonly Dictionary<ConnectionKey, Waiting> _waiting = [];

    /// <summary>By when the first of each came.</summary>
    private readonly Queue<(ConnectionKey Key, Waiting Waiting)> _order = new();

    /// <summary>What waits of one client's end that speaks to a service, or to a pod of one.</summary>
    private readonly Dictionary<(Address Client, ushort Port, byte Protocol), List<ConnectionKey>> _calls = [];

    /// <summary>Flow records held.</summary>
    public int Held { get; private set; }

    /// <summary>Flow records that went out before their time, for there were too many.</summary>
    public long Hurried { get; private set; }

    /// <returns>Whether it was a flow record.</returns>
    public bool Add(RecordView record, long nowNanos, RecordSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        if (record.Header.Kind != FlowView.Kind) return false;

        while (Held >= _options.HeldMax) Hurried += EmitOldest(sink);
        ref readonly var header = ref record.Header;
        var key = ConnectionKey.Of(in header);
        ref var waiting = ref CollectionsMarshal.GetValueRefOrAddDefault(_waiting, key, out var isKnown);
        if (!isKnown)
        {
            waiting = new Waiting(nowNanos);
            _order.Enqueue((key, waiting));
            if (Peers.Of(header.ServerPeer).Service.Length > 0) Note(CallOf(in header), key, waiting);
        }

        ref var view = ref CollectionsMarshal.GetValueRefOrAddDefault(
            waiting!.Views, (Vantage.Of(in header), header.FlowId), out isKnown);
        if (isKnown) view!.Add(record);
        else view = new FlowView(record);
        waiting.Records++;
        Held++;
        return true;
    }

    /// <summary>Emits what has waited long enough.</summary>
    public void Advance(long nowNanos, RecordSink sink)
    {
        var due = nowNanos - _options.HoldMax.Ticks * 100;
        while (_order.TryPeek(out var oldest) && oldest.Waiting.SinceNanos <= due) EmitOldest(sink);
    }

    /// <summary>Emits all that is held.</summary>
    public void Finish(RecordSink sink)
    {
        while (_order.Count > 0) EmitOldest(sink);
    }

    private void Note((Address Client, ushort Port, byte Protocol) call, ConnectionKey key, Waiting waiting)
    {
        ref var keys = ref CollectionsMarshal.GetValueRefOrAddDefault(_calls, call, out _);
        (keys ??= []).Add(key);
        waiting.Call = call;
    }

    /// <summary>With what is of the same call, though that may have waited less.</summary>
    private int EmitOldest(RecordSink sink)
    {
        var (key, waiting) = _order.Dequeue();
        // It went with another.
        if (_waiting.GetValueOrDefault(key) != waiting) return 0;

        List<ConnectionKey> keys = [key];
        if (waiting.Call is { } call && _calls.Remove(call, out var calls)) keys = calls;
        var records = 0;
        List<Connection> connections = [];
        foreach (var one in keys)
        {
            _waiting.Remove(one, out var held);
            records += held!.Records;
            connections.AddRange(ConnectionMerge.Of(held.Views.Values, _options));
        }

        Held -= records;
        foreach (var connection in Translations.Join(connections, _options).OrderBy(one => one.StartNanos))
        {
            connection.Emit(sink, _options);
        }

        return records;
    }

    private static (Address Client, ushort Port, byte Protocol) CallOf(in RecordHeader header) =>
        (header.Client, header.ClientPort, header.Protocol);

    private sealed class Waiting(long sinceNanos)
    {
        /// <summary>When the first of them came.</summary>
        public long SinceNanos { get; } = sinceNanos;

        public Dictionary<(Vantage, ulong FlowId), FlowView> Views { get; } = [];

        public int Records { get; set; }

        /// <summary>Where others may belong to it.</summary>
        public (Address Client, ushort Port, byte Protocol)? Call { get; set; }
    }
}
