using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Operator.DetectionRules;

/// <summary>Which profiles select a rule. Pure but for the labels of namespaces.</summary>
public sealed class RuleBindings(ClusterCaches caches, string home)
{
    /// <summary>In order of their names.</summary>
    public IReadOnlyList<ResourceName> Of(
        ResourceName rule, IReadOnlyDictionary<string, string> labels, IEnumerable<AcceptedProfile> profiles) =>
    [
        .. profiles.Where(profile => Selects(profile, rule, labels)).Select(static profile => profile.Name)
            .OrderBy(static name => name.ToString(), StringComparer.Ordinal),
    ];

    private bool Selects(
        AcceptedProfile profile, ResourceName rule, IReadOnlyDictionary<string, string> labels) =>
        Selects(profile, rule, labels, home, name => caches.Namespaces.Find(new ResourceName("", name))?.Labels);

    internal static bool Selects(
        AcceptedProfile profile, ResourceName rule, IReadOnlyDictionary<string, string> labels, string home,
        Func<string, IReadOnlyDictionary<string, string>?> labelsOfNamespace)
    {
        var selection = profile.Spec.Rules;
        if (selection.Selector?.Matches(labels) != true) return false;
        if (rule.Namespace == profile.Name.Namespace && selection.NamespaceSelector is null) return true;
        if (selection.NamespaceSelector is not { } namespaces) return false;

        // Whoever may write profiles of one namespace only has no business with the rules of others.
        var mayReach = profile.Spec.Scope == ResourceScope.Cluster || rule.Namespace == profile.Name.Namespace
            || rule.Namespace == home;
        return mayReach && namespaces.Matches(
            labelsOfNamespace(rule.Namespace)
            ?? new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = rule.Namespace });
    }
}
