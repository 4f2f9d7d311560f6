using NetSniff.Records;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve;

/// <summary>How the workers are, who sends to them, and whether the books balance.</summary>
internal sealed class StatusAsking(
    IRecordStore store, FanOut fanOut, IWorkerAccount account, TimeProvider clock)
{
    /// <summary>Counting every kind reads the store, so it is not done for everyone who looks.</summary>
    private static readonly TimeSpan s_countEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Task<List<StoredKind>>? _kinds;
    private long _counted;

    public async Task<StatusAnswer> RunAsync(StatusRequest request, CancellationToken cancel)
    {
        var others = request.Local ? [] : fanOut.Others;
        var asking = fanOut.AskAsync(
            others,
            async (client, options) =>
                await client.StatusAsync(new StatusRequest { Local = true }, options).ConfigureAwait(false),
            cancel);
        var answer = new StatusAnswer { Completeness = account.Completeness(0, 0) };
        answer.Workers.Add(await OwnAsync(cancel).ConfigureAwait(false));
        answer.Sensors.AddRange(account.Sensors());
        foreach (var member in await asking.ConfigureAwait(false))
        {
            if (member.Answer is { } said)
            {
                answer.Workers.AddRange(said.Workers);
                answer.Sensors.AddRange(said.Sensors);
                answer.Completeness.Merge(said.Completeness);
            }
            else
            {
                answer.Completeness.Miss(member.Worker, member.Why!);
            }
        }

        return answer;
    }

    private async Task<WorkerStatus> OwnAsync(CancellationToken cancel)
    {
        var status = new WorkerStatus
        {
            Name = account.Name,
            Version = account.Version,
            StartedNanos = account.StartedNanos,
            BytesOnDisk = store.Counts.BytesOnDisk,
            LagNanos = account.LagNanos,
        };
        status.Ledger.AddRange(account.Ledger().Select(line => new LedgerEntry
        {
            Stage = line.Stage, What = line.Reason, Count = line.Count, IsLoss = line.IsLoss,
        }));
        status.Kinds.AddRange(await KindsAsync().WaitAsync(cancel).ConfigureAwait(false));
        return status;
    }

    private Task<List<StoredKind>> KindsAsync()
    {
        lock (_lock)
        {
            var isFresh = _kinds is { IsFaulted: false, IsCanceled: false }
                && (!_kinds.IsCompleted || clock.GetElapsedTime(_counted) < s_countEvery);
            if (isFresh) return _kinds!;

            _counted = clock.GetTimestamp();
            return _kinds = Task.Run(Count);
        }
    }

    // One at a time, and so beside the places of those who ask questions.
    private List<StoredKind> Count() => [.. RecordKinds.All.Select(Count).Where(kind => kind.Records > 0)];

    private StoredKind Count(RecordSchema schema)
    {
        var query = new AggregateQuery { Kind = schema.Info.Name, Measures = ["count", "min(time)", "max(time)"] };
        var rows = store.Aggregate(query, CancellationToken.None);
        var kind = new StoredKind { Kind = schema.Info.Name };
        if (rows is not [{ Values: [> 0 and var count, var oldest, var newest] }]) return kind;

        (kind.Records, kind.OldestNanos, kind.NewestNanos) = ((long)count, (long)oldest, (long)newest);
        return kind;
    }
}
