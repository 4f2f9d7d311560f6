using NetSniff.Protocols.Http1;

namespace NetSniff.Protocols.Http2;

/// <summary>The beginning of a connection, and finding a place in it after bytes were lost.</summary>
public sealed partial class Http2Parser
{
    /// <summary>While seeking, frames longer than we can hold with the next header are no landmark.</summary>
    private const int SeekFrameBytesMax = HeldBytesMax - 2 * Http2FrameHeader.Size;

    /// <summary>How far the stream numbers are believed to have run on in what was lost.</summary>
    private const uint SeekIdsMax = 200_000;

    /// <summary>Bytes are missing. Inside a body that costs their count only; anywhere else the frames must be found
    /// again, and the header table of the direction is gone.</summary>
    public override bool TryResync(Direction direction, long missing, ParseContext context)
    {
        direction = Turn(direction, context);
        var side = _sides[(int)direction];
        if (missing > 0 && missing <= side.PayloadLeft)
        {
            SkipMissing(side, (int)missing, direction, context);
            return true;
        }

        side.Lose();
        // Among the lost may be SETTINGS for the other side, ends of streams, and new streams.
        _isDnsCountLost = true;
        Other(direction).AllowAll();
        _streams.MarkAllPartial();
        _ids[direction == Direction.ToServer ? 1 : 0].LoseSight();
        return true;
    }

    /// <summary>Without a beginning nobody knows which side is the client, whoever spoke first, until a header block
    /// says so. Until then no exchange is told.</summary>
    private bool AreRolesKnown(ParseContext context) => !context.IsMidstream || _isFromStart || _areRolesTold;

    /// <summary>A server may send all that a client may, and more.</summary>
    private Direction RuleOf(Direction direction, ParseContext context) =>
        AreRolesKnown(context) ? direction : Direction.ToClient;

    /// <summary>The direction as it is, where the pipeline has it the wrong way round.</summary>
    private Direction Turn(Direction direction, ParseContext context)
    {
        if (!_isSwapped) return direction;

        context.SwapSides();
        return (Direction)(1 - (int)direction);
    }

    private Direction LearnRoles(
        in Http2FrameHeader frame, ReadOnlySpan<byte> payload, Direction direction, ParseContext context)
    {
        if (Http2Probe.SpeakerOf(in frame, payload) is not { } speaker) return direction;

        _areRolesTold = true;
        if (speaker == direction) return direction;

        _isSwapped = !_isSwapped;
        (_sides[0], _sides[1]) = (_sides[1], _sides[0]);
        context.SwapSides();
        return speaker;
    }

    private void SkipMissing(Http2Side side, int missing, Direction direction, ParseContext context)
    {
        var data = Math.Min(missing, side.DataLeft);
        if (data > 0) _streams.Find(side.DataStreamId)?.SkipData(data, direction);
        side.DataLeft -= data;
        side.SkipLeft -= missing - data;
        if (side.PayloadLeft == 0) EndPayload(side, direction, context);
    }

    /// <summary>A server that speaks only HTTP/2 sends its SETTINGS at once; the client may begin with HTTP/1 and an
    /// upgrade all the same.</summary>
    private Verdict JudgeHttp1(ReadOnlySpan<byte> bytes, Direction direction) =>
        direction == Direction.ToServer && !_isFromStart ? Landmark.JudgeRequest(bytes, isTorn: false) : Verdict.No;

    /// <returns>False while the preface is cut.</returns>
    private bool TryBegin(
        Http2Side side, ReadOnlySpan<byte> bytes, Direction direction, ParseContext context, out int consumed)
    {
        consumed = 0;
        if (direction == Direction.ToServer)
        {
            var preface = Http2Probe.Preface;
            var shown = Math.Min(bytes.Length, preface.Length);
            if (bytes[..shown].SequenceEqual(preface[..shown]))
            {
                if (shown < preface.Length) return false;

                consumed = shown;
                side.HeldSinceNanos = 0;
                side.Place = Http2Place.Framing;
                _isFromStart = true;
                _ids[1] = default;
                return true;
            }
        }

        side.Place = Http2Place.Framing;
        if (!context.IsMidstream || _isFromStart) return true;

        side.Lose();
        side.AllowAll();
        _ids[0].LoseSight();
        _ids[1].LoseSight();
        return true;
    }

    /// <summary>Looks for a frame header behind which another stands, or nothing yet.</summary>
    /// <returns>True when the place is found and stands in <paramref name="position"/>.</returns>
    private bool TrySeek(
        Http2Side side, ReadOnlySpan<byte> bytes, Direction direction, ref int position, out int needed)
    {
        needed = Http2FrameHeader.Size;
        for (; bytes.Length - position >= Http2FrameHeader.Size; position++)
        {
            if (!IsLandmark(side, bytes[position..], direction, out var length)) continue;

            var next = position + length;
            if (next == bytes.Length)
            {
                side.Place = Http2Place.Framing;
                return true;
            }

            if (bytes.Length - next < Http2FrameHeader.Size)
            {
                needed = length + Http2FrameHeader.Size;
                return false;
            }

            if (!IsLandmark(side, bytes[next..], direction, out _)) continue;

            side.Place = Http2Place.Framing;
            return true;
        }

        return false;
    }

    private bool IsLandmark(Http2Side side, ReadOnlySpan<byte> bytes, Direction direction, out int length)
    {
        var frame = Http2FrameHeader.Read(bytes);
        length = Http2FrameHeader.Size + frame.Length;
        if (!frame.IsPlausible(direction, Math.Min(side.FrameLengthMax, SeekFrameBytesMax))) return false;

        var last = _ids[frame.StreamId & 1].Last;
        return (last == 0 && !_isFromStart) || frame.StreamId <= last + SeekIdsMax;
    }
}
