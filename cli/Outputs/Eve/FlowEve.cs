using System.Text;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>A flow that ended, as Suricata's `flow` event.</summary>
internal static class FlowEve
{
    private const long NanosPerSecond = 1_000_000_000;
    private const int FlowBytesMax = 768;

    private static readonly RecordSchema s_schema = RecordKinds.Register<FlowRecord>();
    private static readonly AppNames s_apps = new();
    private static readonly int s_first = Index("flow.first");
    private static readonly int s_last = Index("flow.last");
    private static readonly int s_packetsToServer = Index("flow.packets.toserver");
    private static readonly int s_packetsToClient = Index("flow.packets.toclient");
    private static readonly int s_bytesToServer = Index("flow.bytes.toserver");
    private static readonly int s_bytesToClient = Index("flow.bytes.toclient");
    private static readonly int s_end = Index("flow.end");
    private static readonly int s_state = Index("flow.tcp.state");
    private static readonly int s_flagsToServer = Index("flow.tcp.flags.toserver");
    private static readonly int s_flagsToClient = Index("flow.tcp.flags.toclient");

    public static void Write(EveWriter writer, RecordView record)
    {
        ref readonly var header = ref record.Header;
        var first = (long)Word(record, s_first);
        var last = (long)Word(record, s_last);
        var isTcp = record.Has(s_state);
        var state = (TcpState)Word(record, s_state);
        var isAnswered = Word(record, s_packetsToClient) > 0;
        writer.Begin(header, "flow"u8, last, Direction.ToServer);
        if (header.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp)
        {
            writer.Json.WriteString("app_proto"u8, s_apps.Of(header.App));
        }

        var flow = writer.Json.Begin(FlowBytesMax);
        flow.Put(",\"flow\":{\"pkts_toserver\":"u8);
        flow.Put(Word(record, s_packetsToServer));
        flow.Put(",\"pkts_toclient\":"u8);
        flow.Put(Word(record, s_packetsToClient));
        flow.Put(",\"bytes_toserver\":"u8);
        flow.Put(Word(record, s_bytesToServer));
        flow.Put(",\"bytes_toclient\":"u8);
        flow.Put(Word(record, s_bytesToClient));
        flow.Put(",\"start\":\""u8);
        writer.Time(ref flow, first);
        flow.Put("\",\"end\":\""u8);
        writer.Time(ref flow, last);
        flow.Put("\",\"age\":"u8);
        flow.Put((ulong)Math.Max(0, (last / NanosPerSecond) - (first / NanosPerSecond)));
        flow.Put(",\"state\":\""u8);
        flow.Put(isTcp ? StateOf(state) : isAnswered ? "established"u8 : "new"u8);
        flow.Put("\",\"reason\":\""u8);
        flow.Put(ReasonOf((FlowEnd)Word(record, s_end)));
        flow.Put("\",\"alerted\":false}"u8);
        if (isTcp) PutTcp(ref flow, record, state);
        writer.Json.End(in flow);
        writer.End();
    }

    /// <summary>Suricata's name of an application; `failed` where nothing was recognised.</summary>
    public static string AppName(ushort app) => Apps.Name(app) switch
    {
        "" => "failed",
        "grpc" => "http2",
        var name => name,
    };

    private static void PutTcp(ref JsonPiece flow, RecordView record, TcpState state)
    {
        var toServer = (TcpFlags)Word(record, s_flagsToServer);
        var toClient = (TcpFlags)Word(record, s_flagsToClient);
        var both = toServer | toClient;
        flow.Put(",\"tcp\":{\"tcp_flags\":\""u8);
        PutHex(ref flow, both);
        flow.Put("\",\"tcp_flags_ts\":\""u8);
        PutHex(ref flow, toServer);
        flow.Put("\",\"tcp_flags_tc\":\""u8);
        PutHex(ref flow, toClient);
        flow.Put("\""u8);
        if ((both & TcpFlags.Syn) != 0) flow.Put(",\"syn\":true"u8);
        if ((both & TcpFlags.Fin) != 0) flow.Put(",\"fin\":true"u8);
        if ((both & TcpFlags.Rst) != 0) flow.Put(",\"rst\":true"u8);
        if ((both & TcpFlags.Psh) != 0) flow.Put(",\"psh\":true"u8);
        if ((both & TcpFlags.Ack) != 0) flow.Put(",\"ack\":true"u8);
        if ((both & TcpFlags.Urg) != 0) flow.Put(",\"urg\":true"u8);
        if ((both & TcpFlags.Ece) != 0) flow.Put(",\"ecn\":true"u8);
        if ((both & TcpFlags.Cwr) != 0) flow.Put(",\"cwr\":true"u8);
        flow.Put(",\"state\":\""u8);
        flow.Put(NameOf(state));
        flow.Put("\"}"u8);
    }

    private static void PutHex(ref JsonPiece flow, TcpFlags flags) =>
        flow.Put([JsonText.HexDigit((int)flags >> 4), JsonText.HexDigit((int)flags & 0xF)]);

    private static ReadOnlySpan<byte> StateOf(TcpState state) => state switch
    {
        TcpState.None or TcpState.SynSent or TcpState.SynReceived => "new"u8,
        TcpState.Established => "established"u8,
        _ => "closed"u8,
    };

    private static ReadOnlySpan<byte> NameOf(TcpState state) => state switch
    {
        TcpState.SynSent => "syn_sent"u8,
        TcpState.SynReceived => "syn_recv"u8,
        TcpState.Established => "established"u8,
        TcpState.FinWait1 => "fin_wait1"u8,
        TcpState.FinWait2 => "fin_wait2"u8,
        TcpState.TimeWait => "time_wait"u8,
        TcpState.LastAck => "last_ack"u8,
        TcpState.CloseWait => "close_wait"u8,
        TcpState.Closing => "closing"u8,
        TcpState.Closed => "closed"u8,
        _ => "none"u8,
    };

    private static ReadOnlySpan<byte> ReasonOf(FlowEnd end) => end switch
    {
        FlowEnd.CaptureEnded => "shutdown"u8,
        FlowEnd.Evicted => "forced"u8,
        _ => "timeout"u8,
    };

    private static ulong Word(RecordView record, int field) => record.TryGet(field, out var value) ? value.Number : 0;

    private static int Index(string name) =>
        s_schema.Find(name)?.Index ?? throw new InvalidOperationException($"no field {name}");

    /// <summary>Names as UTF-8, each turned into it once.</summary>
    private sealed class AppNames
    {
        private volatile byte[]?[] _names = new byte[]?[64];

        public ReadOnlySpan<byte> Of(ushort app)
        {
            var names = _names;
            if (app < names.Length && names[app] is { } known) return known;

            var name = Encoding.UTF8.GetBytes(AppName(app));
            if (app >= names.Length) Array.Resize(ref names, Math.Max(app + 1, 2 * names.Length));
            names[app] = name;
            _names = names;
            return name;
        }
    }
}
