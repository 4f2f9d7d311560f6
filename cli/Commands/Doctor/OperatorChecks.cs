using System.Globalization;
using System.Text.Json;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>Whether somebody acts on our kinds, and what came of it.</summary>
internal static class OperatorChecks
{
    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>A lease that was not renewed for so long is nobody's, whatever it says.</summary>
    private const long LeaseSecondsMax = 30;

    public static async Task<CheckResult> PodsAsync(DoctorScene scene)
    {
        var installation = await scene.InstallationAsync().ConfigureAwait(false);
        var deployment = await scene.Reading.FindAsync(
            KubeKinds.Deployments, installation.Namespace, installation.Operator, scene.Cancel).ConfigureAwait(false);
        if (deployment is not { } one)
        {
            return Checks.Bad(
                $"there is no Deployment {installation.Namespace}/{installation.Operator}",
                "`helm install` puts it there; --netsniff-namespace says where it is");
        }

        var (wanted, ready) = (one.Number("spec", "replicas") ?? 1, one.Number("status", "readyReplicas") ?? 0);
        var what = string.Create(CultureInfo.InvariantCulture, $"{ready} of {wanted} ready");
        if (ready >= wanted && wanted > 0) return Checks.Ok(what);

        var pods = await scene.ListAsync(KubeKinds.Pods, installation.Namespace, Installation.OperatorLabels)
            .ConfigureAwait(false);
        var why = Checks.Grouped(pods.Where(static pod => !PodState.IsReady(pod))
            .Select(static pod => (PodState.NameOf(pod), PodState.WhyNot(pod))));
        var fix = $"`kubectl -n {installation.Namespace} describe deploy/{installation.Operator}`";
        if (why.Length > 0) what += $": {why}";
        return ready > 0 ? Checks.Note(what, fix) : Checks.Bad(what, fix);
    }

    public static async Task<CheckResult> LeaderAsync(DoctorScene scene)
    {
        var installation = await scene.InstallationAsync().ConfigureAwait(false);
        var lease = await scene.Reading.FindAsync(
            KubeKinds.Leases, installation.Namespace, installation.Operator, scene.Cancel).ConfigureAwait(false);
        var holder = lease?.Text("spec", "holderIdentity") ?? "";
        if (holder.Length == 0)
        {
            return Checks.Bad(
                "no operator leads: nothing is made or changed, sensors and workers go on as they are",
                $"`kubectl -n {installation.Namespace} logs deploy/{installation.Operator}`");
        }

        var renewed = lease!.Value.Moment("spec", "renewTime") ?? 0;
        var age = Timestamps.Nanos(scene.Clock.GetUtcNow()) - renewed;
        // The name of the pod, without what makes it unique over time.
        var name = holder.Split('_')[0];
        return age > LeaseSecondsMax * NanosPerSecond
            ? Checks.Bad(
                $"{name} led until {Human.Duration(age)} ago",
                $"`kubectl -n {installation.Namespace} logs deploy/{installation.Operator}`; or a clock is wrong")
            : Checks.Ok($"{name}, heard {Human.Duration(Math.Max(0, age))} ago");
    }

    public static async Task<CheckResult> ProfilesAsync(DoctorScene scene)
    {
        var profiles = await scene.ProfilesAsync().ConfigureAwait(false);
        if (profiles.Count == 0)
        {
            return Checks.Bad("there is no CaptureProfile: nothing is captured", "apply one; `spec: {}` will do");
        }

        List<string> bad = [], pending = [], undone = [];
        foreach (var profile in profiles)
        {
            var name = KubeObject.FullName(profile);
            foreach (var type in (ReadOnlySpan<string>)["Accepted", "ResolvedRefs", "Programmed"])
            {
                if (KubeObject.Condition(profile, type) is not { } condition)
                {
                    pending.Add($"{name} has no word of the operator yet");
                    break;
                }

                if (condition.Text("status") == "True") continue;

                var said = $"{name} {type}={condition.Text("status")} {condition.Text("reason")}: "
                    + condition.Text("message");
                // A wish that this version does not know how to grant; waiting for it is of no use.
                var isUndone = type == "ResolvedRefs" && condition.Text("reason") == "NotServed";
                (isUndone ? undone : type == "Accepted" ? bad : pending).Add(said.TrimEnd(':', ' '));
                if (!isUndone) break;
            }
        }

        if (bad.Count > 0)
        {
            return Checks.Bad(Checks.Some(bad), "correct the profile; until then its last good version runs");
        }

        if (pending.Count > 0)
        {
            return Checks.Bad(Checks.Some(pending), "it may take a moment; `kubectl describe cprof -A` tells more");
        }

        return undone.Count > 0
            ? Checks.Note(Checks.Some(undone), "leave it out of the profile: all else is done")
            : Checks.Ok($"{Checks.Count(profiles.Count, "profile")} accepted and programmed");
    }

    public static async Task<CheckResult> RulesAsync(DoctorScene scene)
    {
        var rules = await scene.ListAsync(KubeKinds.Rules, null).ConfigureAwait(false);
        if (rules.Count == 0) return Checks.Note("there is no DetectionRule", "`kubectl apply -f rules/`");

        var refused = rules.Where(static rule => KubeObject.Is(rule, "Accepted", "False")).ToList();
        if (refused.Count > 0)
        {
            return Checks.Bad(
                Checks.Some(refused.Select(static rule =>
                    $"{KubeObject.FullName(rule)}: {KubeObject.Condition(rule, "Accepted")!.Value.Text("message")}")),
                "`netsniff rules` lists them; correct the rule, the others run");
        }

        var accepted = rules.Count(static rule => KubeObject.Is(rule, "Accepted", "True"));
        return accepted == rules.Count
            ? Checks.Ok($"{Checks.Count(rules.Count, "rule")} accepted")
            : Checks.Note($"{accepted} of {Checks.Count(rules.Count, "rule")} accepted, the others not looked at yet");
    }
}
