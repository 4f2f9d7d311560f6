using System.Buffers.Binary;

namespace NetSniff.Protocols.Http2;

/// <summary>What each frame does (RFC 9113 section 6).</summary>
public sealed partial class Http2Parser
{
    private const int SettingBytes = 6;
    private const ushort HeaderTableSize = 1;
    private const ushort MaxFrameSize = 5;

    /// <summary>Takes a frame as nearly all are: a piece of a body or a whole header block, without padding or
    /// priority. Roles are known, and no block is open.</summary>
    /// <returns>Bytes taken; 0 if it is of another kind, not all there or longer than is held; -1 if it is broken.
    /// </returns>
    private int TakePlain(Http2Side side, ReadOnlySpan<byte> rest, Direction direction, ParseContext context)
    {
        var frame = Http2FrameHeader.Read(rest);
        if (frame.StreamId == 0 || frame.Length > side.FrameLengthMax) return 0;

        var isEnding = frame.Has(Http2FrameHeader.EndStream);
        if (frame.Type == Http2FrameType.Data && !frame.Has(Http2FrameHeader.Padded))
        {
            return Http2FrameHeader.Size
                + TakeBody(side, in frame, isEnding, rest[Http2FrameHeader.Size..], direction, context);
        }

        const byte Plain = Http2FrameHeader.EndHeaders | Http2FrameHeader.EndStream;
        var isPlainHead = frame.Type == Http2FrameType.Headers && frame.Has(Http2FrameHeader.EndHeaders)
            && (frame.Flags & ~Plain) == 0 && (direction == Direction.ToClient || (frame.StreamId & 1) != 0)
            && frame.Length <= Math.Min(rest.Length, HeldBytesMax) - Http2FrameHeader.Size;
        if (!isPlainHead) return 0;

        BeginBlock(side, frame.StreamId, promisedId: 0, isEnding, context);
        var block = rest.Slice(Http2FrameHeader.Size, frame.Length);
        if (EndBlock(side, block, direction, context) != Http2Problem.None) return -1;

        side.HeldSinceNanos = 0;
        return Http2FrameHeader.Size + frame.Length;
    }

    /// <summary>As much of a body's piece as is there; the rest goes by in <see cref="TakePayload"/>.</summary>
    private int TakeBody(
        Http2Side side, in Http2FrameHeader frame, bool isEnding, ReadOnlySpan<byte> bytes, Direction direction,
        ParseContext context)
    {
        var taken = Math.Min(frame.Length, bytes.Length);
        var stream = _streams.Find(frame.StreamId);
        if (taken > 0) stream?.TakeData(bytes[..taken], direction);
        side.HeldSinceNanos = 0;
        side.DataStreamId = frame.StreamId;
        side.DataLeft = frame.Length - taken;
        side.IsDataEnding = isEnding && taken < frame.Length;
        if (isEnding && taken == frame.Length && stream is not null) EndSide(stream, direction, context);
        return taken;
    }

    private Http2Problem OnFrame(
        Http2Side side, in Http2FrameHeader frame, ReadOnlySpan<byte> payload, Direction direction,
        ParseContext context)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Data: return OnData(side, in frame, payload, direction, context);
            case Http2FrameType.Headers: return OnHeaders(side, in frame, payload, direction, context);
            case Http2FrameType.PushPromise: return OnPushPromise(side, in frame, payload, direction, context);
            case Http2FrameType.Continuation: return OnContinuation(side, in frame, payload, direction, context);
            case Http2FrameType.Settings:
                OnSettings(Other(direction), payload);
                break;
            case Http2FrameType.ResetStream:
                OnReset(frame.StreamId, BinaryPrimitives.ReadUInt32BigEndian(payload), context);
                break;
            case Http2FrameType.GoAway:
                OnGoAway(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF, direction, context);
                break;
        }

        // PRIORITY, PING, WINDOW_UPDATE and extensions say nothing about an exchange.
        return Http2Problem.None;
    }

    /// <summary>Body, and padding behind it. The body goes by in <see cref="TakePayload"/>.</summary>
    private Http2Problem OnData(
        Http2Side side, in Http2FrameHeader frame, ReadOnlySpan<byte> payload, Direction direction,
        ParseContext context)
    {
        var padding = payload.Length == 1 ? payload[0] : 0;
        if (padding > side.SkipLeft) return Http2Problem.Padding;

        side.DataLeft = side.SkipLeft - padding;
        side.SkipLeft = padding;
        side.DataStreamId = frame.StreamId;
        side.IsDataEnding = frame.Has(Http2FrameHeader.EndStream);
        if (side.PayloadLeft == 0) EndPayload(side, direction, context);
        return Http2Problem.None;
    }

    private int TakePayload(Http2Side side, ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        int taken;
        if (side.DataLeft > 0)
        {
            taken = Math.Min(side.DataLeft, bytes.Length);
            _streams.Find(side.DataStreamId)?.TakeData(bytes[..taken], direction);
            side.DataLeft -= taken;
        }
        else
        {
            taken = Math.Min(side.SkipLeft, bytes.Length);
            side.SkipLeft -= taken;
        }

        if (side.PayloadLeft == 0) EndPayload(side, direction, context);
        return taken;
    }

    private void EndPayload(Http2Side side, Direction direction, ParseContext context)
    {
        if (!side.IsDataEnding) return;

        side.IsDataEnding = false;
        if (_streams.Find(side.DataStreamId) is { } stream) EndSide(stream, direction, context);
    }

    /// <summary>The settings bind who receives them: sizes of the other side's frames and of its encoder's table. A
    /// sender may use them once it saw them, so there is no need to wait for the acknowledgement.</summary>
    private static void OnSettings(Http2Side other, ReadOnlySpan<byte> payload)
    {
        for (; payload.Length >= SettingBytes; payload = payload[SettingBytes..])
        {
            var value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            switch (BinaryPrimitives.ReadUInt16BigEndian(payload))
            {
                case HeaderTableSize:
                    other.Hpack.Allow(value);
                    break;
                case MaxFrameSize when value <= Http2FrameHeader.FrameBytesMax:
                    // Never less than before: frames under way were sent by the older rule.
                    other.FrameLengthMax = Math.Max(other.FrameLengthMax, (int)value);
                    break;
            }
        }
    }

    private void OnReset(uint streamId, uint code, ParseContext context)
    {
        if (_streams.Find(streamId) is not { } stream) return;

        // A server that answered early may refuse the rest of the request this way (section 8.1).
        stream.IsPartial |= context.IsOtherBehind;
        if (code != 0 || !stream.IsResponseEnded) stream.Problem = Http2Problems.OfReset(code);
        Close(stream, context);
    }

    /// <summary>Streams above the last one were not and will not be processed (section 6.8).</summary>
    private void OnGoAway(uint lastId, Direction direction, ParseContext context)
    {
        var parity = direction == Direction.ToClient ? 1 : 0;
        while (_streams.Oldest(above: lastId, parity) is { } stream)
        {
            stream.Problem = Http2Problem.GoAway;
            stream.IsPartial |= context.IsOtherBehind;
            Close(stream, context);
        }
    }
}
