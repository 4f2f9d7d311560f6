using NetSniff.Kube;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;

namespace NetSniff.Operator.Workers;

/// <summary>Says how many workers there are, through the scale subresource.</summary>
public sealed class WorkerScaling(OperatorParts parts)
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(5);

    public void Begin()
    {
    }

    /// <returns>When to look again.</returns>
    public async Task<TimeSpan?> StepAsync(WorkerWish wish, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(wish);
        if (parts.Children.StatefulSets.Find(parts.Names.WorkerSet) is not { Replicas: { } now }) return s_lookEvery;

        var wanted = Math.Clamp(now, wish.MinReplicas, wish.MaxReplicas);
        if (wanted != now)
        {
            await parts.Objects.ScaleAsync(ObjectKinds.StatefulSets, parts.Names.WorkerSet, wanted, cancel)
                .ConfigureAwait(false);
        }

        return s_lookEvery;
    }
}
