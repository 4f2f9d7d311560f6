using NetSniff.Json;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Cli.Commands.Export;

/// <summary>Hours of records from a worker, which answers for all of them, into files here.</summary>
/// <remarks>A worker cuts answers that are too long, so an hour is asked for in stretches, which shrink where one was
/// cut and grow where little came. An answer that lacks a worker is a failure: its hour would replace a better one.
/// </remarks>
internal sealed class ServerExport(QueryEndpoint endpoint, ParquetExport export, TimeProvider clock)
{
    private const long Second = 1_000_000_000;
    private const long Hour = 3600 * Second;
    private const long WidthAtFirst = 60 * Second;
    private const long WidthMin = Second / 10_000;
    private const int Factor = 4;

    /// <summary>Records of a stretch below which the next is longer.</summary>
    private const int Few = 100_000;

    /// <summary>How far ahead of our clock records may be.</summary>
    private static readonly TimeSpan s_aheadMax = TimeSpan.FromHours(2);

    private readonly BatchDecoder _decoder = new() { TakesPeers = true };
    private readonly List<(byte[] Records, int Count)> _stretch = [];
    private long _width = WidthAtFirst;

    /// <returns>Records written.</returns>
    public long Run(CancellationToken cancel) => RunAsync(cancel).GetAwaiter().GetResult();

    private async Task<long> RunAsync(CancellationToken cancel)
    {
        using var channel = QueryChannel.To(endpoint);
        var now = Timestamps.Nanos(clock.GetUtcNow() + s_aheadMax);
        var until = export.UntilNanos == 0 ? now : (export.UntilNanos - 1) / Hour * Hour + Hour;
        var (written, hours) = (0L, 0);
        var next = await NextAsync(channel, export.SinceNanos / Hour * Hour, until, cancel).ConfigureAwait(false);
        while (next is { } nanos)
        {
            var start = nanos / Hour * Hour;
            written += await HourAsync(channel, start, cancel).ConfigureAwait(false);
            export.Progressed?.Invoke(new ExportProgress(++hours, 0, written));
            next = await NextAsync(channel, start + Hour, until, cancel).ConfigureAwait(false);
        }

        return written;
    }

    /// <summary>When the first record is that has not been asked for; null where there is none.</summary>
    private async Task<long?> NextAsync(QueryChannel channel, long since, long until, CancellationToken cancel)
    {
        if (since >= until) return null;
        var request = Request(since, until);
        request.First = 1;
        await AskAsync(channel, request, cancel).ConfigureAwait(false);
        foreach (var (records, _) in _stretch)
        {
            foreach (var record in new RecordWalker(records)) return record.Header.TimeNanos;
        }

        return null;
    }

    private async Task<long> HourAsync(QueryChannel channel, long start, CancellationToken cancel)
    {
        using var files = new LakeHour(export.Folder, start / Hour);
        for (var at = start; at < start + Hour;)
        {
            var end = Math.Min(at + _width, start + Hour);
            if (await AskAsync(channel, Request(at, end), cancel).ConfigureAwait(false))
            {
                if (_width <= WidthMin)
                {
                    throw new IOException("a tenth of a millisecond has more records than a worker gives at once");
                }

                _width = Math.Max(_width / Factor, WidthMin);
                continue;
            }

            foreach (var (records, count) in _stretch) files.Consume(records, count);
            if (_stretch.Sum(batch => (long)batch.Count) < Few) _width = Math.Min(_width * Factor, Hour);
            at = end;
        }

        return files.Finish(export, cancel);
    }

    private ObserveRequest Request(long since, long until)
    {
        // An open beginning is 0: the first nanosecond of 1970 is left out.
        var request = new ObserveRequest { SinceNanos = Math.Max(1, since), UntilNanos = until };
        request.Kinds.AddRange(export.Kinds);
        return request;
    }

    /// <summary>Gathers the records of an answer.</summary>
    /// <returns>Whether it was cut.</returns>
    private async Task<bool> AskAsync(QueryChannel channel, ObserveRequest request, CancellationToken cancel)
    {
        _stretch.Clear();
        var isCut = false;
        using var call = channel.Client.Observe(request, cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel).ConfigureAwait(false))
        {
            var answer = call.ResponseStream.Current;
            if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Batch)
            {
                var isWhole = _decoder.TryRead(answer.Batch.Span);
                if (!isWhole) throw new IOException($"the worker sent a batch that is {_decoder.Problem}");
                _stretch.Add((_decoder.Records.ToArray(), _decoder.Count));
            }
            else if (answer.Completeness is { } completeness)
            {
                if (completeness.Absent is [var absence, ..])
                {
                    throw new IOException(
                        $"{absence.Worker} did not answer: {absence.Why}; no hour is written without it");
                }

                isCut |= completeness.IsCut;
            }
        }

        return isCut && request.First == 0;
    }
}
