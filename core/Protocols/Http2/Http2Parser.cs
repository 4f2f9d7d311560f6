using System.Diagnostics;
using NetSniff.Protocols.Http;
using NetSniff.Protocols.Http1;
using NetSniff.Protocols.Http2.Hpack;

namespace NetSniff.Protocols.Http2;

/// <summary>HTTP/2 in the clear, RFC 9113: with prior knowledge, after an h2c upgrade, or joined in the middle. One
/// record a stream; calls of gRPC say more.</summary>
/// <remarks>Bodies are never held: of a DATA frame only the bytes left are remembered. Held are header frames until
/// they are whole, since most can then be decoded where they lie.</remarks>
public sealed partial class Http2Parser : StreamParser, IProtocol
{
    /// <summary>Longest header block, over all its CONTINUATION frames.</summary>
    public const int HeaderBlockBytesMax = 64 * 1024;

    private const int HeldBytesMax = 64 * 1024;

    private readonly Http2Side[] _sides = [new(), new()];
    private readonly Http2StreamTable _streams = new();

    /// <summary>Of the server (pushes) and of the client, by the lowest bit.</summary>
    private readonly Http2StreamIds[] _ids = new Http2StreamIds[2];
    private bool _isFromStart;

    /// <summary>A frame said which side is the client.</summary>
    private bool _areRolesTold;

    /// <summary>It is not the one that the pipeline takes for it.</summary>
    private bool _isSwapped;
    private uint _dnsExchanges;

    /// <summary>Exchanges of DNS may have been among what was lost: the number of the next ones is a guess.</summary>
    private bool _isDnsCountLost;

    public static ProtocolInfo Info { get; } = new(
        "http2", Transport.Stream, Ports: [80, 8080, 50051], HeldBytesMax,
        "HTTP/2 without TLS (prior knowledge, h2c, mid-stream), and gRPC over it.");

    /// <summary>Streams let go because more than <see cref="Http2StreamTable.StreamsMax"/> were open.</summary>
    public long StreamsEvicted { get; private set; }

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Http2Probe.Probe(bytes, direction, hints);

    public override ParseResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        Debug.Assert(!bytes.IsEmpty);
        direction = Turn(direction, context);
        var side = _sides[(int)direction];
        return side.Place == Http2Place.Framing
            ? ParseFrames(side, bytes, 0, direction, context)
            : ParseElsewhere(side, bytes, direction, context);
    }

    /// <summary>At the beginning, or after a loss.</summary>
    private ParseResult ParseElsewhere(
        Http2Side side, ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        var position = 0;
        if (side.Place == Http2Place.Start && JudgeHttp1(bytes, direction) is var verdict and not Verdict.No)
        {
            if (verdict == Verdict.Maybe) return Wait(side, 0, bytes.Length + 1, context);

            context.UpgradeTo = "http";
            return ParseResult.Upgrade(0);
        }

        if (side.Place == Http2Place.Start && !TryBegin(side, bytes, direction, context, out position))
        {
            // The next byte may show that it is none.
            return Wait(side, 0, bytes.Length + 1, context);
        }

        if (side.Place == Http2Place.Seeking
            && !TrySeek(side, bytes, RuleOf(direction, context), ref position, out var wanted))
        {
            return ParseResult.More(position, wanted);
        }

        return ParseFrames(side, bytes, position, direction, context);
    }

    private ParseResult ParseFrames(
        Http2Side side, ReadOnlySpan<byte> bytes, int position, Direction direction, ParseContext context)
    {
        while (position < bytes.Length)
        {
            var rest = bytes[position..];
            if (side.PayloadLeft > 0)
            {
                position += TakePayload(side, rest, direction, context);
                continue;
            }

            if (rest.Length < Http2FrameHeader.Size) return Wait(side, position, Http2FrameHeader.Size, context);

            if (side.BlockStreamId == 0 && AreRolesKnown(context))
            {
                var taken = TakePlain(side, rest, direction, context);
                if (taken < 0) return Break(Http2Problem.Hpack, bytes.Length, context);

                position += taken;
                if (taken > 0) continue;
            }

            var frame = Http2FrameHeader.Read(rest);
            var problem = Check(side, in frame, RuleOf(direction, context));
            if (problem != Http2Problem.None) return Break(problem, bytes.Length, context);

            var length = Http2FrameHeader.Size + HeldLength(in frame);
            if (rest.Length < length) return Wait(side, position, length, context);

            var payload = rest[Http2FrameHeader.Size..length];
            if (!AreRolesKnown(context)) direction = LearnRoles(in frame, payload, direction, context);
            side.SkipLeft = frame.Length - payload.Length;
            problem = OnFrame(side, in frame, payload, direction, context);
            if (problem != Http2Problem.None) return Break(problem, bytes.Length, context);

            side.HeldSinceNanos = 0;
            position += length;
        }

        return ParseResult.Done(position);
    }

    public override bool TryPass(ReadOnlySpan<byte> bytes, Direction direction, long nowNanos)
    {
        if (_isSwapped) direction = (Direction)(1 - (int)direction);
        var side = _sides[(int)direction];
        if (side.DataLeft <= bytes.Length) return false;

        Debug.Assert(side.Place == Http2Place.Framing);
        _streams.Find(side.DataStreamId)?.TakeData(bytes, direction);
        side.DataLeft -= bytes.Length;
        return true;
    }

    /// <summary>Stream 1 is the request that asked for the upgrade (RFC 7540 section 3.2).</summary>
    public override void Inherit(StreamParser previous, ParseContext context)
    {
        _isFromStart = true;
        // The client's first SETTINGS were a header field of that request.
        _sides[(int)Direction.ToClient].AllowAll();
        if (previous is not IUpgradedRequest request) return;

        var stream = Open(1, context);
        stream.IsRequestEnded = true;
        // Without a beginning it was lost: only the answer that agreed to it was seen.
        stream.HasRequest = request.StartNanos > 0;
        stream.IsPartial = request.IsPartial || !stream.HasRequest;
        stream.StartNanos = stream.HasRequest ? request.StartNanos : context.NowNanos;
        stream.Request.Put(HeaderName.Method, request.Method);
        stream.Request.Put(HeaderName.Path, request.Uri);
        stream.Request.Put(HeaderName.Authority, request.Host);
        if (previous is Http1Parser { IsClientTorn: true }) TryResync(Direction.ToServer, missing: -1, context);
    }

    public override void End(ParseContext context)
    {
        Turn(Direction.ToServer, context);
        while (_streams.Oldest() is { } stream)
        {
            stream.IsPartial = true;
            Close(stream, context);
        }
    }

    public override void Reset()
    {
        _streams.Clear();
        _sides[0].Reset();
        _sides[1].Reset();
        _ids.AsSpan().Clear();
        _isFromStart = _areRolesTold = _isSwapped = _isDnsCountLost = false;
        _dnsExchanges = 0;
        StreamsEvicted = 0;
    }

    private Http2Side Other(Direction direction) => _sides[1 - (int)direction];

    private static ParseResult Wait(Http2Side side, int consumed, int needed, ParseContext context)
    {
        if (side.HeldSinceNanos == 0) side.HeldSinceNanos = context.NowNanos;
        return ParseResult.More(consumed, needed);
    }

    /// <summary>Payload bytes that must be there in one piece. A header frame longer than we hold is let pass, and
    /// costs the direction its table.</summary>
    private static int HeldLength(in Http2FrameHeader frame) => frame.Type switch
    {
        Http2FrameType.Data => frame.Has(Http2FrameHeader.Padded) ? 1 : 0,
        Http2FrameType.Headers or Http2FrameType.Continuation or Http2FrameType.PushPromise
            or Http2FrameType.Settings =>
            frame.Length <= HeldBytesMax - Http2FrameHeader.Size ? frame.Length : 0,
        Http2FrameType.ResetStream => 4,
        Http2FrameType.GoAway => 8,
        _ => 0,
    };

    /// <summary>The rules that a desynchronised or hostile stream breaks first.</summary>
    private static Http2Problem Check(Http2Side side, in Http2FrameHeader frame, Direction direction)
    {
        if (frame.Length > side.FrameLengthMax || !frame.IsWellFormed) return Http2Problem.Frame;

        var isContinuation = frame.Type == Http2FrameType.Continuation;
        if (side.BlockStreamId != 0)
        {
            return isContinuation && frame.StreamId == side.BlockStreamId
                ? Http2Problem.None
                : Http2Problem.Continuation;
        }

        // After a loss it may belong to a block that began in the dark.
        if (isContinuation && !side.Hpack.Table.IsLossy) return Http2Problem.Continuation;

        if (direction == Direction.ToServer)
        {
            if (frame.Type == Http2FrameType.PushPromise) return Http2Problem.Frame;
            if (frame.Type == Http2FrameType.Headers && (frame.StreamId & 1) == 0) return Http2Problem.StreamId;
        }

        return Http2Problem.None;
    }

    private ParseResult Break(Http2Problem problem, int consumed, ParseContext context)
    {
        if (_streams.Count == 0) EmitProblem(problem, context);
        while (_streams.Oldest() is { } stream)
        {
            stream.IsMalformed = true;
            stream.IsPartial = true;
            stream.Problem = problem;
            Close(stream, context);
        }

        return ParseResult.Broken(consumed);
    }
}
