using System.Buffers.Text;
using System.Text.Json;
using NetSniff.Protocols;
using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>HTTP exchanges as Suricata's `http` events. HTTP/2 says `version` 2, lists its headers and names its
/// stream; of a gRPC call there is more under `grpc`, which is ours.</summary>
internal static class HttpEve
{
    public static void Write(EveWriter writer, RecordView record)
    {
        // A line that is no request, told with what was wrong about it, is no exchange either.
        if (!record.Has(Fields.Uri) && !record.Has(Fields.Status) && !record.Has(Fields.Stream))
        {
            WriteAnomaly(writer, record);
            return;
        }

        var json = writer.Json;
        writer.Begin(record.Header, "http"u8, record.Header.TimeNanos, Direction.ToServer);
        json.WriteStartObject("http"u8);
        var isStream = record.TryGet(Fields.Stream, out var stream);
        if (isStream) json.WriteString("version"u8, "2"u8);
        WriteHost(writer, record);
        Text(writer, record, Fields.Uri, "url"u8);
        Text(writer, record, Fields.UserAgent, "http_user_agent"u8);
        WriteMedia(writer, record, Fields.ResponseType, "http_content_type"u8);
        if (isStream) WriteMedia(writer, record, Fields.RequestType, "request_content_type"u8);
        Text(writer, record, Fields.Referer, "http_refer"u8);
        Text(writer, record, Fields.Method, "http_method"u8);
        if (!isStream) WriteProtocol(writer, record);
        WriteStatus(writer, record);
        if (record.TryGet(Fields.ResponseBytes, out var size)) json.WriteNumber("length"u8, size.Number);
        if (isStream) WriteStream(writer, record, stream.Number);
        json.WriteEndObject();
        writer.End();
    }

    /// <summary>Where no final response came, the last interim one is all there is to say.</summary>
    private static void WriteStatus(EveWriter writer, RecordView record)
    {
        if (record.TryGet(Fields.Status, out var status))
        {
            writer.Json.WriteNumber("status"u8, status.Number);
            if (status.Number is >= 300 and < 400) Text(writer, record, Fields.Location, "redirect"u8);
        }
        else if (record.TryGet(Fields.Interim, out var interim))
        {
            writer.Json.WriteNumber("status"u8, interim.NumberAt(interim.NumbersCount - 1));
        }
    }

    private static void WriteStream(EveWriter writer, RecordView record, ulong stream)
    {
        WriteHeaders(writer, record, Fields.RequestHeaders, "request_headers"u8);
        WriteHeaders(writer, record, Fields.ResponseHeaders, "response_headers"u8);
        var json = writer.Json;
        json.WriteStartObject("http2"u8);
        json.WriteNumber("stream_id"u8, stream);
        json.WriteStartObject("request"u8);
        json.WriteEndObject();
        json.WriteStartObject("response"u8);
        json.WriteEndObject();
        json.WriteEndObject();
        if (!record.Has(Fields.GrpcService) && !record.Has(Fields.GrpcStatus)) return;

        json.WriteStartObject("grpc"u8);
        Text(writer, record, Fields.GrpcService, "service"u8);
        Text(writer, record, Fields.GrpcMethod, "method"u8);
        // The status itself stands in the list of headers, as text; here it is a number.
        if (record.TryGet(Fields.GrpcStatus, out var status)) json.WriteNumber("code"u8, status.Number);
        Text(writer, record, Fields.GrpcMessage, "message"u8);
        json.WriteEndObject();
    }

    /// <summary>Without its port, which has a field of its own.</summary>
    private static void WriteHost(EveWriter writer, RecordView record)
    {
        if (!record.TryGet(Fields.Host, out var value)) return;

        var host = value.Text;
        var port = SplitPort(ref host);
        writer.Text("hostname"u8, host);
        if (port > 0) writer.Json.WriteNumber("http_port"u8, port);
    }

    /// <summary>0 where there is none. An IPv6 address stands in brackets, else its last group would be one.</summary>
    private static int SplitPort(ref ReadOnlySpan<byte> host)
    {
        var colon = host.LastIndexOf((byte)':');
        if (colon <= 0) return 0;
        if (host[..colon].Contains((byte)':') && host[colon - 1] != (byte)']') return 0;

        var digits = host[(colon + 1)..];
        if (!Utf8Parser.TryParse(digits, out ushort port, out var used) || used != digits.Length) return 0;

        host = host[..colon];
        return port;
    }

    /// <summary>The media type, without the parameters behind it.</summary>
    private static void WriteMedia(EveWriter writer, RecordView record, int field, ReadOnlySpan<byte> name)
    {
        if (!record.TryGet(field, out var value)) return;

        var media = value.Text;
        var end = media.IndexOf((byte)';');
        writer.Text(name, (end < 0 ? media : media[..end]).TrimEnd((byte)' '));
    }

    private static void WriteProtocol(EveWriter writer, RecordView record)
    {
        if (!record.TryGet(Fields.Version, out var version)) return;

        Span<byte> text = stackalloc byte[16];
        "HTTP/"u8.CopyTo(text);
        var digits = version.Text[..Math.Min(version.Text.Length, text.Length - 5)];
        digits.CopyTo(text[5..]);
        writer.Text("protocol"u8, text[..(5 + digits.Length)]);
    }

    private static void WriteHeaders(EveWriter writer, RecordView record, int field, ReadOnlySpan<byte> name)
    {
        if (!record.TryGet(field, out var headers)) return;

        var json = writer.Json;
        json.WriteStartArray(name);
        foreach (var line in headers.Texts)
        {
            // Not from the first byte on: pseudo-headers begin with a colon.
            var colon = line.Length > 1 ? line[1..].IndexOf(": "u8) + 1 : 0;
            json.WriteStartObject();
            writer.Text("name"u8, colon > 0 ? line[..colon] : line);
            writer.Text("value"u8, colon > 0 ? line[(colon + 2)..] : default);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Neither request nor response could be made out: what remains is what was wrong.</summary>
    private static void WriteAnomaly(EveWriter writer, RecordView record)
    {
        if (!record.TryGet(Fields.Problem, out var problem)) return;

        var json = writer.Json;
        writer.Begin(record.Header, "anomaly"u8, record.Header.TimeNanos, Direction.ToServer);
        json.WriteStartObject("anomaly"u8);
        var isHttp2 = record.TryGet(Fields.Version, out var version) && version.Text is [(byte)'2'];
        json.WriteString("app_proto"u8, isHttp2 ? "http2"u8 : "http"u8);
        json.WriteString("type"u8, "applayer"u8);
        writer.Text("event"u8, problem.Text);
        json.WriteString("layer"u8, "proto_parser"u8);
        json.WriteEndObject();
        writer.End();
    }

    private static void Text(EveWriter writer, RecordView record, int field, ReadOnlySpan<byte> name)
    {
        if (record.TryGet(field, out var value)) writer.Text(name, value.Text);
    }

    /// <summary>Places of the fields, looked up by name once.</summary>
    private static class Fields
    {
        public static readonly int Version = Of("http.version"), Method = Of("http.method"), Uri = Of("http.uri"),
            Host = Of("http.host"), Status = Of("http.status"), ResponseBytes = Of("http.response.bytes"),
            RequestType = Of("http.request.content_type"), ResponseType = Of("http.response.content_type"),
            UserAgent = Of("http.user_agent"), Referer = Of("http.referer"), Location = Of("http.location"),
            Interim = Of("http.interim"), Stream = Of("http.stream"), RequestHeaders = Of("http.request.headers"),
            ResponseHeaders = Of("http.response.headers"), Problem = Of("http.problem"),
            GrpcService = Of("grpc.service"), GrpcMethod = Of("grpc.method"), GrpcStatus = Of("grpc.status"),
            GrpcMessage = Of("grpc.message");

        private static int Of(string name) => RecordKinds.Register<HttpRecord>().Find(name)!.Index;
    }
}
