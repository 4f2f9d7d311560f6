namespace NetSniff.Protocols.Http2;

/// <summary>Streams open and close (RFC 9113 section 5.1).</summary>
public sealed partial class Http2Parser
{
    /// <summary>The stream a header block is about; null when it was closed before, so that what was still under way
    /// does not look like another exchange.</summary>
    private Http2Stream? FindOrOpen(uint id, bool isRequest, long startNanos, ParseContext context)
    {
        ref var ids = ref _ids[id & 1];
        var isNew = id > ids.Last;
        if (isRequest) ids.Open(id);
        if (_streams.Find(id) is { } known) return known;
        if (isRequest) return isNew ? Open(id, context) : null;
        if (ids.IsClosed(id)) return null;

        // The request was lost, or comes later because the capture has the directions out of step.
        var stream = Open(id, context);
        stream.StartNanos = startNanos;
        stream.IsRequestEnded = stream.IsPartial = ids.IsUnseen(id);
        return stream;
    }

    private Http2Stream Open(uint id, ParseContext context)
    {
        if (_streams.Count == Http2StreamTable.StreamsMax && _streams.Oldest() is { } oldest)
        {
            StreamsEvicted++;
            oldest.Problem = Http2Problem.StreamLimit;
            oldest.IsPartial = true;
            Close(oldest, context);
        }

        return _streams.Add(id);
    }

    private void EndSide(Http2Stream stream, Direction direction, ParseContext context)
    {
        if (direction == Direction.ToServer)
        {
            stream.IsRequestEnded = true;
        }
        else if (!stream.IsResponseEnded)
        {
            stream.IsResponseEnded = true;
            stream.EndNanos = context.NowNanos;
        }

        if (stream.IsRequestEnded && stream.IsResponseEnded) Close(stream, context);
    }

    private void Close(Http2Stream stream, ParseContext context)
    {
        Emit(stream, context);
        _streams.Remove(stream);
    }
}
