using NetSniff.Kube.Resources;

namespace NetSniff.Operator.Reconciling.Writing;

/// <summary>What is found of one condition, whenever that began.</summary>
public readonly record struct Found(string Type, ConditionStatus Status, string Reason, string Message)
{
    public static Found True(string type, string reason, string message = "") =>
        new(type, ConditionStatus.True, reason, message);

    public static Found False(string type, string reason, string message = "") =>
        new(type, ConditionStatus.False, reason, message);

    public static Found Unknown(string type, string reason, string message = "") =>
        new(type, ConditionStatus.Unknown, reason, message);
}

/// <summary>From what is found to what is written: the moment of the last change stays until it changes.</summary>
public static class Conditions
{
    private const int MessageMax = 4096;

    /// <param name="before">As they stand; of types that are not found any more nothing is kept.</param>
    /// <param name="generation">Of the object that was looked at.</param>
    public static IReadOnlyList<ResourceCondition> Merge(
        IReadOnlyList<ResourceCondition>? before, IEnumerable<Found> found, long? generation, DateTimeOffset now) =>
        [.. found.Select(one => new ResourceCondition
        {
            Type = one.Type,
            Status = one.Status,
            Reason = one.Reason,
            Message = one.Message.Length <= MessageMax ? one.Message : one.Message[..(MessageMax - 1)] + "…",
            ObservedGeneration = generation,
            LastTransitionTime = before?.FirstOrDefault(old => old.Type == one.Type) is { } known
                && known.Status == one.Status ? known.LastTransitionTime : now,
        })];

    /// <summary>Whether a reader would want to know at once: another status or reason, or of another generation.
    /// </summary>
    public static bool IsNews(IReadOnlyList<ResourceCondition>? before, IReadOnlyList<ResourceCondition>? now)
    {
        if ((before?.Count ?? 0) != (now?.Count ?? 0)) return true;

        return (now ?? []).Any(one => before!.FirstOrDefault(old => old.Type == one.Type) is not { } known
            || known.Status != one.Status || known.Reason != one.Reason
            || known.ObservedGeneration != one.ObservedGeneration);
    }
}
