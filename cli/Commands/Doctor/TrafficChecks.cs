using System.Globalization;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;
using NetSniff.Sensor.Governor;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>Whether traffic is seen, arrives and is kept: what workers say of themselves and of sensors.</summary>
internal static class TrafficChecks
{
    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>What waits longer on its way to the store is late.</summary>
    private const long LagNanosMax = 30 * NanosPerSecond;

    /// <summary>More of what passed must not be lost.</summary>
    private const double LostShareMax = 0.01;

    /// <summary>Where packets are lost before anybody looks at them.</summary>
    private static readonly HashSet<string> s_before = new(StringComparer.Ordinal) { "nic", "kernel", "capture" };

    /// <summary>Times of nodes that differ more make flows seem to end before they began.</summary>
    private const long SkewNanosMax = 2 * NanosPerSecond;

    /// <summary>Sensors tell of themselves every few seconds.</summary>
    private const long SilentNanosMax = 60 * NanosPerSecond;

    private const double FillMax = 0.9;

    /// <summary>Flows that began since then are looked at for names.</summary>
    private const long RecentNanos = 3600 * NanosPerSecond;

    public static async Task<CheckResult> ClocksAsync(DoctorScene scene)
    {
        // A server tells whole seconds.
        const long Coarse = NanosPerSecond;
        var ours = scene.Reading.Clocks is { } clocks ? (long)(clocks.Theirs - clocks.Ours).TotalNanoseconds : 0;
        if (Math.Abs(ours) > SkewNanosMax + Coarse)
        {
            return Checks.Bad(
                $"this machine and the API server differ by {Human.Duration(Math.Abs(ours))}",
                "set this machine's clock: times such as --since 5m are meant by it");
        }

        var status = await scene.StatusAsync().ConfigureAwait(false);
        var now = Timestamps.Nanos(scene.Clock.GetUtcNow());
        var odd = status.Sensors.Where(static sensor => sensor is { IsConnected: true, Status: not null })
            .Select(sensor => (sensor.Node, Ahead: sensor.Status.TimeNanos - now))
            .Where(static one => one.Ahead is > SkewNanosMax + Coarse or < -SilentNanosMax)
            .Select(static one => $"{one.Node} {Human.Duration(Math.Abs(one.Ahead))} "
                + (one.Ahead > 0 ? "ahead" : "behind")).ToList();
        return odd.Count > 0
            ? Checks.Bad($"clocks of nodes differ: {Checks.Some(odd)}", "let the nodes take their time from one server")
            : Checks.Ok("this machine, the API server and the sensors agree");
    }

    public static async Task<CheckResult> DropsAsync(DoctorScene scene)
    {
        var status = await scene.StatusAsync().ConfigureAwait(false);
        var sensors = status.Sensors.Where(static sensor => sensor.Status is not null).ToList();
        if (sensors.Count == 0) return Checks.Skipped("no sensor has told anything yet");

        List<(string Words, double Share)> losing = [];
        ulong packets = 0;
        foreach (var sensor in sensors)
        {
            var early = sensor.Status.Ledger.Where(static line => s_before.Contains(line.Stage)).ToList();
            var received = Sum(early.Where(static line => line is { Stage: "capture", What: "received" }));
            var lost = Sum(early.Where(static line => line.IsLoss));
            packets += received;
            if (lost == 0) continue;

            var words = $"{sensor.Node} {Human.Count(lost)} ({Human.Share(lost, received + lost)})";
            losing.Add((words, lost / (double)(received + lost)));
        }

        if (losing.Count > 0)
        {
            var what = "packets lost since the sensors began: "
                + Checks.Some(losing.OrderByDescending(static one => one.Share).Select(static one => one.Words));
            const string Fix = "a larger spec.capture.ring, or more by spec.budget; `netsniff status` has the balance";
            return losing.Max(static one => one.Share) > LostShareMax ? Checks.Bad(what, Fix) : Checks.Note(what, Fix);
        }

        return packets == 0
            ? Checks.Note("sensors have seen no packet", "which interfaces: spec.capture.interfaces of the profile")
            : Checks.Ok($"{Human.Count(packets)} packets, nothing lost");
    }

    public static async Task<CheckResult> RungsAsync(DoctorScene scene)
    {
        var status = await scene.StatusAsync().ConfigureAwait(false);
        var lower = status.Sensors.Where(static sensor => Ladder.Lower.Contains(sensor.Status?.Rung ?? ""))
            .Select(static sensor => $"{sensor.Node} {sensor.Status.Rung}").ToList();
        if (lower.Count == 0) return Checks.Ok("every sensor reads all it was asked to");

        return Checks.Note(
            $"sensors read less to stay within their budget: {Checks.Some(lower)}",
            "spec.budget of the profile gives them more; what is left out is counted");
    }

    public static async Task<CheckResult> WaitingAsync(DoctorScene scene)
    {
        var status = await scene.StatusAsync().ConfigureAwait(false);
        var now = Timestamps.Nanos(scene.Clock.GetUtcNow());
        List<string> late = [], gone = [];
        foreach (var sensor in status.Sensors)
        {
            if (!sensor.IsConnected) gone.Add(sensor.Node);
            var lanes = sensor.Status?.Lanes ?? [];
            var oldest = lanes.Where(static lane => lane.OldestNanos > 0).Select(static lane => lane.OldestNanos)
                .DefaultIfEmpty(now).Min();
            if (now - oldest > LagNanosMax) late.Add($"{sensor.Node} {Human.Duration(now - oldest)}");
        }

        late.AddRange(status.Workers.Where(static worker => worker.LagNanos > LagNanosMax)
            .Select(static worker => $"{worker.Name} {Human.Duration(worker.LagNanos)}"));
        if (gone.Count > 0)
        {
            return Checks.Note(
                $"not connected: {Checks.Some(gone)}",
                "what they see waits in their spool; see Sensors for their pods");
        }

        return late.Count > 0
            ? Checks.Bad(
                $"records wait long: {Checks.Some(late)}",
                "more workers, by spec.workers.maxReplicas, or a NetworkPolicy that lets sensors reach port 9466")
            : Checks.Ok($"{Checks.Count(status.Sensors.Count, "sensor")} connected, nothing waits long");
    }

    public static async Task<CheckResult> StorageAsync(DoctorScene scene)
    {
        var status = await scene.StatusAsync().ConfigureAwait(false);
        var fullest = status.Workers.Select(static worker => worker.BytesOnDisk).DefaultIfEmpty().Max();
        var records = status.Workers.SelectMany(static worker => worker.Kinds).Sum(static kind => kind.Records);
        var what = $"{Human.Count((ulong)records)} records, {Human.Size(fullest)}B at the fullest worker";
        if (await LimitAsync(scene).ConfigureAwait(false) is not { } limit) return Checks.Ok(what);

        // Retention makes room before the disk is full, so a full store is no failure.
        var share = fullest / (double)limit;
        what += string.Create(CultureInfo.InvariantCulture, $", {100 * share:0}% of what it keeps");
        return share > FillMax
            ? Checks.Note($"{what}: the oldest makes room", "worker.retention.bytes of the chart, and a larger volume")
            : Checks.Ok(what);
    }

    public static async Task<CheckResult> FlowsAsync(DoctorScene scene)
    {
        var status = await scene.StatusAsync().ConfigureAwait(false);
        var flows = status.Workers.SelectMany(static worker => worker.Kinds)
            .Where(static kind => kind is { Kind: "flow", Records: > 0 }).ToList();
        if (flows.Count == 0)
        {
            return Checks.Note(
                "none has been stored yet: a flow is told when it ends, or every few minutes",
                "make some traffic: `kubectl run -it --rm --image=IMAGE probe -- wget -qO- http://SERVICE`");
        }

        var now = Timestamps.Nanos(scene.Clock.GetUtcNow());
        var age = now - flows.Max(static kind => kind.NewestNanos);
        var stored = $"{Human.Count((ulong)flows.Sum(static kind => kind.Records))} stored, the newest "
            + $"{Human.Duration(Math.Max(0, age))} ago";
        var recent = await scene.FlowsAsync("", now - RecentNanos).ConfigureAwait(false);
        if (recent == 0) return Checks.Ok(stored);

        var named = await scene.FlowsAsync("exists src.pod or exists dst.pod", now - RecentNanos).ConfigureAwait(false);
        return named == 0
            ? Checks.Bad(
                $"{stored}; not one of the last hour's {Human.Count((ulong)recent)} has the name of a pod",
                "the worker's account must be allowed to list and watch pods; its log says what it cannot")
            : Checks.Ok($"{stored}; {Human.Share(named, recent)} of the last hour's with the name of a pod");
    }

    /// <summary>What a worker keeps at most; null where that may not be seen.</summary>
    private static async Task<long?> LimitAsync(DoctorScene scene)
    {
        try
        {
            var installation = await scene.InstallationAsync().ConfigureAwait(false);
            var map = await scene.Reading.FindAsync(
                KubeKinds.ConfigMaps, installation.Namespace, installation.Worker, scene.Cancel).ConfigureAwait(false);
            if (map?.Text("data", "worker.json") is not { Length: > 0 } text) return null;

            using var config = System.Text.Json.JsonDocument.Parse(text);
            return config.RootElement.Inner("retention", "bytes") is { } bytes
                ? ByteSizes.ParseOption("retention.bytes", bytes.ToString(), 1) : null;
        }
        catch (Exception problem) when (problem is KubeRefusal { Kind: FailureKind.Forbidden }
            or System.Text.Json.JsonException or UsageException)
        {
            return null;
        }
    }

    private static ulong Sum(IEnumerable<LedgerEntry> lines) =>
        (ulong)lines.Sum(static line => Math.Max(0, line.Count));
}
