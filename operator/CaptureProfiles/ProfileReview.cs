using System.Text;
using System.Text.Json.Nodes;
using NetSniff.Config;
using NetSniff.Filters.Expression;
using NetSniff.Kube;
using NetSniff.Kube.Resources;

namespace NetSniff.Operator.CaptureProfiles;

/// <param name="Reason">Of the condition Accepted: `ScopeNotPermitted`.</param>
public readonly record struct ProfileProblem(string Field, string Reason, string Text)
{
    public override string ToString() => Field.Length == 0 ? Text : $"{Field}: {Text}";
}

/// <summary>Whether a profile makes sense, and everything that is wrong with it.</summary>
public static class ProfileReview
{
    /// <param name="one">A copy; gets its defaults.</param>
    /// <param name="inForce">What was accepted of the same object before.</param>
    /// <param name="home">Where a profile of the whole cluster may be.</param>
    /// <param name="filters">Who knows tcpdump's language; null for nobody.</param>
    /// <returns>Its spec, or null with at least one problem.</returns>
    public static CaptureProfileSpec? Of(
        JsonObject one, CaptureProfileSpec? inForce, string home, out IReadOnlyList<ProfileProblem> problems,
        FilterChecks? filters = null)
    {
        ArgumentNullException.ThrowIfNull(one);
        var found = ResourceReview.Of(one);
        if (found.Count > 0)
        {
            problems = [.. found.Select(static problem =>
                new ProfileProblem(problem.Field, ReasonOf(problem.Reason), problem.Text))];
            return null;
        }

        var profile = ResourceJson.Read<CaptureProfile>(one);
        List<ProfileProblem> all = [];
        CheckScope(profile, inForce, home, all);
        CheckSettings(profile.Spec, all);
        CheckFilters(profile.Spec, all);
        if (filters?.ProblemOf(profile.Spec.Capture.BpfFilter ?? "") is { } problemOfFilter)
        {
            all.Add(new("spec.capture.bpfFilter", "InvalidFilter", problemOfFilter));
        }

        problems = all;
        return all.Count == 0 ? profile.Spec : null;
    }

    private static void CheckScope(
        CaptureProfile profile, CaptureProfileSpec? inForce, string home, List<ProfileProblem> problems)
    {
        var scope = profile.Spec.Scope;
        if (scope == ResourceScope.Cluster && profile.Metadata.Namespace != home)
        {
            problems.Add(new("spec.scope", "ScopeNotPermitted", $"Cluster is honoured only in the namespace {home}"));
        }

        if (inForce is not null && inForce.Scope != scope)
        {
            problems.Add(new("spec.scope", "Invalid", "scope cannot be changed"));
        }
    }

    /// <summary>What a sensor would say of it.</summary>
    private static void CheckSettings(CaptureProfileSpec spec, List<ProfileProblem> problems)
    {
        var json = SensorJson.SettingsOf(CapturePlan.Of([spec])).ToJsonString();
        ConfigReader.Read(Encoding.UTF8.GetBytes(json), out var found);
        foreach (var problem in found)
        {
            var isPattern = problem.Path.StartsWith("redaction.patterns", StringComparison.Ordinal)
                && problem.Path.EndsWith("regex", StringComparison.Ordinal);
            problems.Add(new($"spec.{problem.Path}", isPattern ? "InvalidRegex" : "Invalid", problem.Text));
        }

        CheckAmount(spec.Budget.Cpu, "spec.budget.cpu", problems);
        CheckAmount(spec.Budget.Memory, "spec.budget.memory", problems);
        CheckAmount(spec.Storage.PacketBuffer.Size, "spec.storage.packetBuffer.size", problems);
        if (spec.Storage.FlowRetention?.Span() is { } kept
            && (kept < RetentionConfig.AgeMin || kept > RetentionConfig.AgeMax))
        {
            problems.Add(new(
                "spec.storage.flowRetention", "Invalid", $"is from 1h to 8784h, not '{spec.Storage.FlowRetention}'"));
        }

        foreach (var (network, place) in (spec.Targets.ExcludeCIDRs ?? []).Select(static (one, place) => (one, place)))
        {
            if (TargetsConfig.TryParse(network, out NetSniff.Flows.Network _)) continue;

            problems.Add(new($"spec.targets.excludeCIDRs[{place}]", "Invalid", $"'{network}' is no network"));
        }
    }

    /// <summary>Kubernetes takes forms of an amount that nothing here reads: `1e3`, `5n`.</summary>
    private static void CheckAmount(Kube.Resources.Quantity? amount, string field, List<ProfileProblem> problems)
    {
        if (amount is null || problems.Exists(problem => problem.Field == field)) return;
        if (NetSniff.Config.Quantity.TryParse(amount.Text, out var value) && value > 0) return;

        problems.Add(new(field, "Invalid", $"is an amount such as 500m, 2 or 512Mi, not '{amount.Text}'"));
    }

    private static void CheckFilters(CaptureProfileSpec spec, List<ProfileProblem> problems)
    {
        for (var place = 0; place < (spec.Exports?.Count ?? 0); place++)
        {
            if (spec.Exports![place].Filter is not { Length: > 0 } filter) continue;
            if (FilterExpression.Parse(filter).Problem is not { } problem) continue;

            problems.Add(new(
                $"spec.exports[{place}].filter", "InvalidFilter", $"column {problem.Column}: {problem.Text}"));
        }
    }

    private static string ReasonOf(string reason) => reason == "Unknown" ? "UnknownField" : "Invalid";
}
