using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using NetSniff.Config;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Control;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.Sensors;

/// <summary>What the sensors of a class run: for all of them, as the ConfigMap has it, and for one node.</summary>
public sealed class SensorPlanning(ClusterCaches caches)
{
    public const string ConfigFile = "sensor.json";
    public const string WorkersFile = "workers";

    /// <summary>What to do where nothing is wanted: capture nothing, keep nothing.</summary>
    private static readonly CapturePlan s_nothing = CapturePlan.Of(
        [new CaptureProfileSpec { Payload = new PayloadSettings { Level = Kube.Resources.PayloadLevel.None } }]);

    private static readonly Dictionary<string, string> s_noLabels = [];

    /// <summary>Those whose merging gives what a sensor takes; those before others have the room, so that the same are
    /// left out each time.</summary>
    /// <returns>And of the others, why not.</returns>
    public static (IReadOnlyList<AcceptedProfile> Fitting, IReadOnlyDictionary<ResourceName, string> Unfit) FittingOf(
        IReadOnlyList<AcceptedProfile> profiles, FilterChecks filters)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        ArgumentNullException.ThrowIfNull(filters);
        var all = profiles.Where(static one => !one.Spec.Suspend).ToList();
        var unfit = new Dictionary<ResourceName, string>();
        // Nearly always all of them do, which takes one look.
        if (all.Count == 0 || ProblemOf(all, filters) is null) return (all, unfit);

        List<AcceptedProfile> fitting = [];
        foreach (var one in all)
        {
            if (ProblemOf([.. fitting, one], filters) is { } problem) unfit[one.Name] = problem;
            else fitting.Add(one);
        }

        return (fitting, unfit);
    }

    /// <summary>Why a sensor does not take them together; null where it does.</summary>
    private static string? ProblemOf(IReadOnlyList<AcceptedProfile> profiles, FilterChecks filters)
    {
        var plan = CapturePlan.Of([.. profiles.Select(static each => each.Spec)]);
        var json = SensorJson.SettingsOf(plan);
        ConfigReader.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), out var problems);
        return problems is [var first, ..]
            ? $"spec.{first.Path}: {first.Text}"
            : filters.ProblemOf(plan.BpfFilter) is { } problem ? $"spec.capture.bpfFilter: {problem}" : null;
    }

    /// <summary>Names what sensors are to do: the same for all nodes, whatever pods they have.</summary>
    public static string RevisionOf(IReadOnlyList<AcceptedProfile> fitting)
    {
        ArgumentNullException.ThrowIfNull(fitting);
        var all = new JsonArray([.. fitting.Select(static one => (JsonNode)new JsonObject
        {
            ["name"] = one.Name.ToString(), ["uid"] = one.Uid, ["spec"] = ResourceJson.Write(one.Spec),
        })]);
        return Applier.HashOf(all)[..10];
    }

    /// <summary>For the ConfigMap: what is the same on all nodes of the class.</summary>
    public static MemberPlan Common(ClassPlan plan, string workers)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var everywhere = plan.Fitting.Where(one => Placement.MeansAllOf(plan.Class, one.Spec)).ToList();
        var targets = TargetPlan.WithoutPods(everywhere);
        return Plan(plan, everywhere, targets, workers);
    }

    /// <summary>For one node, with the addresses of its pods.</summary>
    public MemberPlan OfNode(ClassPlan plan, MemberPlan common, string node)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(common);
        var labels = caches.Nodes.Find(new ResourceName("", node))?.Labels ?? s_noLabels;
        var meant = plan.Fitting.Where(one => one.Spec.Means(labels)).ToList();
        var targets = TargetPlan.Of(meant, caches.Pods.By(ClusterCaches.ByNode, node), LabelsOfNamespace);
        return Plan(plan, meant, targets, common.Files[WorkersFile]);
    }

    /// <summary>Pods whose traffic a profile asks for.</summary>
    public int CountPods(AcceptedProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var pods = profile.Spec.Scope == ResourceScope.Namespace
            ? caches.Pods.By(ClusterCaches.ByNamespace, profile.Name.Namespace)
            : caches.Pods.All;
        return pods.Count(pod => pod.Addresses.Count > 0 && TargetPlan.Means(profile, pod, LabelsOfNamespace));
    }

    /// <summary>The list of workers as sensors read it: `name=address:port` on each line.</summary>
    public static string WorkersOf(IEnumerable<PodSight> workers)
    {
        var lines = workers.Where(static pod => pod.IsReady && pod.Addresses.Count > 0)
            .OrderBy(static pod => pod.Name.Name, StringComparer.Ordinal)
            .Select(static pod => string.Create(
                CultureInfo.InvariantCulture,
                $"{pod.Name.Name}={HostOf(pod.Addresses[0])}:{Workers.WorkerObjects.IngestPort}\n"));
        return string.Concat(lines);
    }

    private static string HostOf(string address) =>
        address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;

    private static MemberPlan Plan(
        ClassPlan plan, List<AcceptedProfile> profiles, TargetPlan targets, string workers)
    {
        var capture = profiles.Count == 0 ? s_nothing : CapturePlan.Of([.. profiles.Select(static one => one.Spec)]);
        return new MemberPlan(plan.Sequence, plan.Revision, new Dictionary<string, string>
        {
            [ConfigFile] = SensorJson.Of(capture, targets, plan.Sequence, plan.Revision),
            [WorkersFile] = workers,
        });
    }

    private IReadOnlyDictionary<string, string> LabelsOfNamespace(string name) =>
        caches.Namespaces.Find(new ResourceName("", name))?.Labels ?? s_noLabels;
}
