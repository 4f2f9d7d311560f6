using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Protocols.Http1;

public sealed partial class Http1Parser
{
    private int ParseServer(ReadOnlySpan<byte> rest, ParseContext context)
    {
        switch (_server.Phase)
        {
            case Phase.Start when context.IsMidstream && !_server.IsTrusted:
                _server.Phase = Phase.Seek;
                return 0;
            case Phase.Start: return ReadStatusLine(rest, context);
            case Phase.Headers: return ReadResponseHeaders(rest, context);
            case Phase.LongLine: return SkipLongLine(rest, ref _server);
            case Phase.Seek: return SeekResponse(rest, context);
        }

        if (_open.Count == 0 && _server.Body.Bytes == 0 && Landmark.JudgeStatus(rest) is var verdict and not Verdict.No)
        {
            // Nobody saw the request: it was HEAD, and has no body.
            if (verdict == Verdict.Maybe) return NeedsMore;

            _server.Body = default;
            FinishResponse(context);
            return 0;
        }

        var taken = _server.Body.Take(rest);
        _answer.EndNanos = context.NowNanos;
        if (_server.Body.IsDone) FinishResponse(context);
        return taken;
    }

    private int ReadStatusLine(ReadOnlySpan<byte> rest, ParseContext context)
    {
        if (_server.Searched == 0 && StatusLine.TryTake(rest, out var plain, out var taken))
        {
            if (_server.StartNanos == 0) _server.StartNanos = context.NowNanos;
            return BeginHead(in plain, rest, taken, isLong: false, context);
        }

        var blank = CountBlank(rest);
        if (blank > 0 && _server.Searched == 0) return blank;

        if (_server.StartNanos == 0) _server.StartNanos = context.NowNanos;
        if (!Tokens.MayStartWithHttp(rest)) return ReadNoStatusLine(context);

        taken = TakeFirstLine(rest, ref _server, out var line);
        if (taken == NeedsMore || line.Length < 5) return NeedsMore;

        var status = StatusLine.Read(line);
        return BeginHead(in status, rest, taken, isLong: taken == line.Length, context);
    }

    private int BeginHead(
        scoped in StatusLine line, ReadOnlySpan<byte> rest, int taken, bool isLong, ParseContext context)
    {
        BeginResponse(context);
        _answer.Status = line.Status;
        _answer.KeepVersion(line.Version);
        if (line.Status == 0) _answer.Note(HttpProblem.StatusLine);
        _server.Phase = isLong ? Phase.LongLine : Phase.Headers;
        _server.IsTrusted = true;
        return !isLong && taken < rest.Length
            ? taken + Math.Max(0, ReadResponseHeaders(rest[taken..], context))
            : taken;
    }

    private void BeginResponse(ParseContext context)
    {
        // The last response was through before its request was: an early refusal. It cannot wait any longer.
        if (_answer.IsDone) EmitPair(context);

        var request = _open.Front;
        _answeredNanos = context.SaidNanos;
        if (_open.Second is { } next && next.SaidNanos < _answeredNanos) _isPipelining = true;
        if (request is null && _unqueued > 0) _unqueued--;
        if (request is { HasVersion: false, IsDone: false } && request == _request)
        {
            // An answer to a request without a version: there were no headers to wait for (HTTP/0.9).
            FinishRequest(context);
        }

        _answer.Begin(_server.StartNanos);
        _server.HeadBytes = 0;
        _server.Body = default;
        _answerFraming = default;
    }

    /// <summary>The first bytes are no status line: the body of a 0.9 response, or not HTTP.</summary>
    private int ReadNoStatusLine(ParseContext context)
    {
        if (_open.Front is { HasVersion: false } && !_answer.IsDone)
        {
            BeginResponse(context);
            _answer.IsHeadDone = true;
            _answer.HeadNanos = context.NowNanos;
            _server.Body = MessageBody.UntilClose();
            _server.Phase = Phase.Body;
            return 0;
        }

        if (!_answer.IsDone && !context.IsMidstream) _open.Front?.Note(HttpProblem.StatusLine);
        _server.Phase = Phase.Seek;
        return 0;
    }

    private int ReadResponseHeaders(ReadOnlySpan<byte> rest, ParseContext context)
    {
        var problem = HttpProblem.None;
        var taken = TakeHeaders(rest, ref _server, _answer.Book, ref _answerFraming, ref problem, out var isOver);
        _answer.Note(problem);
        if (isOver) FinishResponseHead(context);
        return taken;
    }

    private void FinishResponseHead(ParseContext context)
    {
        var request = _open.Front;
        _answer.IsHeadDone = true;
        _answer.HeadNanos = _answer.EndNanos = context.NowNanos;
        if (_answer.Book.IsCut) _answer.Traits |= RecordTraits.Partial;
        if (_answer.Status is >= 100 and < 200)
        {
            FinishInterim(request, context);
            return;
        }

        if (request is { IsConnect: true } && _answer.Status is >= 200 and < 300)
        {
            // RFC 9110 section 9.3.6: whatever its fields say, the tunnel begins here.
            _upgraded = request;
            _answer.IsDone = true;
            EmitPair(context);
            EmitOpen(context, RecordTraits.Partial);
            Hand(context, null);
            return;
        }

        if (request == _request) StopWaiting();
        if (request is null && IsTunnel())
        {
            _upgraded = Exchange.None;
            _answer.IsDone = true;
            EmitPair(context);
            Hand(context, null);
            return;
        }

        var isBare = request is { IsHead: true } || _answer.Status is 204 or 304;
        _server.Body = isBare ? default : _answerFraming.OfResponse();
        _answer.Note(_answerFraming.Problem);
        _server.Phase = Phase.Body;
        if (_server.Body.IsDone) FinishResponse(context);
    }

    /// <summary>Nobody saw the request, and this agrees to something that has no body of HTTP: a tunnel most likely.
    /// A body would have a type (RFC 9110 section 8.3), and either a length or an end.</summary>
    private bool IsTunnel() =>
        _answer.Status is >= 200 and < 300 and not 204 && _answerFraming.OfResponse().EndsWithClose
            && !_answer.Book.Has(KnownHeader.ContentType) && !_answer.Book.Has(KnownHeader.ContentEncoding);

    private void FinishInterim(Exchange? request, ParseContext context)
    {
        if (_answer.Status == 101)
        {
            Switch(request, context);
            return;
        }

        _answer.AddInterim(_answer.Status);
        _answer.ClearMessage();
        _server.Phase = Phase.Start;
        _server.StartNanos = 0;
    }

    /// <summary>101: from here on both sides speak what they agreed on (RFC 9110 section 15.2.2).</summary>
    private void Switch(Exchange? request, ParseContext context)
    {
        _upgraded = request ?? Exchange.None;
        var agreed = _answer.Book.Has(KnownHeader.Upgrade)
            ? _answer.Book[KnownHeader.Upgrade]
            : _upgraded.Book[KnownHeader.Upgrade];

        // The request of an h2c upgrade is answered once more, on stream 1 of HTTP/2.
        var isHttp2 = Tokens.ListHas(agreed, "h2c"u8);
        var isWebSocket = Tokens.ListHas(agreed, "websocket"u8);
        var isTls = agreed.StartsWith("TLS/"u8);
        _answer.IsDone = true;
        EmitPair(context);
        EmitOpen(context, RecordTraits.Partial);
        if (isHttp2) Hand(context, "http2");
        else if (isWebSocket) Hand(context, "websocket");
        else if (isTls) Hand(context, null);
        else _ending = ParseStatus.Finished;
    }

    /// <summary>Gives both directions to another protocol, or to whichever is found.</summary>
    private int Hand(ParseContext context, string? protocol)
    {
        context.UpgradeTo = protocol;
        _ending = ParseStatus.Upgrade;
        return 0;
    }

    private void FinishResponse(ParseContext context)
    {
        _answer.IsDone = true;
        _answer.BodyBytes = _server.Body.Bytes;
        if (_answer.EndNanos == 0) _answer.EndNanos = context.NowNanos;
        if (_server.Body.HasBadChunk) _answer.Note(HttpProblem.ChunkSize);
        _server.Body = default;
        _server.Phase = Phase.Start;
        _server.StartNanos = 0;
        if (_open.Front is null or { IsDone: true }) EmitPair(context);
    }

    private int SeekResponse(ReadOnlySpan<byte> rest, ParseContext context)
    {
        var taken = SeekStatus(rest, ref _server);
        if (_server.Phase != Phase.Start) return taken;

        _server.StartNanos = 0;
        if (_answer.IsBegun) FinishResponse(context);
        if (_answer.IsDone) EmitPair(context);
        if (_server.IsAfterGap || (context.IsMidstream && !_server.IsTrusted)) PairAfterGap(context);
        (_server.IsAfterGap, _server.IsTrusted) = (false, true);
        return taken;
    }

    /// <summary>A response was found behind lost ones, perhaps long after it was captured: what came behind a hole was
    /// held back. A client that sends one request at a time had the answers to all before the last one that it had sent
    /// by then. Of one that sends ahead, or of which nothing is known, only a single request that waits is surely its.
    /// </summary>
    private void PairAfterGap(ParseContext context)
    {
        var said = context.SaidNanos;
        var isSendingAhead = _isPipelining || !_server.IsAfterGap;
        var isSure = !_isUnpaired && (!isSendingAhead || _open.Count == 1) && _open.Front is { } front
            && front.SaidNanos <= said;
        if (!isSure)
        {
            _isUnpaired = true;
            EmitOpen(context, RecordTraits.Partial);
            return;
        }

        while (_open.Second is { } next && next.SaidNanos <= said) EmitUnanswered(context, RecordTraits.Partial);
    }
}
