using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics;
using NetSniff.Protocols.Grpc;
using NetSniff.Protocols.Http2.Hpack;

namespace NetSniff.Protocols.Http2;

/// <summary>Header blocks (RFC 9113 sections 4.3 and 8.3).</summary>
public sealed partial class Http2Parser
{
    private const int PriorityBytes = 5;

    /// <summary>Of a block that is read for its table only.</summary>
    private Http2Head _nobodys = new();

    private Http2Problem OnHeaders(
        Http2Side side, in Http2FrameHeader frame, ReadOnlySpan<byte> payload, Direction direction,
        ParseContext context)
    {
        var before = frame.Has(Http2FrameHeader.Priority) ? PriorityBytes : 0;
        if (!TryStrip(in frame, payload, before, out var fragment) && !IsLong(side)) return Http2Problem.Padding;

        BeginBlock(side, frame.StreamId, promisedId: 0, frame.Has(Http2FrameHeader.EndStream), context);
        return AddFragment(side, in frame, fragment, direction, context);
    }

    private Http2Problem OnPushPromise(
        Http2Side side, in Http2FrameHeader frame, ReadOnlySpan<byte> payload, Direction direction,
        ParseContext context)
    {
        if (!TryStrip(in frame, payload, sizeof(uint), out var fragment))
        {
            if (!IsLong(side)) return Http2Problem.Padding;

            // Its number lies in the bytes we let pass.
            BeginBlock(side, frame.StreamId, promisedId: 0, isEnding: false, context);
            return AddFragment(side, in frame, default, direction, context);
        }

        var start = frame.Has(Http2FrameHeader.Padded) ? 1 : 0;
        var promisedId = BinaryPrimitives.ReadUInt32BigEndian(payload[start..]) & 0x7FFF_FFFF;
        if (promisedId == 0 || (promisedId & 1) != 0) return Http2Problem.StreamId;

        BeginBlock(side, frame.StreamId, promisedId, isEnding: false, context);
        return AddFragment(side, in frame, fragment, direction, context);
    }

    private Http2Problem OnContinuation(
        Http2Side side, in Http2FrameHeader frame, ReadOnlySpan<byte> payload, Direction direction,
        ParseContext context)
    {
        if (side.BlockStreamId != 0) return AddFragment(side, in frame, payload, direction, context);

        // The end of a block we lost the beginning of: what it did to the table is unknown.
        side.Hpack.Forget();
        return Http2Problem.None;
    }

    /// <summary>The frame was too long to be held: its payload is being skipped.</summary>
    private static bool IsLong(Http2Side side) => side.SkipLeft > 0;

    /// <summary>Takes padding from both ends, and the fixed fields before the fragment.</summary>
    private static bool TryStrip(
        in Http2FrameHeader frame, ReadOnlySpan<byte> payload, int before, out ReadOnlySpan<byte> fragment)
    {
        fragment = default;
        var padding = 0;
        if (frame.Has(Http2FrameHeader.Padded))
        {
            if (payload.IsEmpty) return false;

            padding = payload[0];
            payload = payload[1..];
        }

        if (before + padding > payload.Length) return false;

        fragment = payload[before..^padding];
        return true;
    }

    private static void BeginBlock(
        Http2Side side, uint streamId, uint promisedId, bool isEnding, ParseContext context)
    {
        Debug.Assert(side.BlockStreamId == 0);
        side.BlockStreamId = streamId;
        side.BlockPromisedId = promisedId;
        side.IsBlockEnding = isEnding;
        side.BlockStartNanos = side.HeldSinceNanos != 0 ? side.HeldSinceNanos : context.NowNanos;
    }

    private Http2Problem AddFragment(
        Http2Side side, in Http2FrameHeader frame, ReadOnlySpan<byte> fragment, Direction direction,
        ParseContext context)
    {
        if (IsLong(side)) side.IsBlockLost = true;
        var isWhole = frame.Has(Http2FrameHeader.EndHeaders);
        if (isWhole && side.Block.IsEmpty) return EndBlock(side, fragment, direction, context);

        side.Collect(fragment);
        return isWhole ? EndBlock(side, side.Block, direction, context) : Http2Problem.None;
    }

    private Http2Problem EndBlock(
        Http2Side side, ReadOnlySpan<byte> block, Direction direction, ParseContext context)
    {
        var isRequest = direction == Direction.ToServer || side.BlockPromisedId != 0;
        var id = side.BlockPromisedId != 0 ? side.BlockPromisedId : side.BlockStreamId;
        var stream = AreRolesKnown(context) ? FindOrOpen(id, isRequest, side.BlockStartNanos, context) : null;
        if (side.IsBlockLost)
        {
            side.Hpack.Forget();
            if (stream is not null) (stream.Problem, stream.IsPartial) = (Http2Problem.HeaderTooLong, true);
        }
        else if (!TryDecode(side.Hpack, block, stream, isRequest))
        {
            side.CloseBlock();
            return Http2Problem.Hpack;
        }

        if (stream is not null)
        {
            if (isRequest) OnRequestHead(stream, side.BlockStartNanos, context);
            else OnResponseHead(stream, context);
            if (side.BlockPromisedId != 0) stream.IsRequestEnded = true;
            else if (side.IsBlockEnding) EndSide(stream, direction, context);
        }

        side.CloseBlock();
        return Http2Problem.None;
    }

    private bool TryDecode(HpackDecoder hpack, ReadOnlySpan<byte> block, Http2Stream? stream, bool isRequest)
    {
        ref var head = ref stream is null ? ref _nobodys : ref isRequest ? ref stream.Request : ref stream.Response;
        var isHpack = hpack.TryDecode(block, ref head, out var isWhole);
        if (stream is null) head.Clear();
        else if (!isWhole) stream.IsPartial = true;
        return isHpack;
    }

    private static void OnRequestHead(Http2Stream stream, long startNanos, ParseContext context)
    {
        if (stream.HasRequest) return; // trailers

        stream.HasRequest = true;
        stream.StartNanos = startNanos;
        if (!stream.Request.Has(HeaderName.Method) && !stream.IsPartial)
        {
            (stream.Problem, stream.IsMalformed) = (Http2Problem.PseudoHeader, true);
        }

        var type = stream.Request[HeaderName.ContentType];
        stream.RequestDns.IsWanted = IsDnsMessage(type);
        if (!GrpcText.IsGrpc(type)) return;

        stream.IsRequestFramed = GrpcText.IsFramed(type);
        MarkGrpc(stream, context);
    }

    private static void OnResponseHead(Http2Stream stream, ParseContext context)
    {
        if (stream.HasResponse) return; // trailers

        var text = stream.Response[HeaderName.Status];
        if (Utf8Parser.TryParse(text, out ushort status, out var used) && used == 3 && text.Length == 3)
        {
            if (status is >= 100 and < 200)
            {
                stream.AddInterim(status);
                stream.Response.Clear();
                return;
            }

            stream.HasResponse = true;
            stream.Status = status;
            stream.HeadNanos = context.NowNanos;
        }
        else if (!stream.IsPartial)
        {
            (stream.Problem, stream.IsMalformed) = (Http2Problem.PseudoHeader, true);
        }

        // A call joined in the middle shows itself by the type, or by the status in its trailers.
        var type = stream.Response[HeaderName.ContentType];
        stream.ResponseDns.IsWanted = IsDnsMessage(type);
        stream.IsResponseFramed = type.IsEmpty ? stream.IsRequestFramed : GrpcText.IsFramed(type);
        if (GrpcText.IsGrpc(type) || stream.Response.Has(HeaderName.GrpcStatus)) MarkGrpc(stream, context);
    }

    private static void MarkGrpc(Http2Stream stream, ParseContext context)
    {
        stream.IsGrpc = true;
        context.App = GrpcLabel.App;
    }

    /// <summary>Apart, since the labels are numbered from the list that this type is in.</summary>
    private static class GrpcLabel
    {
        public static readonly ushort App = Apps.Add("grpc");
    }
}
