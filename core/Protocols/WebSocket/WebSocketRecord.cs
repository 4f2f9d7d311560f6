using NetSniff.Records;

namespace NetSniff.Protocols.WebSocket;

/// <summary>One WebSocket connection, from its handshake to its end.</summary>
public readonly ref struct WebSocketRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "websocket",
        "One WebSocket connection: frames and bytes both ways, how it was closed.",
        "{ws.host~2}{ws.uri}  {ws.messages~1} messages  {ws.bytes.toserver}↑ {ws.bytes.toclient}↓  "
            + "closed {ws.close.code~3}",
        "{ws.host~2}{ws.uri}  {ws.messages~1} messages  {ws.bytes.toserver}↑ {ws.bytes.toclient}↓",
        "{ws.frames} frames  {ws.bytes.toserver}↑ {ws.bytes.toclient}↓");

    public ReadOnlySpan<byte> Uri { get; init; }
    public ReadOnlySpan<byte> Host { get; init; }
    public ReadOnlySpan<byte> Subprotocol { get; init; }

    /// <summary>Frames by opcode, all sixteen of them.</summary>
    public ReadOnlySpan<ulong> Opcodes { get; init; }
    public ulong Frames { get; init; }
    public ulong FramesToServer { get; init; }
    public ulong FramesToClient { get; init; }
    public ulong BytesToServer { get; init; }
    public ulong BytesToClient { get; init; }
    public ulong Masked { get; init; }
    public ulong Messages { get; init; }
    public ulong Fragmented { get; init; }
    public bool IsCompressed { get; init; }
    public uint CloseCode { get; init; }
    public ReadOnlySpan<byte> CloseReason { get; init; }
    public long DurationNanos { get; init; }
    public ReadOnlySpan<byte> Problem { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        var ops = Opcodes.Length == WebSocketOpcode.Count ? Opcodes : stackalloc ulong[WebSocketOpcode.Count];
        visitor.Text("ws.uri", "Request target of the handshake", Uri);
        visitor.Text("ws.host", "Host of the handshake", Host);
        visitor.Text("ws.subprotocol", "Subprotocol the server chose", Subprotocol);
        visitor.Number("ws.frames", "Frames of all opcodes, both ways", Frames);
        visitor.Number("ws.frames.toserver", "Frames the client sent", FramesToServer);
        visitor.Number("ws.frames.toclient", "Frames the server sent", FramesToClient);
        visitor.Number("ws.text", "Text frames", ops[WebSocketOpcode.Text]);
        visitor.Number("ws.binary", "Binary frames", ops[WebSocketOpcode.Binary]);
        visitor.Number("ws.continuation", "Continuation frames", ops[WebSocketOpcode.Continuation]);
        visitor.Number("ws.close", "Close frames", ops[WebSocketOpcode.Close]);
        visitor.Number("ws.ping", "Ping frames", ops[WebSocketOpcode.Ping]);
        visitor.Number("ws.pong", "Pong frames", ops[WebSocketOpcode.Pong]);
        visitor.Number("ws.masked", "Masked frames: all of a client's must be", Masked);
        visitor.Number("ws.messages", "Text and binary messages that were finished", Messages);
        visitor.Number("ws.fragmented", "Messages sent in several frames", Fragmented);
        visitor.Number("ws.bytes.toserver", "Payload bytes the client sent", BytesToServer);
        visitor.Number("ws.bytes.toclient", "Payload bytes the server sent", BytesToClient);
        visitor.Flag("ws.compressed", "permessage-deflate was agreed on or used", IsCompressed);
        visitor.Number("ws.close.code", "Status code of the first close frame", CloseCode, CloseCode != 0);
        visitor.Text("ws.close.reason", "Reason in the first close frame", CloseReason);
        visitor.Duration("ws.duration", "From the handshake to the last frame", DurationNanos);
        visitor.Text("ws.problem", "What was wrong with the frames", Problem);
    }
}
