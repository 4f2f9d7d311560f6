using NetSniff.Protocols.Grpc;
using NetSniff.Protocols.Http;
using NetSniff.Protocols.Http2.Hpack;
using NetSniff.Records;

namespace NetSniff.Protocols.Http2;

/// <summary>From a stream to its record.</summary>
public sealed partial class Http2Parser
{
    private const int GrpcMessageBytesMax = 1024;

    /// <summary>For messages with escapes; made when the first is met.</summary>
    private byte[] _message = [];

    private void Emit(Http2Stream stream, ParseContext context)
    {
        EmitDns(stream, context);
        var call = stream.IsGrpc ? CallOf(stream) : default;
        Emit(stream, in call, context.Records);
    }

    /// <summary>Begins with the record, which is large: then it is cleared once.</summary>
    private static void Emit(Http2Stream stream, scoped in Call call, RecordSink records)
    {
        records.Emit(
            new HttpRecord
            {
                Version = "2"u8,
                Method = stream.Request[HeaderName.Method],
                Uri = stream.Request[HeaderName.Path],
                Host = HostOf(stream),
                UserAgent = stream.Request[HeaderName.UserAgent],
                RequestContentType = stream.Request[HeaderName.ContentType],
                ResponseContentType = stream.Response[HeaderName.ContentType],
                ResponseContentEncoding = stream.Response[HeaderName.ContentEncoding],
                Referer = stream.Request[HeaderName.Referer],
                Location = stream.Response[HeaderName.Location],
                TraceParent = stream.Request[HeaderName.TraceParent],
                Status = stream.Status,
                InterimStatuses = stream.Interim,
                HasRequest = stream.HasRequest,
                HasResponse = stream.HasResponse,
                RequestBytes = stream.RequestBytes,
                ResponseBytes = stream.ResponseBytes,
                StreamId = stream.Id,
                HasStreamId = true,
                LatencyNanos = Math.Max(0, stream.HeadNanos - stream.StartNanos),
                HasLatency = stream.HasRequest && stream.HasResponse,
                DurationNanos = Math.Max(0, stream.EndNanos - stream.StartNanos),
                HasDuration = stream.HasRequest && stream.IsResponseEnded,
                RequestHeaders = stream.Request.List,
                ResponseHeaders = stream.Response.List,
                Problem = Http2Problems.Name(stream.Problem),
                GrpcService = call.Service,
                GrpcMethod = call.Method,
                GrpcStatus = call.Status,
                HasGrpcStatus = call.HasStatus,
                GrpcMessage = call.Message,
                IsGrpc = stream.IsGrpc,
                GrpcRequestMessages = stream.RequestGrpc.Messages,
                GrpcResponseMessages = stream.ResponseGrpc.Messages,
                GrpcRequestBytes = stream.RequestGrpc.Bytes,
                GrpcResponseBytes = stream.ResponseGrpc.Bytes,
            },
            stream.StartNanos, TraitsOf(stream));
    }

    private static ReadOnlySpan<byte> HostOf(Http2Stream stream) =>
        stream.Request[HeaderName.Authority] is { IsEmpty: false } authority
            ? authority
            : stream.Request[HeaderName.Host];

    private Call CallOf(Http2Stream stream)
    {
        GrpcText.SplitPath(stream.Request[HeaderName.Path], out var service, out var method);
        var hasStatus = GrpcText.TryReadStatus(stream.Response[HeaderName.GrpcStatus], out var status);
        return new Call
        {
            Service = service,
            Method = method,
            Status = status,
            HasStatus = hasStatus,
            Message = MessageOf(stream),
        };
    }

    /// <summary>What a call of gRPC says beside the exchange.</summary>
    private readonly ref struct Call
    {
        public ReadOnlySpan<byte> Service { get; init; }
        public ReadOnlySpan<byte> Method { get; init; }
        public ReadOnlySpan<byte> Message { get; init; }
        public uint Status { get; init; }
        public bool HasStatus { get; init; }
    }

    /// <summary>A broken connection of which no stream was open still says what broke it.</summary>
    private static void EmitProblem(Http2Problem problem, ParseContext context)
    {
        var record = new HttpRecord { Version = "2"u8, Problem = Http2Problems.Name(problem) };
        context.Records.Emit(in record, context.NowNanos, RecordTraits.Malformed | RecordTraits.Partial);
    }

    private ReadOnlySpan<byte> MessageOf(Http2Stream stream)
    {
        var encoded = stream.Response[HeaderName.GrpcMessage];
        if (!encoded.Contains((byte)'%')) return encoded;

        if (_message.Length == 0) _message = new byte[GrpcMessageBytesMax];
        var length = GrpcText.DecodeMessage(encoded, _message);
        if (length == _message.Length) stream.IsPartial = true;
        return _message.AsSpan(0, length);
    }

    private static RecordTraits TraitsOf(Http2Stream stream)
    {
        var isPartial = stream.IsPartial || !stream.HasRequest
            || stream.Request.IsCut || stream.Response.IsCut
            || stream.RequestGrpc.IsLost || stream.ResponseGrpc.IsLost;
        return (isPartial ? RecordTraits.Partial : RecordTraits.None)
            | (stream.IsMalformed ? RecordTraits.Malformed : RecordTraits.None);
    }
}
