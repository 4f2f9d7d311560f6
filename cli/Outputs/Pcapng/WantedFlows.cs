using NetSniff.Flows;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Pcapng;

/// <summary>Remembers whose packets are wanted: the flows of which a record matched.</summary>
/// <remarks>Of a file that is read twice all are kept, some tens of bytes each. Of a live capture a flow is forgotten
/// when it ends.</remarks>
internal sealed class WantedFlows(bool forgetsEnded) : Output
{
    /// <summary>More are not noted, and <see cref="Refused"/> counts them.</summary>
    public const int FlowsMax = 16 * 1024 * 1024;

    private readonly HashSet<ulong> _flows = [];
    private readonly List<ulong> _ended = [];
    private readonly ushort _flowKind = RecordKinds.Register<FlowRecord>().Id;
    private readonly int _end = RecordKinds.Register<FlowRecord>().Find("flow.end")!.Index;

    public long Refused { get; private set; }

    public int Count => _flows.Count;

    /// <summary>Flows noted since the last <see cref="Settle"/>.</summary>
    public List<ulong> Fresh { get; } = [];

    public bool Contains(ulong flow) => flow != 0 && _flows.Contains(flow);

    public override bool Write(RecordView record)
    {
        var flow = record.Header.FlowId;
        if (_flows.Count >= FlowsMax)
        {
            if (!_flows.Contains(flow)) Refused++;
        }
        else if (_flows.Add(flow))
        {
            Fresh.Add(flow);
        }

        return false;
    }

    // Matching or not: any of them may be the one that ends a wanted flow.
    public override bool IsWatching => true;

    public override void Watch(RecordView record)
    {
        if (!forgetsEnded || record.Header.Kind != _flowKind) return;

        var isOver = !record.TryGet(_end, out var end) || (FlowEnd)end.Number != FlowEnd.Active;
        if (isOver) _ended.Add(record.Header.FlowId);
    }

    /// <summary>The packets of the batch were dealt with: flows that ended in it can go.</summary>
    public void Settle()
    {
        foreach (var flow in _ended) _flows.Remove(flow);
        _ended.Clear();
        Fresh.Clear();
    }
}
