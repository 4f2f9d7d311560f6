using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Protocols.Http1;

public sealed partial class Http1Parser
{
    /// <summary>Tells the oldest request with the response that was read, or the response alone.</summary>
    private void EmitPair(ParseContext context)
    {
        var pool = ExchangePool.Current;
        if (_open.Front is { } request)
        {
            CountBody(request);
            Emit(request, _answer, RecordTraits.None, context);
            Release(request, pool);
            _hasLoneAnswer = false;
        }
        else
        {
            // Its request was lost, or is late and the next one that comes.
            _isUnpaired = _hasLoneAnswer = true;
            Emit(Exchange.None, _answer, RecordTraits.Partial, context);
        }

        _answer.Clear();
        // Who takes over may ask for more than the record said.
        if (_upgraded == _loner) _answer.Close(pool);
    }

    /// <summary>Tells the oldest request without a final response.</summary>
    private void EmitUnanswered(ParseContext context, RecordTraits traits)
    {
        var request = _open.Front!;
        CountBody(request);
        Emit(request, _answer, traits, context);
        Release(request, ExchangePool.Current);
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

    private void Release(Exchange request, ExchangePool pool)
    {
        _open.Remove();
        if (request == _request)
        {
            StopWaiting();
            // The rest of it is read for its end only.
            if (_client.Phase is Phase.Headers or Phase.LongLine or Phase.Body) _loner.Clear();
            _request = _loner;
        }

        // Who takes over is told of it first.
        if (request != _upgraded) pool.Return(request);
    }

    /// <summary>A request that is told before its end shows how much of it there was.</summary>
    private void CountBody(Exchange request)
    {
        if (request == _request && _client.Phase == Phase.Body) request.BodyBytes = _client.Body.Bytes;
    }

    private static void Emit(Exchange request, Answer answer, RecordTraits traits, ParseContext context)
    {
        var hasRequest = request != Exchange.None;
        traits |= request.Traits | answer.Traits;
        if (hasRequest && !request.IsDone) traits |= RecordTraits.Partial;

        Emit(request, answer, answer.IsBegun ? answer.Book : Exchange.None.Book, hasRequest, traits, context.Records);
    }

    /// <summary>Begins with the record, which is large: then it is cleared once.</summary>
    private static void Emit(
        Exchange request, Answer answer, HeaderBook said, bool hasRequest, RecordTraits traits, RecordSink records)
    {
        records.Emit(
            new HttpRecord
            {
                Method = request.Book[request.Method],
                Uri = request.Book[request.Target],
                UserAgent = request.Book[KnownHeader.UserAgent],
                RequestContentType = request.Book[KnownHeader.ContentType],
                ResponseContentType = said[KnownHeader.ContentType],
                ResponseContentEncoding = said[KnownHeader.ContentEncoding],
                Referer = request.Book[KnownHeader.Referer],
                Location = said[KnownHeader.Location],
                TraceParent = request.Book[KnownHeader.TraceParent],
                RequestHeaders = request.Book.Fields,
                ResponseHeaders = said.Fields,
                Host = request.Host,
                Version = VersionOf(request, hasRequest ? default : answer.Version),
                Upgrade = answer.Status == 101 ? AgreedOn(request, said) : default,
                Status = answer.Status,
                InterimStatuses = answer.Interims,
                HasRequest = hasRequest,
                HasResponse = answer.IsBegun,
                RequestBytes = request.BodyBytes,
                ResponseBytes = answer.BodyBytes,
                LatencyNanos = answer.HeadNanos - request.StartNanos,
                HasLatency = hasRequest && answer.IsBegun && answer.IsHeadDone
                    && answer.HeadNanos >= request.StartNanos,
                DurationNanos = Math.Max(answer.EndNanos, request.EndNanos) - request.StartNanos,
                HasDuration = hasRequest && answer.IsBegun && answer.IsDone
                    && Math.Max(answer.EndNanos, request.EndNanos) >= request.StartNanos,
                Problem = (request.Problem != HttpProblem.None ? request.Problem : answer.Problem).Name(),
            },
            hasRequest ? request.StartNanos : answer.StartNanos, traits);
    }

    private static ReadOnlySpan<byte> AgreedOn(Exchange request, HeaderBook said) =>
        said.Has(KnownHeader.Upgrade) ? said[KnownHeader.Upgrade] : request.Book[KnownHeader.Upgrade];

    /// <summary>No version is version 0.9, unless the line it is missing from was broken.</summary>
    private static ReadOnlySpan<byte> VersionOf(Exchange request, ReadOnlySpan<byte> answered)
    {
        if (request == Exchange.None) return answered;
        if (request.HasVersion) return request.Book[request.Version];

        return request.Problem is HttpProblem.RequestLine or HttpProblem.Cut ? default : "0.9"u8;
    }
}
