using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>`sensor.json`, as core/Config reads it.</summary>
public static class SensorJson
{
    /// <summary>What holds whoever the targets are.</summary>
    public static JsonObject SettingsOf(CapturePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var capture = new JsonObject
        {
            ["backend"] = plan.Backend.ToString(),
            ["interfaces"] = new JsonObject { ["include"] = List(plan.Include), ["exclude"] = List(plan.Exclude) },
            ["direction"] = plan.Direction.ToString(),
            ["snapLength"] = plan.SnapLength,
            ["bpfFilter"] = plan.BpfFilter,
            ["sampling"] = plan.OneIn > 1
                ? new JsonObject { ["mode"] = "Flow", ["oneIn"] = plan.OneIn }
                : new JsonObject { ["mode"] = "None" },
        };
        var ring = new JsonObject { ["fanout"] = plan.Fanout.ToString() };
        if (plan.RingBytes > 0) ring["size"] = Text(plan.RingBytes);
        capture["ring"] = ring;
        var settings = new JsonObject
        {
            ["capture"] = capture,
            ["payload"] = new JsonObject { ["level"] = LevelOf(plan).ToString() },
            ["redaction"] = Redaction(plan.Redaction),
            ["budget"] = Budget(plan),
        };
        if (plan.Protocols is { Count: > 0 } protocols)
        {
            settings["protocols"] = new JsonArray(
                [.. protocols.Select(name => (JsonNode)Protocol(name, plan.Ports.GetValueOrDefault(name)))]);
        }

        var buffer = new JsonObject();
        if (plan.BufferBytes > 0) buffer["size"] = Text(plan.BufferBytes);
        if (plan.BufferAge > TimeSpan.Zero) buffer["maxAge"] = Text(plan.BufferAge);
        if (buffer.Count > 0) settings["storage"] = new JsonObject { ["packetBuffer"] = buffer };
        return settings;
    }

    /// <summary>The whole document.</summary>
    public static string Of(CapturePlan plan, TargetPlan targets, long sequence, string revision)
    {
        ArgumentNullException.ThrowIfNull(targets);
        var whole = SettingsOf(plan);
        whole["targets"] = new JsonObject
        {
            ["mode"] = targets.IsAll ? "All" : "Listed",
            ["addresses"] = List(targets.Addresses),
            ["excludeCidrs"] = List(targets.ExcludeCidrs),
            ["hostTraffic"] = targets.HasHostTraffic,
        };
        (whole["sequence"], whole["revision"]) = (sequence, revision);
        return whole.ToJsonString();
    }

    /// <summary>Where no protocol that is wanted can be read, flows are all there is to tell.</summary>
    private static PayloadLevel LevelOf(CapturePlan plan) =>
        plan.Protocols is { Count: 0 } ? PayloadLevel.None : plan.Level;

    private static JsonObject Redaction(RedactionSettings redaction) => new()
    {
        ["mode"] = redaction.Mode.ToString(),
        ["presets"] = List(redaction.Presets.Select(static one => one.ToString())),
        ["headers"] = List(redaction.Headers ?? []),
        ["jsonFields"] = List(redaction.JsonFields ?? []),
        ["queryParameters"] = List(redaction.QueryParameters ?? []),
        ["patterns"] = new JsonArray([.. (redaction.Patterns ?? []).Select(static one => (JsonNode)new JsonObject
        {
            ["name"] = one.Name, ["regex"] = one.Regex, ["replacement"] = one.Replacement,
        })]),
    };

    private static JsonObject Budget(CapturePlan plan)
    {
        // A sensor does not go blind: the last step counts flows.
        var step = plan.OnOverload == OverloadStep.Stop ? OverloadStep.FlowsOnly : plan.OnOverload;
        var budget = new JsonObject { ["onOverload"] = step.ToString() };
        if (plan.Cpus > 0) budget["cpu"] = Text(plan.Cpus);
        if (plan.MemoryBytes > 0) budget["memory"] = Text(plan.MemoryBytes);
        if (plan.PacketsPerSecondMost > 0) budget["maxPacketsPerSecond"] = plan.PacketsPerSecondMost;
        return budget;
    }

    private static JsonObject Protocol(string name, IReadOnlyList<int>? ports)
    {
        var written = new JsonObject { ["name"] = name };
        if (ports is not null) written["ports"] = new JsonArray([.. ports.Select(static one => (JsonNode)one)]);
        return written;
    }

    /// <summary>Hours first: a sensor reads nine digits of a unit, which of milliseconds are eleven days.</summary>
    internal static string Text(TimeSpan length)
    {
        (long Count, string Unit)[] parts =
        [
            ((long)length.TotalHours, "h"), (length.Minutes, "m"), (length.Seconds, "s"), (length.Milliseconds, "ms"),
        ];
        return string.Concat(parts.Where(static part => part.Count > 0)
            .Select(static part => string.Create(CultureInfo.InvariantCulture, $"{part.Count}{part.Unit}")));
    }

    private static string Text(decimal amount) => amount.ToString("0.###", CultureInfo.InvariantCulture);

    private static JsonArray List(IEnumerable<string> texts) => new([.. texts]);
}
