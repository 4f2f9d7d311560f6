using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Merge;

/// <summary>What one interface saw of one flow: its records added up, for a long flow is reported in pieces.</summary>
internal sealed class FlowView
{
    private static readonly RecordSchema s_schema = RecordKinds.Register<FlowRecord>();
    private static readonly int s_first = Index("flow.first");
    private static readonly int s_last = Index("flow.last");
    private static readonly int s_end = Index("flow.end");
    private static readonly int s_state = Index("flow.tcp.state");
    private static readonly int s_rtt = Index("flow.tcp.rtt");
    private static readonly int s_midstream = Index("flow.midstream");
    private static readonly int[] s_packets = Indexes("flow.packets");
    private static readonly int[] s_bytes = Indexes("flow.bytes");
    private static readonly int[] s_payload = Indexes("flow.payload");
    private static readonly int[] s_retransmitted = Indexes("flow.tcp.retransmitted");

    private readonly ulong[] _packets = new ulong[2];
    private readonly ulong[] _bytes = new ulong[2];
    private readonly ulong[] _payload = new ulong[2];
    private readonly ulong[] _retransmitted = new ulong[2];
    private RecordHeader _header;

    public FlowView(RecordView record)
    {
        _header = record.Header;
        (FirstNanos, LastNanos) = (long.MaxValue, long.MinValue);
        Add(record);
    }

    public static ushort Kind => s_schema.Id;

    /// <summary>Of its first piece, with what was learnt of any.</summary>
    public ref readonly RecordHeader Header => ref _header;

    public long FirstNanos { get; private set; }

    public long LastNanos { get; private set; }

    public FlowEnd End { get; private set; }

    public TcpState State { get; private set; }

    public long RttNanos { get; private set; }

    public bool IsMidstream { get; private set; }

    public ulong PayloadBoth => _payload[0] + _payload[1];

    public ulong PacketsBoth => _packets[0] + _packets[1];

    /// <summary>Takes the client for the server: the view's ends are the other way round than the connection's.
    /// </summary>
    public bool IsReversed { get; set; }

    public Address Client => IsReversed ? Header.Server : Header.Client;

    public uint ClientPeer => IsReversed ? Header.ServerPeer : Header.ClientPeer;

    public uint ServerPeer => IsReversed ? Header.ClientPeer : Header.ServerPeer;

    public Origin Origin => Origins.Of(Header.Interface);

    /// <param name="direction">0 to the connection's server, 1 to its client.</param>
    public ulong Packets(int direction) => _packets[Own(direction)];

    public ulong Bytes(int direction) => _bytes[Own(direction)];

    public ulong Payload(int direction) => _payload[Own(direction)];

    public ulong Retransmitted(int direction) => _retransmitted[Own(direction)];

    /// <summary>Adds another piece of the same flow.</summary>
    public void Add(RecordView record)
    {
        var first = Number(record, s_first, record.Header.TimeNanos);
        var last = Number(record, s_last, record.Header.TimeNanos);
        // How it ended is said by the last piece, how it began by the first.
        if (last >= LastNanos)
        {
            End = (FlowEnd)Number(record, s_end, 0);
            State = (TcpState)Number(record, s_state, 0);
        }

        var (app, traits) = (Math.Max(_header.App, record.Header.App), _header.Traits | record.Header.Traits);
        if (first < FirstNanos)
        {
            _header = record.Header;
            IsMidstream = record.TryGet(s_midstream, out var flag) && flag.Flag;
        }

        (_header.App, _header.Traits) = (app, traits);
        FirstNanos = Math.Min(FirstNanos, first);
        LastNanos = Math.Max(LastNanos, last);
        RttNanos = Math.Max(RttNanos, Number(record, s_rtt, 0));
        for (var direction = 0; direction < 2; direction++)
        {
            _packets[direction] += (ulong)Number(record, s_packets[direction], 0);
            _bytes[direction] += (ulong)Number(record, s_bytes[direction], 0);
            _payload[direction] += (ulong)Number(record, s_payload[direction], 0);
            _retransmitted[direction] += (ulong)Number(record, s_retransmitted[direction], 0);
        }
    }

    private int Own(int direction) => IsReversed ? 1 - direction : direction;

    private static long Number(RecordView record, int index, long otherwise) =>
        record.TryGet(index, out var value) ? value.Nanos : otherwise;

    private static int Index(string name) => s_schema.Find(name)!.Index;

    private static int[] Indexes(string name) => [Index($"{name}.toserver"), Index($"{name}.toclient")];
}
