using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;

namespace NetSniff.Operator.Workers;

/// <summary>What all profiles together want of the workers, which they share.</summary>
/// <param name="Retention">How long records are kept at least; null for what was installed.</param>
public sealed record WorkerWish(
    int MinReplicas,
    int MaxReplicas,
    int TargetCpuPercent,
    TimeSpan TargetLag,
    TimeSpan? Retention,
    IReadOnlyList<ResourceAmounts?> Resources)
{
    /// <summary>The most cautious of each; null when nobody wants any.</summary>
    public static WorkerWish? Of(IReadOnlyCollection<AcceptedProfile> profiles)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        if (profiles.Count == 0) return null;

        // Workers are everybody's: a profile of one namespace has no say in how many there are.
        var workers = profiles.Where(static one => one.Spec.Scope == ResourceScope.Cluster)
            .OrderBy(static one => one.Name.ToString(), StringComparer.Ordinal)
            .Select(static one => one.Spec.Workers).ToList();
        if (workers.Count == 0) workers.Add(new WorkerPods());
        var least = workers.Max(static one => one.MinReplicas);
        return new WorkerWish(
            least,
            Math.Max(least, workers.Max(static one => one.MaxReplicas)),
            workers.Min(static one => one.TargetCPUUtilizationPercentage),
            TimeSpan.FromSeconds(workers.Min(static one => one.TargetLagSeconds)),
            profiles.Where(static one => one.Spec.Scope == ResourceScope.Cluster)
                .Max(static one => one.Spec.Storage.FlowRetention?.Span()),
            [.. workers.Select(static one => one.Resources)]);
    }
}
