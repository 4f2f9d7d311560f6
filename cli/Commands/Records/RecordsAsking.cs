using Grpc.Core;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Summary;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Records;

/// <summary>Asks a worker for records and shows them, and comes back to it when the line breaks while it follows.
/// </summary>
internal sealed class RecordsAsking(Terminal terminal, CaptureSettings settings, Interrupts interrupts)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(15);

    private readonly BatchDecoder _decoder = new() { TakesPeers = true };
    private readonly CompletenessTalk _talk = new(terminal);
    private long _newestNanos;
    private ulong _missed;
    private bool _isBack = true;

    /// <summary>Whether an answer that lacks a worker is a failure.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Whose records are asked for, in words; empty for everybody's.</summary>
    public string Scope { get; init; } = "";

    public int Run(QueryEndpoint endpoint, ObserveRequest request)
    {
        using var channel = QueryChannel.To(endpoint);
        using var output = new CaptureOutput(terminal, settings, []) { Book = Origins.Book };
        var desk = output.NewDesk(isFiltered: true);
        // An empty screen would leave people guessing.
        var isTold = request.Follow && Scope.Length > 0 && terminal.IsErrorTerminal && !settings.IsQuiet;
        if (isTold) terminal.Say($"following {Scope}; -A follows all namespaces");
        Follow(channel, endpoint, request, desk);
        output.Finish();
        if (_newestNanos == 0 && !request.Follow && !settings.IsQuiet && !interrupts.Token.IsCancellationRequested)
        {
            new NothingTalk(terminal, Scope, settings.Where is not null).Say(channel.Client, request);
        }

        var wasStopped = interrupts.Reason == StopReason.Interrupted;
        var isSummary = settings.Format == OutputFormat.Summary;
        if (isSummary || (wasStopped && request.Follow)) output.WriteSummary(_talk.Ledger(_missed), isSummary);
        if (!settings.IsQuiet) _talk.SayLosses();
        if (wasStopped) return ExitCode.Interrupted;

        return IsStrict && _talk.IsPartial ? ExitCode.Partial : ExitCode.Ok;
    }

    private void Follow(QueryChannel channel, QueryEndpoint endpoint, ObserveRequest request, RecordDesk desk)
    {
        var pause = s_firstPause;
        while (true)
        {
            try
            {
                ReadAsync(channel.Client, endpoint, request, desk).GetAwaiter().GetResult();
                return;
            }
            catch (RpcException) when (interrupts.Token.IsCancellationRequested || desk.IsFull)
            {
                return;
            }
            catch (RpcException problem) when (request.Follow && _talk.HasAnswer && Refusal.IsPassing(problem))
            {
                desk.Flush();
                if (_isBack)
                {
                    terminal.Say($"lost {endpoint.Title}: {Refusal.Reason(problem)}; asking again until it is back");
                    pause = s_firstPause;
                }

                _isBack = false;
            }

            if (interrupts.Token.WaitHandle.WaitOne(pause)) return;

            pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, s_longestPause.Ticks));
            request.Last = 0;
            // What came in the meantime; without a record so far, what comes from now on.
            if (_newestNanos != 0) request.SinceNanos = _newestNanos + 1;
        }
    }

    private async Task ReadAsync(
        Query.QueryClient client, QueryEndpoint endpoint, ObserveRequest request, RecordDesk desk)
    {
        using var call = client.Observe(request, cancellationToken: interrupts.Token);
        while (await call.ResponseStream.MoveNext(interrupts.Token).ConfigureAwait(false))
        {
            if (!_isBack)
            {
                terminal.Say(
                    $"back, at {endpoint.Title}; records of the meantime follow, but for those that came late");
                _isBack = true;
            }

            Take(call.ResponseStream.Current, desk);
            if (desk.IsFull) return;
        }
    }

    private void Take(ObserveAnswer answer, RecordDesk desk)
    {
        if (answer.Missed > 0)
        {
            desk.Flush();
            _missed += answer.Missed;
            terminal.Say($"missed {Human.Count(answer.Missed)} records: they came faster than they were read");
        }

        if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Completeness)
        {
            desk.Flush();
            _talk.Hear(answer.Completeness);
            return;
        }

        if (answer.WhatCase != ObserveAnswer.WhatOneofCase.Batch) return;
        if (!_decoder.TryRead(answer.Batch.Span))
        {
            throw new IOException($"the worker sent a batch that is {_decoder.Problem}");
        }

        foreach (var record in new RecordWalker(_decoder.Records))
        {
            _newestNanos = Math.Max(_newestNanos, record.Header.TimeNanos);
        }

        desk.Consume(_decoder.Records, _decoder.Count);
        desk.Flush();
    }
}
