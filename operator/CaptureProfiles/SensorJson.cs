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
        if (plan.RingBytes > 0) capture["ring"] = new JsonObject { ["size"] = Text(plan.RingBytes) };
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
                [.. protocols.Select(static name => (JsonNode)new JsonObject { ["name"] = name })]);
        }

        var buffer = new JsonObject();
        if (plan.BufferBytes > 0) buffer["size"] = Text(plan.BufferBytes);
        if (plan.BufferAge > TimeSpan.Zero) buffer["maxAge"] = $"{plan.BufferAge.TotalMilliseconds:0}ms";
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

    private static string Text(decimal amount) => amount.ToString("0.###", CultureInfo.InvariantCulture);

    private static JsonArray List(IEnumerable<string> texts) => new([.. texts]);
}
