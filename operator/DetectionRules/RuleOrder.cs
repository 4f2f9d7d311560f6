using NetSniff.Kube;

namespace NetSniff.Operator.DetectionRules;

/// <summary>What is looked at of a rule where there is no room for all.</summary>
/// <param name="IsOfCluster">Its scope is the cluster, or it lies in the operator's namespace.</param>
/// <param name="Created">As the server has it, `2026-01-31T12:00:00Z`: the same order as that of the moments.</param>
/// <param name="Bytes">Of its text.</param>
internal sealed record RuleCandidate(ResourceName Name, bool IsOfCluster, int Priority, string Created, int Bytes);

/// <summary>Which rules come first where there is no room for all. Pure.</summary>
/// <remarks>Those of the cluster, by priority. Then every namespace has its share, whatever the others have: the next
/// is always of the namespace that has had the least until then, in rules or in bytes, and in it the oldest.</remarks>
internal static class RuleOrder
{
    public static IReadOnlyList<ResourceName> Of(IEnumerable<RuleCandidate> rules, int countMax, long bytesMax)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var all = rules.OrderBy(static one => one.Created, StringComparer.Ordinal)
            .ThenBy(static one => one.Name.ToString(), StringComparer.Ordinal).ToList();
        var ofCluster = all.Where(static one => one.IsOfCluster).OrderBy(static one => one.Priority);
        var ofNamespaces = all.Where(static one => !one.IsOfCluster).GroupBy(static one => one.Name.Namespace)
            .SelectMany(group => Shares(group, countMax, bytesMax))
            .OrderBy(static one => one.Share)
            .ThenBy(static one => one.Rule.Created, StringComparer.Ordinal)
            .ThenBy(static one => one.Rule.Name.ToString(), StringComparer.Ordinal);
        return [.. ofCluster.Concat(ofNamespaces.Select(static one => one.Rule)).Select(static one => one.Name)];
    }

    /// <summary>How much of all the room a namespace has had once each of its rules is in.</summary>
    private static IEnumerable<(RuleCandidate Rule, double Share)> Shares(
        IEnumerable<RuleCandidate> ofNamespace, int countMax, long bytesMax)
    {
        var (count, bytes) = (0, 0L);
        foreach (var rule in ofNamespace)
        {
            (count, bytes) = (count + 1, bytes + rule.Bytes);
            yield return (rule, Math.Max((double)count / countMax, (double)bytes / bytesMax));
        }
    }
}
