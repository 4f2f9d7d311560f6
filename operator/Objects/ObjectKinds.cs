using NetSniff.Kube;

namespace NetSniff.Operator.Objects;

/// <summary>Kinds of what we make, as the API calls them; where several would do, the best first.</summary>
public static class ObjectKinds
{
    public static ResourceKind ConfigMaps { get; } = new("", "v1", "configmaps");

    public static ResourceKind Secrets { get; } = new("", "v1", "secrets");

    public static ResourceKind Services { get; } = new("", "v1", "services");

    public static ResourceKind Pods { get; } = new("", "v1", "pods");

    public static ResourceKind Claims { get; } = new("", "v1", "persistentvolumeclaims");

    public static ResourceKind DaemonSets { get; } = new("apps", "v1", "daemonsets");

    public static ResourceKind StatefulSets { get; } = new("apps", "v1", "statefulsets");

    public static ResourceKind Deployments { get; } = new("apps", "v1", "deployments");

    public static ResourceKind NetworkPolicies { get; } = new("networking.k8s.io", "v1", "networkpolicies");

    public static ResourceKind Leases { get; } = new("coordination.k8s.io", "v1", "leases");

    public static IReadOnlyList<ResourceKind> DisruptionBudgets { get; } =
        [new("policy", "v1", "poddisruptionbudgets"), new("policy", "v1beta1", "poddisruptionbudgets")];

    public static IReadOnlyList<ResourceKind> Autoscalers { get; } =
    [
        new("autoscaling", "v2", "horizontalpodautoscalers"), new("autoscaling", "v2beta2", "horizontalpodautoscalers"),
    ];

    /// <summary>Where the metrics of pods come from, if anybody serves them.</summary>
    public static ResourceKind PodMetrics { get; } = new("metrics.k8s.io", "v1beta1", "pods");
}
