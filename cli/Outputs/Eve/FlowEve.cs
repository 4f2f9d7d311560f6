using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>A flow that ended, as Suricata's `flow` event.</summary>
internal static class FlowEve
{
    private const long NanosPerSecond = 1_000_000_000;

    private static readonly RecordSchema s_schema = RecordKinds.Register<FlowRecord>();
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
        var json = writer.Json;
        var last = (long)Word(record, s_last);
        writer.Begin(header, "flow", last, Direction.ToServer);
        if (header.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp)
        {
            json.WriteString("app_proto"u8, AppName(header.App));
        }

        json.WriteStartObject("flow"u8);
        json.WriteNumber("pkts_toserver"u8, Word(record, s_packetsToServer));
        json.WriteNumber("pkts_toclient"u8, Word(record, s_packetsToClient));
        json.WriteNumber("bytes_toserver"u8, Word(record, s_bytesToServer));
        json.WriteNumber("bytes_toclient"u8, Word(record, s_bytesToClient));
        writer.Time("start"u8, (long)Word(record, s_first));
        writer.Time("end"u8, last);
        json.WriteNumber("age"u8, (last / NanosPerSecond) - ((long)Word(record, s_first) / NanosPerSecond));
        var isTcp = record.Has(s_state);
        var state = (TcpState)Word(record, s_state);
        var isAnswered = Word(record, s_packetsToClient) > 0;
        json.WriteString("state"u8, isTcp ? StateOf(state) : isAnswered ? "established"u8 : "new"u8);
        json.WriteString("reason"u8, ReasonOf((FlowEnd)Word(record, s_end)));
        json.WriteBoolean("alerted"u8, false);
        json.WriteEndObject();
        if (isTcp) WriteTcp(writer, record, state);
        writer.End();
    }

    /// <summary>Suricata's name of an application; `failed` where nothing was recognised.</summary>
    public static string AppName(ushort app) => Apps.Name(app) switch
    {
        "" => "failed",
        "grpc" => "http2",
        var name => name,
    };

    private static void WriteTcp(EveWriter writer, RecordView record, TcpState state)
    {
        var toServer = (TcpFlags)Word(record, s_flagsToServer);
        var toClient = (TcpFlags)Word(record, s_flagsToClient);
        var json = writer.Json;
        var both = toServer | toClient;
        json.WriteStartObject("tcp"u8);
        WriteHex(writer, "tcp_flags"u8, both);
        WriteHex(writer, "tcp_flags_ts"u8, toServer);
        WriteHex(writer, "tcp_flags_tc"u8, toClient);
        if ((both & TcpFlags.Syn) != 0) json.WriteBoolean("syn"u8, true);
        if ((both & TcpFlags.Fin) != 0) json.WriteBoolean("fin"u8, true);
        if ((both & TcpFlags.Rst) != 0) json.WriteBoolean("rst"u8, true);
        if ((both & TcpFlags.Psh) != 0) json.WriteBoolean("psh"u8, true);
        if ((both & TcpFlags.Ack) != 0) json.WriteBoolean("ack"u8, true);
        if ((both & TcpFlags.Urg) != 0) json.WriteBoolean("urg"u8, true);
        if ((both & TcpFlags.Ece) != 0) json.WriteBoolean("ecn"u8, true);
        if ((both & TcpFlags.Cwr) != 0) json.WriteBoolean("cwr"u8, true);
        json.WriteString("state"u8, NameOf(state));
        json.WriteEndObject();
    }

    private static void WriteHex(EveWriter writer, ReadOnlySpan<byte> name, TcpFlags flags)
    {
        ReadOnlySpan<byte> text = [JsonText.HexDigit((int)flags >> 4), JsonText.HexDigit((int)flags & 0xF)];
        writer.Json.WriteString(name, text);
    }

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
}
