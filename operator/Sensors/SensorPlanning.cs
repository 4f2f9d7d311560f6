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

    /// <summary>Those whose merging gives what a sensor takes; in order of their names, so that the same are left out
    /// each time.</summary>
    public static IReadOnlyList<AcceptedProfile> FittingOf(IReadOnlyList<AcceptedProfile> profiles)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        List<AcceptedProfile> fitting = [];
        foreach (var one in profiles)
        {
            if (one.Spec.Suspend) continue;

            var json = SensorJson.SettingsOf(CapturePlan.Of([.. fitting.Select(static each => each.Spec), one.Spec]));
            ConfigReader.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), out var problems);
            if (problems.Count == 0) fitting.Add(one);
        }

        return fitting;
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
        var everywhere = plan.Fitting.Where(one => IsEverywhere(one, plan.Class)).ToList();
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

    /// <summary>Without a selector of its own, or with the one of the class.</summary>
    private static bool IsEverywhere(AcceptedProfile one, PlacementClass inClass) =>
        one.Spec.Targets.NodeSelector is not { } selector || inClass.Selector is not null
        || (selector.MatchLabels is not { Count: > 0 } && selector.MatchExpressions is not { Count: > 0 });

    private IReadOnlyDictionary<string, string> LabelsOfNamespace(string name) =>
        caches.Namespaces.Find(new ResourceName("", name))?.Labels ?? s_noLabels;
}
