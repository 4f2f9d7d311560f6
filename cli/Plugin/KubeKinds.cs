using NetSniff.Kube;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Cli.Plugin;

/// <summary>What commands ask the API server for.</summary>
internal static class KubeKinds
{
    public static readonly ResourceKind Pods = new("", "v1", "pods");
    public static readonly ResourceKind Nodes = new("", "v1", "nodes");
    public static readonly ResourceKind Namespaces = new("", "v1", "namespaces");
    public static readonly ResourceKind ConfigMaps = new("", "v1", "configmaps");
    public static readonly ResourceKind Services = new("", "v1", "services");
    public static readonly ResourceKind ServiceAccounts = new("", "v1", "serviceaccounts");
    public static readonly ResourceKind Deployments = new("apps", "v1", "deployments");
    public static readonly ResourceKind DaemonSets = new("apps", "v1", "daemonsets");
    public static readonly ResourceKind StatefulSets = new("apps", "v1", "statefulsets");
    public static readonly ResourceKind Leases = new("coordination.k8s.io", "v1", "leases");
    public static readonly ResourceKind AccessReviews = new("authorization.k8s.io", "v1", "selfsubjectaccessreviews");
    public static readonly ResourceKind Definitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    public static readonly ResourceKind Profiles = Own("captureprofiles");
    public static readonly ResourceKind Rules = Own("detectionrules");
    public static readonly ResourceKind Sessions = Own("capturesessions");

    private static ResourceKind Own(string plural) =>
        new(CustomResourceDefinitions.Group, CustomResourceDefinitions.Version, plural);
}
