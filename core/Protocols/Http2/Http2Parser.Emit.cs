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
        ref var request = ref stream.Request;
        ref var response = ref stream.Response;
        ReadOnlySpan<byte> service = default, method = default, message = default;
        uint grpcStatus = 0;
        var hasGrpcStatus = false;
        if (stream.IsGrpc)
        {
            GrpcText.SplitPath(request[HeaderName.Path], out service, out method);
            hasGrpcStatus = GrpcText.TryReadStatus(response[HeaderName.GrpcStatus], out grpcStatus);
            message = MessageOf(stream);
        }

        var host = request[HeaderName.Authority];
        context.Records.Emit(
            new HttpRecord
            {
                Version = "2"u8,
                Method = request[HeaderName.Method],
                Uri = request[HeaderName.Path],
                Host = host.IsEmpty ? request[HeaderName.Host] : host,
                UserAgent = request[HeaderName.UserAgent],
                RequestContentType = request[HeaderName.ContentType],
                ResponseContentType = response[HeaderName.ContentType],
                ResponseContentEncoding = response[HeaderName.ContentEncoding],
                Referer = request[HeaderName.Referer],
                Location = response[HeaderName.Location],
                TraceParent = request[HeaderName.TraceParent],
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
                RequestHeaders = request.List,
                ResponseHeaders = response.List,
                Problem = Http2Problems.Name(stream.Problem),
                GrpcService = service,
                GrpcMethod = method,
                GrpcStatus = grpcStatus,
                HasGrpcStatus = hasGrpcStatus,
                GrpcMessage = message,
                IsGrpc = stream.IsGrpc,
                GrpcRequestMessages = stream.RequestGrpc.Messages,
                GrpcResponseMessages = stream.ResponseGrpc.Messages,
                GrpcRequestBytes = stream.RequestGrpc.Bytes,
                GrpcResponseBytes = stream.ResponseGrpc.Bytes,
            },
            stream.StartNanos, TraitsOf(stream));
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
