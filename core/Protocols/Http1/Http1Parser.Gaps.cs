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
        if (direction == Direction.ToServer) ResyncClient(missing, context);
        else ResyncServer(missing, context);
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
        EmitOpen(context, _server.IsEnded && _client.IsEnded ? RecordTraits.None : RecordTraits.Partial);
        if (_request == _loner && !_loner.IsDone && _loner.StartNanos != 0)
        {
            _loner.Traits |= RecordTraits.Partial;
            EmitAlone(_loner, context);
        }
    }

    private void ResyncClient(long missing, ParseContext context)
    {
        _client.Searched = 0;
        if (_client.Phase == Phase.Start && _firstWordsLength > 0) OpenFirstWords(context);
        _firstWordsLength = 0;
        switch (_client.Phase)
        {
            case Phase.Wait: return;

            case Phase.Body when _client.Body.TryJump(missing):
                _request.Traits |= RecordTraits.Partial;
                if (_client.Body.IsDone) FinishRequest(context);
                return;

            case Phase.Headers or Phase.LongLine or Phase.Body:
                _request.Traits |= RecordTraits.Partial;
                FinishRequest(context);
                break;
        }

        _client.StartNanos = 0;
        _client.Phase = Phase.Seek;
        _client.IsAfterGap = true;
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

    /// <summary>Looks at line starts for the first line of a message; holds back only what could be one.</summary>
    private static int SeekLines(ReadOnlySpan<byte> rest, ref Side side, Direction direction)
    {
        var position = 0;
        while (position < rest.Length)
        {
            var line = rest[position..];
            if (side.Phase == Phase.Seek)
            {
                var verdict = direction == Direction.ToServer ? JudgeAfterGap(line) : Http1Probe.JudgeStatusStart(line);
                if (verdict == Verdict.Yes)
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

    /// <summary>What the gap left may be the end of a word: `ET` is a method like any other, but nobody sent it.
    /// </summary>
    private static Verdict JudgeAfterGap(ReadOnlySpan<byte> line)
    {
        var verdict = Http1Probe.JudgeRequestStart(line);
        return verdict != Verdict.Yes || Tokens.IsCoreMethod(line[..Tokens.TokenLength(line)]) ? verdict : Verdict.No;
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

        Open(line, isPaired: !_answer.IsBegun, context);
        _request.Note(HttpProblem.Cut);
    }
}
