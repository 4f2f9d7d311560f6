using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Protocols.Http1;

public sealed partial class Http1Parser
{
    /// <summary>Tells the oldest request with the response that was read, or the response alone.</summary>
    private void EmitPair(ParseContext context)
    {
        if (_open.Front is { } request)
        {
            CountBody(request);
            Emit(request, _answer, RecordTraits.None, context);
            Release(request);
            _hasLoneAnswer = false;
        }
        else
        {
            // Its request was lost, or is late and the next one that comes.
            _isUnpaired = _hasLoneAnswer = true;
            Emit(Exchange.None, _answer, RecordTraits.Partial, context);
        }

        _answer.Clear();
    }

    /// <summary>Tells the oldest request without a final response.</summary>
    private void EmitUnanswered(ParseContext context, RecordTraits traits)
    {
        var request = _open.Front!;
        CountBody(request);
        Emit(request, _answer, traits, context);
        Release(request);
        _answer.Clear();
    }

    /// <summary>Tells all that still wait.</summary>
    private void EmitOpen(ParseContext context, RecordTraits traits)
    {
        while (_open.Count > 0) EmitUnanswered(context, traits);
    }

    /// <summary>Tells a request that no response will be looked for.</summary>
    private static void EmitAlone(Exchange request, ParseContext context)
    {
        request.IsDone = true;
        Emit(request, Answer.None, RecordTraits.None, context);
    }

    private void Release(Exchange request)
    {
        _open.Remove();
        if (request != _request) return;

        StopWaiting();
        if (_client.Phase is not (Phase.Headers or Phase.LongLine or Phase.Body)) return;

        // The rest of it is read for its end only.
        _loner.Clear();
        _request = _loner;
    }

    /// <summary>A request that is told before its end shows how much of it there was.</summary>
    private void CountBody(Exchange request)
    {
        if (request == _request && _client.Phase == Phase.Body) request.BodyBytes = _client.Body.Bytes;
    }

    private static void Emit(Exchange request, Answer answer, RecordTraits traits, ParseContext context)
    {
        var hasRequest = request != Exchange.None;
        var hasAnswer = answer.IsBegun;
        traits |= request.Traits | answer.Traits;
        if (hasRequest && !request.IsDone) traits |= RecordTraits.Partial;

        var asked = request.Book;
        var said = hasAnswer ? answer.Book : Exchange.None.Book;
        var latencyNanos = answer.HeadNanos - request.StartNanos;
        var durationNanos = Math.Max(answer.EndNanos, request.EndNanos) - request.StartNanos;
        var upgrade = answer.Status != 101 ? default
            : said.Has(KnownHeader.Upgrade) ? said[KnownHeader.Upgrade] : asked[KnownHeader.Upgrade];

        context.Records.Emit(
            new HttpRecord
            {
                Version = VersionOf(request, hasRequest ? default : said[answer.Version]),
                Method = asked[request.Method],
                Uri = asked[request.Target],
                Host = request.Host,
                UserAgent = asked[KnownHeader.UserAgent],
                RequestContentType = asked[KnownHeader.ContentType],
                ResponseContentType = said[KnownHeader.ContentType],
                ResponseContentEncoding = said[KnownHeader.ContentEncoding],
                Referer = asked[KnownHeader.Referer],
                Location = said[KnownHeader.Location],
                Upgrade = upgrade,
                TraceParent = asked[KnownHeader.TraceParent],
                Status = answer.Status,
                InterimStatuses = answer.Interims,
                HasRequest = hasRequest,
                HasResponse = hasAnswer,
                RequestBytes = request.BodyBytes,
                ResponseBytes = answer.BodyBytes,
                LatencyNanos = latencyNanos,
                HasLatency = hasRequest && hasAnswer && answer.IsHeadDone && latencyNanos >= 0,
                DurationNanos = durationNanos,
                HasDuration = hasRequest && hasAnswer && answer.IsDone && durationNanos >= 0,
                RequestHeaders = asked.Fields,
                ResponseHeaders = said.Fields,
                Problem = (request.Problem != HttpProblem.None ? request.Problem : answer.Problem).Name(),
            },
            hasRequest ? request.StartNanos : answer.StartNanos, traits);
    }

    /// <summary>No version is version 0.9, unless the line it is missing from was broken.</summary>
    private static ReadOnlySpan<byte> VersionOf(Exchange request, ReadOnlySpan<byte> answered)
    {
        if (request == Exchange.None) return answered;
        if (request.HasVersion) return request.Book[request.Version];

        return request.Problem is HttpProblem.RequestLine or HttpProblem.Cut ? default : "0.9"u8;
    }
}
