using NetSniff.Flows;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Summary;

/// <summary>What the summary wants to know of a flow.</summary>
internal readonly record struct FlowNumbers(long Packets, long Bytes, FlowEnd End, long? RttNanos)
{
    private static readonly RecordSchema s_schema = RecordKinds.Register<FlowRecord>();
    private static readonly int s_packetsToServer = Index("flow.packets.toserver");
    private static readonly int s_packetsToClient = Index("flow.packets.toclient");
    private static readonly int s_bytesToServer = Index("flow.bytes.toserver");
    private static readonly int s_bytesToClient = Index("flow.bytes.toclient");
    private static readonly int s_end = Index("flow.end");
    private static readonly int s_rtt = Index("flow.tcp.rtt");

    public static FlowNumbers Read(RecordView record) => new(
        Word(record, s_packetsToServer) + Word(record, s_packetsToClient),
        Word(record, s_bytesToServer) + Word(record, s_bytesToClient),
        (FlowEnd)Word(record, s_end),
        record.TryGet(s_rtt, out var rtt) ? rtt.Nanos : null);

    private static long Word(RecordView record, int index) => record.TryGet(index, out var value) ? value.Nanos : 0;

    private static int Index(string name) =>
        s_schema.Find(name)?.Index ?? throw new InvalidOperationException($"no field {name}");
}
