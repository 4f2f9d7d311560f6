using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Packets;

namespace NetSniff.Worker.Enrich.Kubernetes;

/// <summary>A pod with what is said of its addresses: since when, until when, and which ports are its own.</summary>
internal sealed class PodReader : IResourceReader<ToldObject>
{
    /// <summary>Ports of one pod; more are left out.</summary>
    public const int PortsMax = 256;

    /// <summary>A deployment's replica set is called by the deployment and this label's value, and only it sets it.
    /// </summary>
    private const string TemplateHash = "pod-template-hash";

    /// <summary>Of the machinery, another on each pod or each roll-out: nobody asks for traffic by them.</summary>
    private static readonly HashSet<string> s_noise = new(StringComparer.Ordinal)
    {
        TemplateHash, "controller-revision-hash", "pod-template-generation", "controller-uid",
        "batch.kubernetes.io/controller-uid", "statefulset.kubernetes.io/pod-name",
    };

    public IReadOnlyList<ResourceKind> Kinds { get; } = [new("", "v1", "pods")];

    public ToldObject Read(ResourceKind kind, JsonElement one)
    {
        var isOver = IsOver(one);
        var until = isOver ? LastFinish(one) : null;
        var pod = new PodObject(one.Text("metadata", "namespace"), one.Text("metadata", "name"))
        {
            Uid = one.Text("metadata", "uid"),
            Node = one.Text("spec", "nodeName"),
            IsHostNetwork = one.IsTrue("spec", "hostNetwork"),
            // It is over and nobody says since when: since we are told.
            Addresses = isOver && until is null ? [] : Addresses(one),
            UntilNanos = until,
            Ports = Ports(one),
            Owner = OwnerOf(one),
            Labels = [.. one.Map("metadata", "labels").Where(static label => !s_noise.Contains(label.Key))],
        };
        var restarted = Statuses(one).Any(static status => status.Number("restartCount") is > 0);
        return new ToldObject(pod)
        {
            AddressedNanos = restarted ? BegunAt(one) : FirstStart(one),
            BegunNanos = BegunAt(one),
        };
    }

    /// <summary>Who controls it; else the first that owns it.</summary>
    public static IdentityOwner? ControllerOf(JsonElement one)
    {
        IdentityOwner? first = null;
        foreach (var reference in one.List("metadata", "ownerReferences"))
        {
            var owner = new IdentityOwner(reference.Text("kind"), reference.Text("name"));
            if (owner.Kind.Length == 0 || owner.Name.Length == 0) continue;
            if (reference.IsTrue("controller")) return owner;

            first ??= owner;
        }

        return first;
    }

    private static IdentityOwner? OwnerOf(JsonElement one)
    {
        var owner = ControllerOf(one);
        // The kubelet's own pods belong to the node, which is nobody's workload.
        if (owner is { Kind: "Node" }) return null;
        if (owner is not { Kind: "ReplicaSet" } set) return owner;

        // Told here, the deployment is known however late the replica set is told of.
        var hash = one.Text("metadata", "labels", TemplateHash);
        var tail = "-" + hash;
        return hash.Length > 0 && set.Name.Length > tail.Length && set.Name.EndsWith(tail, StringComparison.Ordinal)
            ? new IdentityOwner("Deployment", set.Name[..^tail.Length])
            : owner;
    }

    private static List<Address> Addresses(JsonElement one)
    {
        var texts = one.List("status", "podIPs").Select(static entry => entry.Text("ip"))
            .Append(one.Text("status", "podIP"));
        return IdentityTexts.Addresses(texts);
    }

    private static List<PodPort> Ports(JsonElement one)
    {
        List<PodPort> ports = [];
        foreach (var container in one.List("spec", "containers").Concat(one.List("spec", "initContainers")))
        {
            foreach (var port in container.List("ports"))
            {
                byte protocol = port.Text("protocol") switch
                {
                    "" or "TCP" => IpProtocol.Tcp,
                    "UDP" => IpProtocol.Udp,
                    "SCTP" => IpProtocol.Sctp,
                    _ => 0,
                };
                if (protocol == 0 || port.Number("containerPort") is not (> 0 and <= ushort.MaxValue and var number))
                {
                    continue;
                }

                var named = new PodPort(protocol, (ushort)number);
                if (ports.Count < PortsMax && !ports.Contains(named)) ports.Add(named);
            }
        }

        return ports;
    }

    /// <summary>Its containers run no more and never will again.</summary>
    private static bool IsOver(JsonElement one)
    {
        if (one.Text("status", "phase") is "Succeeded" or "Failed") return true;

        var isGoing = one.Inner("metadata", "deletionTimestamp") is not null;
        return isGoing && one.List("status", "containerStatuses").Any()
            && one.List("status", "containerStatuses").All(static status =>
                status.Inner("state", "terminated") is not null);
    }

    /// <summary>The network was there, or something ran in it.</summary>
    private static long? FirstStart(JsonElement one) => Statuses(one)
        .Select(static status => status.Moment("state", "running", "startedAt")
            ?? status.Moment("state", "terminated", "startedAt"))
        .Concat(one.List("status", "conditions")
            .Where(static condition => condition.Text("type") == "PodReadyToStartContainers"
                && condition.Text("status") == "True")
            .Select(static condition => condition.Moment("lastTransitionTime")))
        .Min();

    private static long? BegunAt(JsonElement one) =>
        one.Moment("status", "startTime") ?? one.Moment("metadata", "creationTimestamp");

    private static long? LastFinish(JsonElement one) => Statuses(one)
        .Select(static status => status.Moment("state", "terminated", "finishedAt")).Max();

    private static IEnumerable<JsonElement> Statuses(JsonElement one) =>
        one.List("status", "containerStatuses").Concat(one.List("status", "initContainerStatuses"));
}
