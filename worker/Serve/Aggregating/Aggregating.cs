using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;
using AggregateRow = NetSniff.Wire.V1.AggregateRow;

namespace NetSniff.Worker.Serve.Aggregating;

/// <summary>Sums and counts over all workers.</summary>
internal sealed class Aggregating(
    IRecordStore store, ReadGate gate, FanOut fanOut, IWorkerAccount account, ServeLimits limits)
{
    public async Task<AggregateAnswer> RunAsync(AggregateRequest request, CancellationToken cancel)
    {
        var plan = AggregatePlan.Of(request, limits);
        var others = fanOut.Others;
        var completeness = account.Completeness(request.SinceNanos, request.UntilNanos);
        if (request.Local || others.Count == 0)
        {
            var rows = await ReadAsync(plan, cancel).ConfigureAwait(false);
            completeness.IsCut = rows.Count >= plan.Top && request.Top == 0;
            return new AggregateAnswer { Rows = { rows }, Completeness = completeness };
        }

        var merge = new AggregateMerge(plan, others.Count + 1);
        foreach (var part in merge.Parts())
        {
            await GatherAsync(part, merge, others, completeness, cancel).ConfigureAwait(false);
        }

        var merged = merge.Rows(out var isCut);
        completeness.IsCut |= isCut;
        return new AggregateAnswer { Rows = { merged }, Completeness = completeness };
    }

    /// <summary>Asks everyone the same question and adds the answers up.</summary>
    private async Task GatherAsync(
        AggregateRequest part, AggregateMerge merge, IReadOnlyList<WorkerMember> others, Completeness completeness,
        CancellationToken cancel)
    {
        part.Local = true;
        part.Top = (uint)limits.GroupsMax;
        var asking = fanOut.AskAsync(
            others, async (client, options) => await client.AggregateAsync(part, options).ConfigureAwait(false),
            cancel);
        var own = await ReadAsync(AggregatePlan.Of(part, limits), cancel).ConfigureAwait(false);
        completeness.IsCut |= own.Count >= limits.GroupsMax;
        merge.Add(part, own);
        foreach (var answer in await asking.ConfigureAwait(false))
        {
            if (answer.Answer is { } said)
            {
                // Percentiles ask a second time; who is counted already is not counted again.
                if (part.Heat == merge.Plan.Request.Heat) completeness.Merge(said.Completeness);
                merge.Add(part, said.Rows);
            }
            else if (completeness.Absent.All(absence => absence.Worker != answer.Worker))
            {
                completeness.Miss(answer.Worker, answer.Why!);
            }
        }
    }

    private async Task<List<AggregateRow>> ReadAsync(AggregatePlan plan, CancellationToken cancel)
    {
        using var place = await gate.EnterAsync(cancel).ConfigureAwait(false);
        var rows = await Task.Run(() => store.Aggregate(plan.ToQuery(), cancel), cancel).ConfigureAwait(false);
        return
        [
            .. rows.Take(plan.Top).Select(row => new AggregateRow
            {
                By = { row.By }, BucketNanos = row.BucketNanos, Heat = row.Heat, Values = { row.Values },
            }),
        ];
    }
}
