using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Protocols.Http1;

public sealed partial class Http1Parser
{
    /// <summary>Bytes kept of a request line that never ended.</summary>
    private const int FirstWordsMax = 256;

    private readonly byte[] _firstWords = new byte[FirstWordsMax];
    private int _firstWordsLength;

    public override bool TryResync(Direction direction, long missing, ParseContext context)
    {
        if (direction == Direction.ToServer)
        {
            ResyncClient(missing, context);
            return true;
        }

        // The answer to a wish for another protocol, or its end: what follows may be HTTP, or that protocol with HTTP
        // inside. Whoever begins where a segment does is found.
        var isSwitching = _client.Phase == Phase.Wait || (_answer.Status == 101 && !_answer.IsDone);
        if (isSwitching && _server.Phase != Phase.Body) return false;

        ResyncServer(missing, context);
        return true;
    }

    public override void EndDirection(Direction direction, ParseContext context)
    {
        if (direction == Direction.ToServer)
        {
            _client.IsEnded = true;
            return;
        }

        _server.IsEnded = true;
        if (_server.Phase == Phase.Body && _server.Body.EndsWithClose) FinishResponse(context);
    }

    public override void End(ParseContext context)
    {
        if (_client.Phase == Phase.Start && _firstWordsLength > 0) OpenFirstWords(context);
        if (_answer.IsBegun)
        {
            if (!_answer.IsDone) _answer.Traits |= RecordTraits.Partial;
            _answer.BodyBytes += _server.Body.Bytes;
            EmitPair(context);
        }

        // Both sides said goodbye, so nothing is missing: the server left the request without an answer.
        var isWhole = _server.IsEnded && _client.IsEnded && !_server.IsAfterGap;
        EmitOpen(context, isWhole ? RecordTraits.None : RecordTraits.Partial);
        if (_request == _loner && !_loner.IsDone && _loner.StartNanos != 0)
        {
            _loner.Traits |= RecordTraits.Partial;
            EmitAlone(_loner, context);
        }
    }

    private void ResyncClient(long missing, ParseContext context)
    {
        _client.Searched = 0;
        var isCut = false;
        if (_client.Phase == Phase.Start && _firstWordsLength > 0) OpenFirstWords(context);
        _firstWordsLength = 0;
        switch (_client.Phase)
        {
            case Phase.Wait:
                // It may have gone on with HTTP, if the answer was no.
                _client.IsAfterGap = _isUnpaired = true;
                return;

            case Phase.Body when _client.Body.TryJump(missing):
                _request.Traits |= RecordTraits.Partial;
                if (_client.Body.IsDone) FinishRequest(context);
                return;

            case Phase.Headers or Phase.LongLine or Phase.Body:
                _request.Traits |= RecordTraits.Partial;
                isCut = true;
                FinishRequest(context);
                break;
        }

        _isAnswerOwed |= _client.Phase == Phase.Start && !isCut;
        _client.StartNanos = 0;
        _client.Phase = Phase.Torn;
        _client.IsAfterGap = _isUnpaired = true;
    }

    private void ResyncServer(long missing, ParseContext context)
    {
        _server.Searched = 0;
        _answer.Traits |= RecordTraits.Partial;
        if (_server.Phase == Phase.Body && _server.Body.TryJump(missing))
        {
            if (_server.Body.IsDone) FinishResponse(context);
            return;
        }

        // What was begun stays open until the next response is found: it may be the last one.
        _server.Phase = Phase.Seek;
        _server.IsAfterGap = true;
    }

    /// <summary>Whether the next response will be for the request that begins now. After a loss it is, if nothing is
    /// under way and no response began since: a client that sends one request at a time had all its answers before it
    /// sent this one. Of one that was seen to send ahead nothing can be told any more.</summary>
    private bool TryPairAgain(ParseContext context)
    {
        if (!_isUnpaired) return true;

        var isIdle = _open.Count == 0 && _unqueued == 0 && !_answer.IsBegun && _server.Phase == Phase.Start;
        var isNext = _answeredNanos < context.SaidNanos && (_hasLoneAnswer || !_isAnswerOwed);
        if (isIdle && isNext && !_isPipelining && !context.IsOtherBehind) _isUnpaired = _isAnswerOwed = false;
        return !_isUnpaired;
    }

    /// <summary>Looks at line starts for the first line of a request; holds back only what could be one.</summary>
    private static int SeekLines(ReadOnlySpan<byte> rest, ref Side side)
    {
        var position = 0;
        while (position < rest.Length)
        {
            var line = rest[position..];
            if (side.Phase is Phase.Seek or Phase.Torn)
            {
                var verdict = Landmark.JudgeRequest(line, isTorn: side.Phase == Phase.Torn);
                if (verdict == Verdict.Yes || IsPreface(line))
                {
                    side.Phase = Phase.Start;
                    return position;
                }

                if (verdict == Verdict.Maybe) return position == 0 ? NeedsMore : position;
            }

            var end = line.IndexOf((byte)'\n');
            side.Phase = end < 0 ? Phase.SeekLine : Phase.Seek;
            position += end < 0 ? line.Length : end + 1;
        }

        return position;
    }

    /// <summary>What HTTP/2 begins with: <see cref="ReadRequestLine"/> knows what to do.</summary>
    private static bool IsPreface(ReadOnlySpan<byte> line) => line.StartsWith("PRI * HTTP/2.0\r\n"u8);

    /// <summary>Looks for a status line wherever one may begin, for a body need not end with a line.</summary>
    private static int SeekStatus(ReadOnlySpan<byte> rest, ref Side side)
    {
        var start = Landmark.StatusStart;
        var position = 0;
        while (true)
        {
            var found = rest[position..].IndexOf(start);
            if (found < 0) break;

            position += found;
            var verdict = Landmark.JudgeStatus(rest[position..]);
            if (verdict == Verdict.Yes) side.Phase = Phase.Start;
            if (verdict != Verdict.No) return verdict == Verdict.Maybe && position == 0 ? NeedsMore : position;

            position += start.Length;
        }

        // The end may be its beginning.
        for (var length = Math.Min(start.Length - 1, rest.Length - position); length > 0; length--)
        {
            if (!rest.EndsWith(start[..length])) continue;
            return length == rest.Length ? NeedsMore : rest.Length - length;
        }

        return rest.Length;
    }

    /// <summary>The stream holds an unfinished line but does not show it again when the connection ends.</summary>
    private void KeepFirstWords(ReadOnlySpan<byte> line, ParseContext context)
    {
        if (_firstWordsLength == FirstWordsMax || (context.IsMidstream && !_client.IsTrusted)) return;

        _firstWordsLength = Math.Min(line.Length, FirstWordsMax);
        line[.._firstWordsLength].CopyTo(_firstWords);
    }

    private void OpenFirstWords(ParseContext context)
    {
        var line = RequestLine.Read(_firstWords.AsSpan(0, _firstWordsLength));
        if (!line.IsSound || !(line.HasVersion || Tokens.IsCoreMethod(line.Method))) return;

        Open(in line, isPaired: !_answer.IsBegun, context);
        _request.Note(HttpProblem.Cut);
    }
}
