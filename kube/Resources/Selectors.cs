using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum SelectorOperator { In, NotIn, Exists, DoesNotExist }

[Atomic]
[Description("Selects objects by their labels. Empty selects all.")]
public sealed record LabelSelector : ResourcePart
{
    [Description("Labels that an object must have, with these values.")]
    [Entries(32), Text(63)]
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }

    [Description("Further conditions; all must hold.")]
    [Entries(32, IsAtomic = true)]
    public IReadOnlyList<SelectorRequirement>? MatchExpressions { get; init; }
}

public sealed record SelectorRequirement : ResourcePart
{
    [Description("Key of the label.")]
    [Text(317)]
    public required string Key { get; init; }

    [Description("How the label and the values must stand to each other.")]
    public required SelectorOperator Operator { get; init; }

    [Description("Values; none with Exists and DoesNotExist.")]
    [Entries(32, IsAtomic = true), Text(63)]
    public IReadOnlyList<string>? Values { get; init; }
}

[Description("A secret in the namespace of this object.")]
public sealed record SecretReference : ResourcePart
{
    [Description("Name of the secret.")]
    [Text(253, min: 1)]
    public required string Name { get; init; }

    [Description("Key within it; without one all of it.")]
    [Text(253)]
    public string? Key { get; init; }
}

[Description("What a container may use, as in a pod.")]
public sealed record ResourceAmounts : ResourcePart
{
    [Description("At most so much.")]
    [Entries(8)]
    public IReadOnlyDictionary<string, Quantity>? Limits { get; init; }

    [Description("So much is set aside.")]
    [Entries(8)]
    public IReadOnlyDictionary<string, Quantity>? Requests { get; init; }
}
