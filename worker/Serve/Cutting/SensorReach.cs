using NetSniff.Wire.Control;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>A sensor, and the way to it.</summary>
/// <param name="Via">The worker that has a line to it; null for ourselves.</param>
internal sealed record SensorWay(string Sensor, string Node, WorkerMember? Via);

/// <summary>Which sensors there are and who asks each of them: every one exactly once, whoever it is connected to.
/// </summary>
internal sealed class SensorReach(IWorkerAccount account, SensorLinks links, FanOut fanOut)
{
    private static readonly string[] s_captureStages = ["interface", "kernel", "capture", "ring", PacketStage.Name];

    /// <param name="nodes">Only these; none for all.</param>
    /// <param name="completeness">Told of workers and sensors that cannot be asked, and of what sensors lost.</param>
    public async Task<IReadOnlyList<SensorWay>> PlanAsync(
        IReadOnlyCollection<string> nodes, Completeness completeness, CancellationToken cancel)
    {
        var others = fanOut.Others;
        var asking = fanOut.AskAsync(
            others,
            async (client, options) =>
                await client.StatusAsync(new StatusRequest { Local = true }, options).ConfigureAwait(false),
            cancel);
        completeness.Workers = 1;
        List<(WorkerMember? Via, SensorState State)> seen =
            [.. account.Sensors().Select(static state => ((WorkerMember?)null, state))];
        foreach (var answer in await asking.ConfigureAwait(false))
        {
            if (answer.Answer is not { } said)
            {
                completeness.Miss(answer.Worker, answer.Why!);
                continue;
            }

            completeness.Workers++;
            var via = others.First(other => other.Name == answer.Worker);
            seen.AddRange(said.Sensors.Select(state => ((WorkerMember?)via, state)));
        }

        seen.RemoveAll(one => nodes.Count > 0 && !nodes.Contains(one.State.Node));
        return Assign(seen, completeness);
    }

    private List<SensorWay> Assign(List<(WorkerMember? Via, SensorState State)> seen, Completeness completeness)
    {
        List<SensorWay> ways = [];
        foreach (var views in seen.GroupBy(static one => one.State.Sensor, StringComparer.Ordinal))
        {
            var node = views.First().State.Node;
            // Ourselves first, then by name, so that two who ask choose alike.
            var near = views.Where(IsNear)
                .OrderBy(static one => one.Via is null ? "" : one.Via.Name, StringComparer.Ordinal).ToList();
            if (near is [var way, ..]) ways.Add(new SensorWay(views.Key, node, way.Via));
            else completeness.MissSensor(node, WhyNot(views.Any(static one => one.State.IsConnected)));
            AddLosses(node, views.Select(static one => one.State.Status), completeness);
        }

        completeness.Sensors += (uint)ways.Count;
        return ways;
    }

    private bool IsNear((WorkerMember? Via, SensorState State) view) =>
        view.Via is null ? links.Find(view.State.Sensor) is not null : view.State.TakesTasks;

    private static string WhyNot(bool isConnected) =>
        isConnected ? "it takes no tasks: an earlier version" : "it is not connected to any worker";

    /// <summary>What was lost before it could be kept, by the sensor's latest account.</summary>
    private static void AddLosses(string node, IEnumerable<SensorStatus?> statuses, Completeness completeness)
    {
        var latest = statuses.OfType<SensorStatus>().MaxBy(static status => status.TimeNanos);
        if (latest is null) return;

        foreach (var entry in latest.Ledger.Where(static entry => entry.IsLoss && entry.Count > 0))
        {
            if (!s_captureStages.Contains(entry.Stage)) continue;

            var named = entry.Clone();
            named.Stage = $"{node}/{entry.Stage}";
            completeness.Losses.Add(named);
        }
    }
}

internal static class PacketCompleting
{
    public static void MissSensor(this Completeness whole, string node, string why)
    {
        whole.Sensors++;
        whole.AbsentSensors.Add(new Absence { Worker = node, Why = why });
    }
}
