using System.Runtime.CompilerServices;
using NetSniff.Records;

namespace NetSniff.Protocols.Http;

/// <summary>One HTTP exchange of any version, request and response paired; a gRPC call is one with more to say.
/// </summary>
/// <remarks>HTTP/1 and HTTP/2 share it, so that `http.status >= 500` means all of them.</remarks>
public readonly ref struct HttpRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "http",
        "One HTTP request with its response: HTTP/1, HTTP/2, and gRPC calls over it.",
        "{grpc.service}/{grpc.method}  {grpc.status|http.status}  {http.latency~3}",
        "{grpc.service}/{grpc.method}  {http.problem}",
        "{http.method} {http.host~2}{http.uri}  {http.status}  {http.latency~3}  {http.response.bytes~1}↓",
        "{http.method} {http.uri}  {http.status}  {http.latency~3}",
        "(request not seen)  {http.status}",
        "{http.problem}");

    /// <summary>`0.9`, `1.0`, `1.1`, `2`.</summary>
    public ReadOnlySpan<byte> Version { get; init; }
    public ReadOnlySpan<byte> Method { get; init; }

    /// <summary>Request target as on the wire.</summary>
    public ReadOnlySpan<byte> Uri { get; init; }
    public ReadOnlySpan<byte> Host { get; init; }
    public ReadOnlySpan<byte> UserAgent { get; init; }
    public ReadOnlySpan<byte> RequestContentType { get; init; }
    public ReadOnlySpan<byte> ResponseContentType { get; init; }
    public ReadOnlySpan<byte> ResponseContentEncoding { get; init; }
    public ReadOnlySpan<byte> Referer { get; init; }
    public ReadOnlySpan<byte> Location { get; init; }
    public ReadOnlySpan<byte> Upgrade { get; init; }
    public ReadOnlySpan<byte> TraceParent { get; init; }

    /// <summary>0 when no response was seen.</summary>
    public uint Status { get; init; }
    public ReadOnlySpan<ulong> InterimStatuses { get; init; }
    public bool HasRequest { get; init; }
    public bool HasResponse { get; init; }
    public ulong RequestBytes { get; init; }
    public ulong ResponseBytes { get; init; }
    public uint StreamId { get; init; }
    public bool HasStreamId { get; init; }

    /// <summary>First byte of the request to the end of the response's head.</summary>
    public long LatencyNanos { get; init; }
    public bool HasLatency { get; init; }

    /// <summary>First byte of the request to the last byte of the response.</summary>
    public long DurationNanos { get; init; }
    public bool HasDuration { get; init; }

    /// <summary>`name: value` each, in order as on the wire.</summary>
    public TextList RequestHeaders { get; init; }
    public TextList ResponseHeaders { get; init; }

    /// <summary>What was wrong, as a short stable name: `request-line`, `header-too-long`, `reset`.</summary>
    public ReadOnlySpan<byte> Problem { get; init; }

    public ReadOnlySpan<byte> GrpcService { get; init; }
    public ReadOnlySpan<byte> GrpcMethod { get; init; }
    public uint GrpcStatus { get; init; }
    public bool HasGrpcStatus { get; init; }
    public ReadOnlySpan<byte> GrpcMessage { get; init; }
    public bool IsGrpc { get; init; }
    public ulong GrpcRequestMessages { get; init; }
    public ulong GrpcResponseMessages { get; init; }
    public ulong GrpcRequestBytes { get; init; }
    public ulong GrpcResponseBytes { get; init; }

    /// <summary>In parts, each few enough for the compiler to keep the visitor's state in registers (ADR 72).</summary>
    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        DescribeExchange(ref visitor);
        DescribeNamed(ref visitor);
        DescribeHeads(ref visitor);
        DescribeCall(ref visitor);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeExchange<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        fields.Text("http.version", "Protocol version: 0.9, 1.0, 1.1 or 2", Version);
        fields.Text("http.method", "Request method", Method);
        fields.Text("http.uri", "Request target as on the wire", Uri);
        fields.Text("http.host", "Host header or :authority", Host);
        fields.Number("http.status", "Status code of the final response", Status, Status != 0);
        fields.Duration("http.latency", "Request's first byte to the end of the response's head", LatencyNanos,
            HasLatency);
        fields.Duration("http.duration", "Request's first byte to the response's last", DurationNanos, HasDuration);
        fields.Number("http.request.bytes", "Body bytes of the request as on the wire", RequestBytes, HasRequest);
        fields.Number("http.response.bytes", "Body bytes of the response as on the wire", ResponseBytes, HasResponse);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeNamed<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        fields.Text("http.request.content_type", "Content-Type of the request", RequestContentType);
        fields.Text("http.response.content_type", "Content-Type of the response", ResponseContentType);
        fields.Text("http.response.content_encoding", "Content-Encoding of the response", ResponseContentEncoding);
        fields.Text("http.user_agent", "User-Agent header", UserAgent);
        fields.Text("http.referer", "Referer header", Referer);
        fields.Text("http.location", "Location header of a redirect", Location);
        fields.Text("http.upgrade", "Upgrade header the server agreed to", Upgrade);
        fields.Text("http.traceparent", "W3C trace context of the request", TraceParent);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeHeads<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        fields.Numbers("http.interim", "Interim (1xx) status codes before the final one", InterimStatuses);
        fields.Number("http.stream", "HTTP/2 stream", StreamId, HasStreamId);
        fields.Texts("http.request.headers", "Request headers, `name: value`", RequestHeaders);
        fields.Texts("http.response.headers", "Response headers, `name: value`", ResponseHeaders);
        fields.Text("http.problem", "What was wrong with the exchange", Problem);
        visitor = fields;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DescribeCall<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        var fields = visitor;
        fields.Text("grpc.service", "gRPC service, with its package", GrpcService);
        fields.Text("grpc.method", "gRPC method", GrpcMethod);
        fields.Number("grpc.status", "gRPC status code: 0 is OK", GrpcStatus, HasGrpcStatus);
        fields.Text("grpc.message", "gRPC status message", GrpcMessage);
        fields.Number("grpc.request.messages", "Messages the client sent", GrpcRequestMessages, IsGrpc);
        fields.Number("grpc.response.messages", "Messages the server sent", GrpcResponseMessages, IsGrpc);
        fields.Number("grpc.request.bytes", "Bytes of the client's messages", GrpcRequestBytes, IsGrpc);
        fields.Number("grpc.response.bytes", "Bytes of the server's messages", GrpcResponseBytes, IsGrpc);
        visitor = fields;
    }
}
