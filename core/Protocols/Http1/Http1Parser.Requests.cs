using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Protocols.Http1;

public sealed partial class Http1Parser
{
    /// <summary>Bytes kept of a line that is no request, to show what it was.</summary>
    private const int JunkBytesMax = 128;

    private int ParseClient(ReadOnlySpan<byte> rest, ParseContext context)
    {
        switch (_client.Phase)
        {
            case Phase.Start when context.IsMidstream && !_client.IsTrusted:
                _client.Phase = Phase.Torn;
                return 0;
            case Phase.Start: return ReadRequestLine(rest, context);
            case Phase.Headers: return ReadRequestHeaders(rest, context);
            case Phase.LongLine: return SkipLongLine(rest, ref _client);
            case Phase.Torn or Phase.Seek or Phase.SeekLine: return SeekRequest(rest);
            case Phase.Wait: return WaitForAnswer(rest);
        }

        var taken = _client.Body.Take(rest);
        if (_client.Body.IsDone) FinishRequest(context);
        else if (_client.Body.HasBadChunk && !_request.IsDone) LoseRequestEnd(context);
        return taken;
    }

    /// <summary>A chunked body went wrong: its end will not be found, so the request is as done as it gets.</summary>
    private void LoseRequestEnd(ParseContext context)
    {
        _request.IsDone = true;
        _request.EndNanos = context.NowNanos;
        _request.Note(HttpProblem.ChunkSize);
        if (_request == _open.Front && _answer.IsDone) EmitPair(context);
    }

    private int ReadRequestLine(ReadOnlySpan<byte> rest, ParseContext context)
    {
        var blank = CountBlank(rest);
        if (blank > 0 && _client.Searched == 0) return blank;

        if (_client.StartNanos == 0) _client.StartNanos = context.NowNanos;
        var taken = TakeFirstLine(rest, ref _client, out var line);
        if (taken == NeedsMore)
        {
            KeepFirstWords(rest, context);
            return NeedsMore;
        }

        _firstWordsLength = 0;
        var request = RequestLine.Read(line);
        if (!request.IsPlain && request.Version.StartsWith("2"u8) && request.Method.SequenceEqual("PRI"u8))
        {
            // The preface of HTTP/2 (RFC 9113 section 3.4): the upgrade was agreed on out of our sight.
            EmitOpen(context, RecordTraits.None);
            return Hand(context, "http2");
        }

        var isLong = taken == line.Length;
        if (request.IsPlain
            || (request.IsSound && (request.HasVersion || isLong || Tokens.IsCoreMethod(request.Method))))
        {
            Open(in request, isPaired: TryPairAgain(context), context);
            if (request.HasBadVersion) _request.Note(HttpProblem.RequestLine);
            _request.HasVersion |= isLong;
        }
        else
        {
            var isHopeless = !request.HasVersion;
            if (isHopeless) Abandon(line, context);
            else Open(in request, isPaired: false, context);
            _request.Note(HttpProblem.RequestLine);
            if (isHopeless) return FinishJunk(taken, context);
        }

        if (isLong)
        {
            _request.Note(HttpProblem.HeadTooLong);
            _client.Phase = Phase.LongLine;
            return taken;
        }

        // The rest of the head is there, most likely.
        return taken < rest.Length ? taken + Math.Max(0, ReadRequestHeaders(rest[taken..], context)) : taken;
    }

    private void Open(scoped in RequestLine line, bool isPaired, ParseContext context)
    {
        if (isPaired && (_open.IsFull || _unqueued > 0))
        {
            // Its response will come when the queue has run out; that one is told alone.
            _unqueued++;
            StartLoner(context);
            _request.Note(HttpProblem.TooManyPipelined);
        }
        else if (isPaired)
        {
            // Two in one segment: no answer was waited for between them.
            _isPipelining |= _open.Count > 0 && _request.SaidNanos == context.SaidNanos;
            _request = _open.Add();
            _request.IsPaired = true;
        }
        else
        {
            StartLoner(context);
            if (_isUnpaired) _request.Traits |= RecordTraits.Partial;
        }

        _request.StartNanos = _client.StartNanos;
        _request.SaidNanos = context.SaidNanos;
        KeepWords(in line);
        _request.HasVersion = line.HasVersion;
        _request.IsHead = line.Method.SequenceEqual("HEAD"u8);
        _request.IsConnect = line.Method.SequenceEqual("CONNECT"u8);
        _client.Phase = Phase.Headers;
        _client.HeadBytes = 0;
        _client.IsTrusted |= isPaired | _isUnpaired;
        _requestFraming = default;
    }

    /// <summary>The line is kept whole, with method, target and version where they lie in it.</summary>
    private void KeepWords(scoped in RequestLine line)
    {
        var book = _request.Book;
        var method = Math.Min(line.Method.Length, JunkBytesMax);
        var version = Math.Min(line.Version.Length, Answer.VersionBytesMax);
        if (line.Text.Length > HeaderBook.TextBytesMax)
        {
            _request.Method = book.Keep(line.Method[..method]);
            _request.Target = book.Keep(line.Target);
            _request.Version = book.Keep(line.Version[..version]);
            return;
        }

        var start = book.Keep(line.Text).Offset;
        _request.Method = new TextSlice(start, method);
        _request.Target = new TextSlice(start + line.TargetStart, line.Target.Length);
        _request.Version = new TextSlice(start + line.VersionStart, version);
    }

    private void StartLoner(ParseContext context)
    {
        _loner.Clear();
        _loner.StartNanos = context.NowNanos;
        _request = _loner;
    }

    private int ReadRequestHeaders(ReadOnlySpan<byte> rest, ParseContext context)
    {
        var problem = HttpProblem.None;
        var taken = TakeHeaders(
            rest, ref _client, _request.Book, ref _requestFraming, ref problem, out var isOver);
        _request.Note(problem);
        if (isOver) FinishRequestHead(context);
        return taken;
    }

    private void FinishRequestHead(ParseContext context)
    {
        _client.Body = _requestFraming.OfRequest();
        _request.Note(_requestFraming.Problem);
        if (_request.Book.IsCut) _request.Traits |= RecordTraits.Partial;
        if (!_request.Book.Has(KnownHeader.Host)) _request.Authority = FindAuthority(_request);
        _request.AsksUpgrade = _request.IsPaired && (_request.IsConnect || _request.Book.Has(KnownHeader.Upgrade));
        _client.Phase = Phase.Body;
        if (_client.Body.IsDone) FinishRequest(context);
    }

    /// <summary>All of the request was read, or what is left of it cannot be.</summary>
    private void FinishRequest(ParseContext context)
    {
        var request = _request;
        request.IsDone = true;
        request.EndNanos = context.NowNanos;
        request.BodyBytes = _client.Body.Bytes;
        _client.Body = default;
        _client.Phase = Phase.Start;
        _client.StartNanos = 0;

        if (!request.IsPaired)
        {
            if (request == _loner && request.StartNanos != 0) EmitAlone(request, context);

            // It may have asked for another protocol, so only what surely is a request is believed.
            if (_isUnpaired) _client.Phase = Phase.Seek;
        }
        else if (request == _open.Front && _answer.IsDone)
        {
            EmitPair(context);
        }
        else if (request.AsksUpgrade)
        {
            _client.Phase = Phase.Wait;
        }
    }

    /// <summary>A client that asked for another protocol may not go on before the answer; one that goes on with HTTP
    /// all the same is taken at its word.</summary>
    private int WaitForAnswer(ReadOnlySpan<byte> rest)
    {
        var isHttp = !_request.IsConnect && !_client.IsAfterGap && Http1Probe.IsRequestLine(rest);
        if (!isHttp && rest.Length < LineBytesMax) return NeedsMore;

        _client.Phase = isHttp ? Phase.Start : Phase.SeekLine;
        return 0;
    }

    /// <summary>The answer came and was no.</summary>
    private void StopWaiting()
    {
        if (_client.Phase == Phase.Wait) _client.Phase = _client.IsAfterGap ? Phase.Torn : Phase.Start;
    }

    /// <summary>A line that is no request: told once, then the next request is looked for.</summary>
    private void Abandon(ReadOnlySpan<byte> line, ParseContext context)
    {
        StartLoner(context);
        _loner.StartNanos = _client.StartNanos;
        _loner.Method = _loner.Book.Keep(line[..Math.Min(line.Length, JunkBytesMax)].TrimEnd(" \t\r"u8));
    }

    private int FinishJunk(int taken, ParseContext context)
    {
        // What a capture finds in the middle of a connection is not the client's mistake.
        if (!context.IsMidstream || _client.IsTrusted) EmitAlone(_loner, context);
        _loner.IsDone = true;
        _client.StartNanos = 0;
        _client.Phase = Phase.Seek;
        return taken;
    }

    private int SeekRequest(ReadOnlySpan<byte> rest)
    {
        var taken = SeekLines(rest, ref _client);
        if (_client.Phase != Phase.Start) return taken;

        _client.StartNanos = 0;
        (_client.IsAfterGap, _client.IsTrusted) = (false, true);
        return taken;
    }

    /// <summary>The authority of a target in absolute or authority form (RFC 9112 section 3.2), where no Host field
    /// says it.</summary>
    private static TextSlice FindAuthority(Exchange request)
    {
        if (request.IsConnect) return request.Target;

        var target = request.Book[request.Target];
        var scheme = target.IndexOf("://"u8);
        if (scheme <= 0 || target[..scheme].Contains((byte)'/')) return default;

        var start = scheme + 3;
        var length = target[start..].IndexOfAny("/?#"u8);
        if (length < 0) length = target.Length - start;
        return new TextSlice(request.Target.Offset + start, length);
    }
}
