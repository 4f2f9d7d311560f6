using Grpc.Core;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Top;

/// <summary>Records of the workers as they come: a flow's traffic when it ends or is told, exchanges at once.</summary>
/// <param name="scope">Whose records, in words; empty for everybody's.</param>
internal sealed class WorkerTopSource(QueryEndpoint endpoint, string where, string scope) : TopSource
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly BatchDecoder _decoder = new() { TakesPeers = true };
    private Task _reading = Task.CompletedTask;
    private string _trouble = "connecting";
    private long _missed;
    private IReadOnlyList<LedgerEntry> _losses = [];

    public override string Title => (endpoint.Route is null ? "worker " : "") + endpoint.Title
        + (scope.Length > 0 ? $", {scope}" : "");

    public override string Trouble => Volatile.Read(ref _trouble);

    public override void Start(TopTally tally) => _reading = Task.Run(() => RunAsync(tally));

    public override void Refresh(TopTally tally) => tally.Lost =
    [
        .. Volatile.Read(ref _losses).Where(loss => loss.IsLoss)
            .Select(loss => ($"{loss.Stage} {loss.What}", loss.Count)),
        ("missed by this screen", Interlocked.Read(ref _missed)),
    ];

    public override void Dispose()
    {
        _stop.Cancel();
        _reading.GetAwaiter().GetResult();
        _stop.Dispose();
    }

    private async Task RunAsync(TopTally tally)
    {
        using var channel = QueryChannel.To(endpoint);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(channel.Client, tally).ConfigureAwait(false);
                Volatile.Write(ref _trouble, "the worker ended the answer; asking again");
            }
            catch (RpcException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException problem)
            {
                Volatile.Write(ref _trouble, $"{Refusal.Reason(problem)}; asking again");
            }

            try
            {
                await Task.Delay(s_pause, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task FollowAsync(Query.QueryClient client, TopTally tally)
    {
        using var call = client.Observe(new ObserveRequest { Where = where, Follow = true },
            cancellationToken: _stop.Token);
        while (await call.ResponseStream.MoveNext(_stop.Token).ConfigureAwait(false))
        {
            var answer = call.ResponseStream.Current;
            Volatile.Write(ref _trouble, "");
            Interlocked.Add(ref _missed, (long)answer.Missed);
            if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Completeness) Hear(answer.Completeness);
            else if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Batch) Take(answer.Batch.Span, tally);
        }
    }

    private void Hear(Completeness completeness)
    {
        Volatile.Write(ref _losses, [.. completeness.Losses]);
        if (completeness.Absent.Count == 0) return;

        var names = string.Join(", ", completeness.Absent.Select(absence => absence.Worker));
        Volatile.Write(ref _trouble, $"incomplete: no answer from {names}");
    }

    private void Take(ReadOnlySpan<byte> batch, TopTally tally)
    {
        if (!_decoder.TryRead(batch))
        {
            Volatile.Write(ref _trouble, $"the worker sent a batch that is {_decoder.Problem}");
            return;
        }

        lock (tally.Lock)
        {
            foreach (var record in new RecordWalker(_decoder.Records)) tally.AddRecord(record, hasTraffic: true);
        }
    }
}
