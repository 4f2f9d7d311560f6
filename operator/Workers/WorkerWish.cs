using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;

namespace NetSniff.Operator.Workers;

/// <summary>What all profiles together want of the workers, which they share.</summary>
/// <param name="Retention">The longest that a profile names; null where none does.</param>
/// <param name="KeepsInstalled">Some name none: what was installed is the least.</param>
public sealed record WorkerWish(
    int MinReplicas,
    int MaxReplicas,
    int TargetCpuPercent,
    TimeSpan TargetLag,
    TimeSpan? Retention,
    bool KeepsInstalled,
    IReadOnlyList<ResourceAmounts?> Resources)
{
    /// <summary>The most cautious of each; null when nobody wants any.</summary>
    public static WorkerWish? Of(IReadOnlyCollection<AcceptedProfile> profiles)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        if (profiles.Count == 0) return null;

        // Workers are everybody's: a profile of one namespace has no say in how many there are.
        var ofCluster = profiles.Where(static one => one.Spec.Scope == ResourceScope.Cluster)
            .OrderBy(static one => one.Name.ToString(), StringComparer.Ordinal).ToList();
        var workers = ofCluster.ConvertAll(static one => one.Spec.Workers);
        if (workers.Count == 0) workers.Add(new WorkerPods());
        var least = workers.Max(static one => one.MinReplicas);
        return new WorkerWish(
            least,
            Math.Max(least, workers.Max(static one => one.MaxReplicas)),
            workers.Min(static one => one.TargetCPUUtilizationPercentage),
            TimeSpan.FromSeconds(workers.Min(static one => one.TargetLagSeconds)),
            ofCluster.Max(static one => one.Spec.Storage.FlowRetention?.Span()),
            ofCluster.Count == 0 || ofCluster.Exists(static one => one.Spec.Storage.FlowRetention is null),
            [.. workers.Select(static one => one.Resources)]);
    }
}
