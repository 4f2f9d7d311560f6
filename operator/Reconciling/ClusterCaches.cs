using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Operator.Reconciling;

/// <summary>What reconcilers look at, kept warm whether we lead or not.</summary>
public sealed class ClusterCaches
{
    /// <summary>Index of <see cref="Pods"/>.</summary>
    public const string ByNode = "node";

    /// <summary>Index of <see cref="Pods"/>.</summary>
    public const string ByNamespace = "namespace";

    /// <param name="ownNamespaces">Whose profiles, rules and sessions are looked at; none for all.</param>
    public ClusterCaches(
        ClusterClient cluster, IReadOnlyList<string> ownNamespaces, TimeProvider clock, Random random)
    {
        ArgumentNullException.ThrowIfNull(ownNamespaces);
        var all = new WatchOptions();
        var own = new WatchOptions { Namespace = ownNamespaces is [var only] ? only : null };
        ResourceCache<OwnObject> Own(ResourceKind kind, string name) =>
            new(cluster, new OwnReader(kind, name, ownNamespaces), own, clock, random);

        Profiles = Own(OwnKinds.CaptureProfiles, "CaptureProfile");
        Rules = Own(OwnKinds.DetectionRules, "DetectionRule");
        Sessions = Own(OwnKinds.CaptureSessions, "CaptureSession");
        var indexes = new Dictionary<string, Func<PodSight, IEnumerable<string>>>
        {
            [ByNode] = static pod => pod.Node.Length > 0 ? [pod.Node] : [],
            [ByNamespace] = static pod => [pod.Name.Namespace],
        };
        Pods = new(cluster, new PodReader(), all, clock, random, indexes);
        Namespaces = new(cluster, new LabelReader(new ResourceKind("", "v1", "namespaces")), all, clock, random);
        Nodes = new(cluster, new LabelReader(new ResourceKind("", "v1", "nodes")), all, clock, random);
    }

    public ResourceCache<OwnObject> Profiles { get; }

    public ResourceCache<OwnObject> Rules { get; }

    public ResourceCache<OwnObject> Sessions { get; }

    public ResourceCache<PodSight> Pods { get; }

    public ResourceCache<LabelSight> Namespaces { get; }

    public ResourceCache<LabelSight> Nodes { get; }

    public IReadOnlyList<IResourceCache> All => [Profiles, Rules, Sessions, Pods, Namespaces, Nodes];

    /// <summary>Objects of one of our kinds.</summary>
    public ResourceCache<OwnObject> Of(ResourceKind kind) => kind.Plural switch
    {
        "captureprofiles" => Profiles,
        "detectionrules" => Rules,
        "capturesessions" => Sessions,
        _ => throw new ArgumentException($"{kind} is none of ours"),
    };
}
