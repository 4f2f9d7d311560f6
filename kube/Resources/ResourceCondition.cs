using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum ConditionStatus { True, False, Unknown }

/// <summary>As `metav1.Condition`.</summary>
public sealed record ResourceCondition : ResourcePart
{
    [Description("What is said to hold, such as Accepted.")]
    [Text(316, pattern: @"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
        + "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$")]
    public required string Type { get; init; }

    [Description("Whether it does.")]
    public required ConditionStatus Status { get; init; }

    [Description("Generation of the object that this was found of.")]
    [Number(0, long.MaxValue)]
    public long? ObservedGeneration { get; init; }

    [Description("When the status last changed.")]
    public required DateTimeOffset LastTransitionTime { get; init; }

    [Description("Why, in one word for programs.")]
    [Text(1024, min: 1, pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")]
    public required string Reason { get; init; }

    [Description("Why, in words for people.")]
    [Text(32768)]
    public required string Message { get; init; }
}
