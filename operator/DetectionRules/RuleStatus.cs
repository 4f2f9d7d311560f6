using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.DetectionRules;

/// <summary>What is seen of a rule and of those that run it.</summary>
public sealed record RuleSight
{
    public required long Generation { get; init; }

    public required RuleFindings Findings { get; init; }

    /// <summary>Generation that is in force; null for none.</summary>
    public long? InForce { get; init; }

    public RuleMode Mode { get; init; }

    public IReadOnlyList<ResourceName> Bindings { get; init; } = [];

    /// <summary>There are more rules than workers take.</summary>
    public bool HasRoom { get; init; } = true;

    /// <summary>Workers that run it as it is, and workers that there are.</summary>
    public int Programmed { get; init; }

    public int Workers { get; init; }

    /// <summary>Why a worker refused what it was last told; empty when none did.</summary>
    public string Refused { get; init; } = "";

    public required RuleTally Tally { get; init; }
}

/// <summary>From what is seen to what is written. Pure.</summary>
public static class RuleStatus
{
    private const int BindingsMax = 32;

    private const string RoomText = "workers have no room for it: rules of the cluster come first, then each namespace "
        + "has its share, of which the oldest and small ones are taken";

    /// <summary>What a rule costs at least for it to be news: less is nothing.</summary>
    private const double RateOfNews = 50, NanosOfNews = 1000;

    public static JsonObject Of(RuleSight sight, JsonObject? before, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(sight);
        var tally = sight.Tally;
        var status = new DetectionRuleStatus
        {
            ObservedGeneration = sight.Generation,
            Conditions = Conditions.Merge(
                StatusWriter.ConditionsOf(before), [Accepted(sight), Programmed(sight)], sight.Generation, now),
            Bindings = sight.Bindings.Count == 0 ? null :
            [
                .. sight.Bindings.Take(BindingsMax).Select(profile => new RuleBinding
                {
                    Namespace = profile.Namespace,
                    Name = profile.Name,
                    ProgrammedWorkers = sight.Programmed,
                    DesiredWorkers = sight.Workers,
                }),
            ],
            AlertCount = tally.Alerts,
            ShadowCount = tally.Shadowed,
            SuppressedCount = tally.Suppressed,
            LastAlertTime = tally.LastAlert,
            Tests = new TestCounts { Passed = sight.Findings.TestsPassed, Failed = sight.Findings.TestsFailed },
        };
        var written = ResourceJson.Write(status).AsObject();
        if (Cost(before?["cost"], tally) is { } cost) written["cost"] = cost;
        return written;
    }

    public static Found Accepted(RuleSight sight)
    {
        ArgumentNullException.ThrowIfNull(sight);
        var findings = sight.Findings;
        if (findings.Spec is not null) return Found.True("Accepted", findings.Reason, findings.Message);

        var running = sight.InForce is { } kept
            ? string.Create(CultureInfo.InvariantCulture, $"; generation {kept} goes on") : "";
        return Found.False("Accepted", findings.Reason, findings.Message + running);
    }

    public static Found Programmed(RuleSight sight)
    {
        ArgumentNullException.ThrowIfNull(sight);
        if (sight.InForce != sight.Generation)
        {
            return Found.False("Programmed", "NotAccepted", sight.InForce is { } kept
                ? string.Create(CultureInfo.InvariantCulture, $"generation {kept} runs, which was accepted before")
                : "nothing of it is in force");
        }

        if (sight.Mode == RuleMode.Disabled) return Found.False("Programmed", "Disabled", "spec.mode is Disabled");
        if (sight.Bindings.Count == 0)
        {
            return Found.False("Programmed", "NotSelected", "no profile selects it: see spec.rules of CaptureProfiles");
        }

        if (!sight.HasRoom) return Found.False("Programmed", "TooManyRules", RoomText);
        if (sight.Workers == 0) return Found.False("Programmed", "NoWorkers", "there are no workers yet");

        var count = string.Create(CultureInfo.InvariantCulture, $"{sight.Programmed}/{sight.Workers} workers run it");
        return sight.Programmed >= sight.Workers ? Found.True("Programmed", "RevisionApplied", count)
            : sight.Refused.Length > 0 ? Found.False("Programmed", "Refused", $"{count}; {sight.Refused}")
            : Found.False("Programmed", "RollingOut", count);
    }

    /// <summary>As it was shown while it is about the same, or not known.</summary>
    private static JsonNode? Cost(JsonNode? before, RuleTally tally)
    {
        if (tally is not { PerSecond: { } rate, Mean: { } mean }) return before?.DeepClone();

        var isAsBefore = before is not null
            && ShownRate.IsAbout(before["evaluationsPerSecond"]?.GetValue<long>() ?? 0, rate, RateOfNews)
            && ShownRate.IsAbout(
                NanosOf(before["meanEvaluationTime"]?.GetValue<string>() ?? ""),
                mean.Ticks * TimeSpan.NanosecondsPerTick, NanosOfNews);
        return isAsBefore ? before!.DeepClone() : ResourceJson.Write(new RuleCost
        {
            MeanEvaluationTime = Shown(mean), EvaluationsPerSecond = (long)Math.Round(rate),
        });
    }

    /// <summary>Of a text that <see cref="Shown"/> made; of another none.</summary>
    private static double NanosOf(string shown) =>
        shown.Length > 2 && double.TryParse(shown[..^2], CultureInfo.InvariantCulture, out var number)
            ? number * (shown.EndsWith("us", StringComparison.Ordinal) ? 1000 : 1)
            : 0;

    private static string Shown(TimeSpan span)
    {
        var nanos = span.Ticks * TimeSpan.NanosecondsPerTick;
        return nanos < 1000
            ? string.Create(CultureInfo.InvariantCulture, $"{nanos}ns")
            : string.Create(CultureInfo.InvariantCulture, $"{nanos / 1000.0:0.0}us");
    }
}
