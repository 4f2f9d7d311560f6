using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve;

/// <summary>How the workers are, who sends to them, and whether the books balance.</summary>
internal sealed class StatusAsking(
    IRecordStore store, FanOut fanOut, IWorkerAccount account)
{
    public async Task<StatusAnswer> RunAsync(StatusRequest request, CancellationToken cancel)
    {
        var others = request.Local ? [] : fanOut.Others;
        var asking = fanOut.AskAsync(
            others,
            async (client, options) =>
                await client.StatusAsync(new StatusRequest { Local = true }, options).ConfigureAwait(false),
            cancel);
        var answer = new StatusAnswer { Completeness = account.Completeness(0, 0) };
        answer.Workers.Add(Own());
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

    private WorkerStatus Own()
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
        status.Kinds.AddRange(store.Kinds.Where(kind => kind.Records > 0).Select(kind => new StoredKind
        {
            Kind = kind.Kind, Records = kind.Records, OldestNanos = kind.OldestNanos, NewestNanos = kind.NewestNanos,
        }));
        return status;
    }
}
