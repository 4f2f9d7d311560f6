using NetSniff.Protocols;
using NetSniff.Protocols.WebSocket;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>A WebSocket connection as one `websocket` event. Suricata writes one a frame; `frames` and `ops` here are
/// what its events would add up to.</summary>
internal static class WebSocketEve
{
    public static void Write(EveWriter writer, RecordView record)
    {
        // Agreed on and then not used: Suricata would have written nothing either.
        if (record.TryGet(Fields.Frames, out var frames) && frames.Number == 0) return;

        var json = writer.Json;
        writer.Begin(record.Header, "websocket"u8, record.Header.TimeNanos, Direction.ToServer);
        json.WriteStartObject("websocket");
        Text(writer, record, Fields.Host, "hostname");
        Text(writer, record, Fields.Uri, "url");
        Text(writer, record, Fields.Subprotocol, "subprotocol");
        Number(writer, record, Fields.Frames, "frames");
        json.WriteStartObject("ops");
        Count(writer, record, Fields.TextFrames, "text");
        Count(writer, record, Fields.Binary, "binary");
        Count(writer, record, Fields.Continuation, "continuation");
        Count(writer, record, Fields.Close, "connection_close");
        Count(writer, record, Fields.Ping, "ping");
        Count(writer, record, Fields.Pong, "pong");
        json.WriteEndObject();
        Number(writer, record, Fields.Masked, "masked");
        Number(writer, record, Fields.BytesToServer, "bytes_toserver");
        Number(writer, record, Fields.BytesToClient, "bytes_toclient");
        if (record.TryGet(Fields.Compressed, out var compressed)) json.WriteBoolean("compress", compressed.Flag);
        Number(writer, record, Fields.CloseCode, "close_code");
        Text(writer, record, Fields.CloseReason, "close_reason");
        json.WriteEndObject();
        writer.End();
    }

    /// <summary>Opcodes that were met, and only those.</summary>
    private static void Count(EveWriter writer, RecordView record, int field, string name)
    {
        if (record.TryGet(field, out var count) && count.Number > 0) writer.Json.WriteNumber(name, count.Number);
    }

    private static void Number(EveWriter writer, RecordView record, int field, string name)
    {
        if (record.TryGet(field, out var value)) writer.Json.WriteNumber(name, value.Number);
    }

    private static void Text(EveWriter writer, RecordView record, int field, string name)
    {
        if (record.TryGet(field, out var value)) writer.Text(name, value.Text);
    }

    /// <summary>Places of the fields, looked up by name once.</summary>
    private static class Fields
    {
        public static readonly int Host = Of("ws.host"), Uri = Of("ws.uri"), Subprotocol = Of("ws.subprotocol"),
            Frames = Of("ws.frames"), TextFrames = Of("ws.text"), Binary = Of("ws.binary"),
            Continuation = Of("ws.continuation"), Close = Of("ws.close"), Ping = Of("ws.ping"), Pong = Of("ws.pong"),
            Masked = Of("ws.masked"), BytesToServer = Of("ws.bytes.toserver"),
            BytesToClient = Of("ws.bytes.toclient"), Compressed = Of("ws.compressed"),
            CloseCode = Of("ws.close.code"), CloseReason = Of("ws.close.reason");

        private static int Of(string name) => RecordKinds.Register<WebSocketRecord>().Find(name)!.Index;
    }
}
