namespace NetSniff.Kube.Resources;

/// <summary>Selectors, as a server reads them.</summary>
public static class LabelMatching
{
    /// <summary>An empty selector selects all; what a missing one does, the caller knows.</summary>
    public static bool Matches(this LabelSelector selector, IReadOnlyDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(selector);
        ArgumentNullException.ThrowIfNull(labels);
        foreach (var (key, value) in selector.MatchLabels ?? new Dictionary<string, string>())
        {
            if (!labels.TryGetValue(key, out var actual) || actual != value) return false;
        }

        return (selector.MatchExpressions ?? []).All(requirement => requirement.Matches(labels));
    }

    private static bool Matches(this SelectorRequirement requirement, IReadOnlyDictionary<string, string> labels)
    {
        var isThere = labels.TryGetValue(requirement.Key, out var actual);
        var isListed = isThere && requirement.Values?.Contains(actual) == true;
        return requirement.Operator switch
        {
            SelectorOperator.In => isListed,
            SelectorOperator.NotIn => !isListed,
            SelectorOperator.Exists => isThere,
            _ => !isThere,
        };
    }
}
