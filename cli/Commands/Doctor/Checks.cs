using NetSniff.Cli.Plugin;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>What the doctor looks at, in an order in which the first that is not well explains the rest. Adding one is
/// adding its line.</summary>
internal static class Checks
{
    private static readonly (string Name, Func<DoctorScene, Task<CheckResult>> Look)[] s_all =
    [
        ("API server", ServerChecks.AnswersAsync),
        ("Kubernetes", ServerChecks.VersionAsync),
        ("Kinds", ServerChecks.KindsAsync),
        ("Rights", RightsCheck.LookAsync),
        ("Operator", OperatorChecks.PodsAsync),
        ("Leader", OperatorChecks.LeaderAsync),
        ("Profiles", OperatorChecks.ProfilesAsync),
        ("Rules", OperatorChecks.RulesAsync),
        ("Pod Security", SensorChecks.SecurityAsync),
        ("Sensors", SensorChecks.NodesAsync),
        ("Workers", WorkerChecks.PodsAsync),
        ("Certificates", WorkerChecks.CertificatesAsync),
        ("Query", WorkerChecks.AnswersAsync),
        ("Clocks", TrafficChecks.ClocksAsync),
        ("Capture", TrafficChecks.DropsAsync),
        ("Governor", TrafficChecks.RungsAsync),
        ("Delivery", TrafficChecks.WaitingAsync),
        ("Storage", TrafficChecks.StorageAsync),
        ("Flows", TrafficChecks.FlowsAsync),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(static check => check.Name)];

    /// <summary>One after the other. When the API server does not answer, nothing else can be said.</summary>
    public static async IAsyncEnumerable<CheckResult> RunAsync(DoctorScene scene)
    {
        foreach (var (name, look) in s_all)
        {
            var result = await LookAsync(scene, name, look).ConfigureAwait(false);
            yield return result;
            if (name == s_all[0].Name && result.State == CheckState.Bad) yield break;
        }
    }

    private static async Task<CheckResult> LookAsync(
        DoctorScene scene, string name, Func<DoctorScene, Task<CheckResult>> look)
    {
        try
        {
            return (await look(scene).ConfigureAwait(false)) with { Check = name };
        }
        catch (NoWordException)
        {
            return Skipped("workers do not answer: see Query") with { Check = name };
        }
        catch (KubeRefusal refusal)
        {
            var state = refusal.Kind == FailureKind.Forbidden ? CheckState.Skipped : CheckState.Bad;
            return new CheckResult(name, state, refusal.Message.Split('\n')[0]);
        }
    }

    public static CheckResult Ok(string what) => new("", CheckState.Ok, what);

    public static CheckResult Note(string what, string fix = "") => new("", CheckState.Note, what, fix);

    public static CheckResult Bad(string what, string fix) => new("", CheckState.Bad, what, fix);

    public static CheckResult Skipped(string why) => new("", CheckState.Skipped, why);

    /// <summary>`a, b, c and 4 more`.</summary>
    public static string Some(IEnumerable<string> names, int most = 3)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(most)) + (all.Count > most ? $" and {all.Count - most} more" : "");
    }

    /// <summary>Who has the same reason is named together: `node-1, node-2: taint …`.</summary>
    public static string Grouped(IEnumerable<(string Name, string Why)> all) => string.Join(
        "; ",
        all.GroupBy(static one => one.Why).Take(4).Select(static group =>
            $"{Some(group.Select(static one => one.Name))}: {group.Key}"));

    /// <summary>`1 node`, `3 nodes`.</summary>
    public static string Count(int count, string what, string? many = null) =>
        FormattableString.Invariant($"{count} {(count == 1 ? what : many ?? what + "s")}");
}
