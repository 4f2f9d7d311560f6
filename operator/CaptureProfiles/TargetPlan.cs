using NetSniff.Kube.Resources;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Whose traffic a sensor may look at.</summary>
/// <param name="IsAll">Everybody's; otherwise that of the addresses.</param>
/// <param name="Addresses">Of pods, sorted.</param>
/// <param name="HasHostTraffic">That of the node itself too.</param>
public sealed record TargetPlan(
    bool IsAll, IReadOnlyList<string> Addresses, IReadOnlyList<string> ExcludeCidrs, bool HasHostTraffic)
{
    public static TargetPlan Nothing { get; } = new(false, [], [], false);

    /// <summary>What is known without looking at pods.</summary>
    /// <param name="profiles">That are in force on a node.</param>
    public static TargetPlan WithoutPods(IReadOnlyList<AcceptedProfile> profiles)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        if (profiles.Count == 0) return Nothing;

        // What the cluster leaves out nobody takes in again by asking for less.
        var ofCluster = profiles.Where(static one => one.Spec.Scope == ResourceScope.Cluster).ToList();
        var excluded = (ofCluster.Count > 0 ? ofCluster : profiles)
            .Select(static one => one.Spec.Targets.ExcludeCIDRs ?? []).ToList();
        return new TargetPlan(
            profiles.Any(static one => IsEverything(one.Spec)),
            [],
            [.. excluded.SelectMany(static list => list).Distinct().Order(StringComparer.Ordinal)
                .Where(network => excluded.TrueForAll(list => list.Contains(network)))],
            profiles.Any(static one => one.Spec.Targets.HostTraffic == HostTraffic.Include));
    }

    /// <param name="pods">Of the node.</param>
    public static TargetPlan Of(
        IReadOnlyList<AcceptedProfile> profiles,
        IEnumerable<PodSight> pods,
        Func<string, IReadOnlyDictionary<string, string>> labelsOfNamespace)
    {
        var plan = WithoutPods(profiles);
        if (plan.IsAll) return plan;

        var addresses = pods.Where(pod => profiles.Any(one => Means(one, pod, labelsOfNamespace)))
            .SelectMany(static pod => pod.Addresses);
        return plan with { Addresses = [.. addresses.Distinct().Order(StringComparer.Ordinal)] };
    }

    /// <summary>Whether a profile asks for a pod's traffic. One that shares its node's network has none of its own.
    /// </summary>
    public static bool Means(
        AcceptedProfile profile,
        PodSight pod,
        Func<string, IReadOnlyDictionary<string, string>> labelsOfNamespace)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(labelsOfNamespace);
        if (pod.IsHostNetwork) return false;

        var (spec, targets) = (profile.Spec, profile.Spec.Targets);
        var isOfNamespace = spec.Scope == ResourceScope.Namespace
            ? pod.Name.Namespace == profile.Name.Namespace
            : targets.NamespaceSelector?.Matches(labelsOfNamespace(pod.Name.Namespace)) != false;
        return isOfNamespace && targets.PodSelector?.Matches(pod.Labels) != false;
    }

    /// <summary>Every pod and the nodes too: there is nothing to list.</summary>
    private static bool IsEverything(CaptureProfileSpec spec) =>
        spec is { Scope: ResourceScope.Cluster, Targets.HostTraffic: HostTraffic.Include }
        && IsEmpty(spec.Targets.NamespaceSelector) && IsEmpty(spec.Targets.PodSelector);

    private static bool IsEmpty(LabelSelector? selector) =>
        selector is null or { MatchLabels: null or { Count: 0 }, MatchExpressions: null or { Count: 0 } };
}
