using System.Text.Json;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>Whether every node has a sensor, and why not.</summary>
internal static class SensorChecks
{
    private const string LevelLabel = "pod-security.kubernetes.io/enforce";

    public static async Task<CheckResult> SecurityAsync(DoctorScene scene)
    {
        var sets = await scene.SensorSetsAsync().ConfigureAwait(false);
        if (sets.Count == 0) return Checks.Skipped("there are no sensors yet");

        var where = KubeObject.Namespace(sets[0]);
        var one = await scene.Reading.GetAsync(KubeKinds.Namespaces, null, where, scene.Cancel).ConfigureAwait(false);
        var level = one.Text("metadata", "labels", LevelLabel);
        if (level is not ("" or "privileged"))
        {
            return Checks.Bad(
                $"namespace {where} enforces {level}, which lets no pod have the host's network",
                $"`kubectl label ns {where} {LevelLabel}=privileged --overwrite`");
        }

        var capabilities = sets.SelectMany(static set => set.List("spec", "template", "spec", "containers"))
            .SelectMany(static container => container.Texts("securityContext", "capabilities", "add"))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return capabilities.Contains("NET_RAW")
            ? Checks.Ok($"namespace {where} lets sensors have {string.Join(", ", capabilities)}")
            : Checks.Bad(
                "sensors are not given NET_RAW: they cannot capture",
                "the value sensor.capabilities of the chart must have it");
    }

    public static async Task<CheckResult> NodesAsync(DoctorScene scene)
    {
        var sets = await scene.SensorSetsAsync().ConfigureAwait(false);
        if (sets.Count == 0)
        {
            return Checks.Bad(
                "the operator has made no sensors", "a CaptureProfile that is accepted makes them; see Profiles above");
        }

        var pods = (await Task.WhenAll(sets.Select(KubeObject.Namespace).Distinct().Select(where =>
            scene.ListAsync(KubeKinds.Pods, where, Installation.SensorLabels))).ConfigureAwait(false))
            .SelectMany(static some => some).ToList();
        List<JsonElement> nodes;
        try
        {
            nodes = await scene.ListAsync(KubeKinds.Nodes, null).ConfigureAwait(false);
        }
        catch (KubeRefusal refusal) when (refusal.Kind == FailureKind.Forbidden)
        {
            return OfSets(sets);
        }

        return OfNodes(nodes, sets, pods);
    }

    /// <summary>By what the sets say of themselves, for those who may not see nodes.</summary>
    private static CheckResult OfSets(List<JsonElement> sets)
    {
        var wanted = sets.Sum(static set => set.Number("status", "desiredNumberScheduled") ?? 0);
        var ready = sets.Sum(static set => set.Number("status", "numberReady") ?? 0);
        var what = $"{ready} of {wanted} ready";
        return ready >= wanted && wanted > 0
            ? Checks.Ok(what)
            : Checks.Bad(what, $"`kubectl -n {KubeObject.Namespace(sets[0])} get pods -o wide`");
    }

    internal static CheckResult OfNodes(List<JsonElement> nodes, List<JsonElement> sets, List<JsonElement> pods)
    {
        var byNode = pods.ToLookup(static pod => pod.Text("spec", "nodeName"), StringComparer.Ordinal);
        List<(string Name, string Why)> waiting = [], without = [];
        foreach (var node in nodes)
        {
            var name = KubeObject.Name(node);
            var own = byNode[name].ToList();
            if (own.Count == 0) without.Add((name, NodeFit.WhyNone(node, sets)));
            else if (!own.Exists(PodState.IsReady)) waiting.Add((name, PodState.WhyNot(own[0])));
        }

        var ready = nodes.Count - waiting.Count - without.Count;
        var what = $"{ready} of {Checks.Count(nodes.Count, "node")} have one that is ready";
        if (waiting.Count > 0)
        {
            return Checks.Bad(
                $"{what}; not {Checks.Grouped(waiting)}",
                $"`kubectl -n {KubeObject.Namespace(sets[0])} describe pods`; `… logs POD -p` has its last words");
        }

        // Nodes that a profile leaves out may be left out on purpose.
        return without.Count > 0
            ? Checks.Note(
                $"{what}; none on {Checks.Grouped(without)}",
                "spec.sensors.tolerations and spec.targets.nodeSelector of a CaptureProfile say on which nodes")
            : Checks.Ok(what);
    }
}
