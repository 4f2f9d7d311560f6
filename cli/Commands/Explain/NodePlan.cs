using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Cli.Hosting;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Sensors;
using NetSniff.Sensor.Capture.LibPcap;

namespace NetSniff.Cli.Commands.Explain;

/// <summary>A profile, seen from a node.</summary>
/// <param name="WhyNot">Empty when it holds there.</param>
internal sealed record NodeProfile(string Name, string WhyNot);

/// <summary>A setting in force, and who asked for something else.</summary>
internal sealed record NodeSetting(string Field, string InForce, IReadOnlyList<(string Profile, string Value)> Others);

/// <summary>A pod whose traffic is looked at, and by whose wish.</summary>
internal sealed record NodeTarget(string Pod, IReadOnlyList<string> Addresses, IReadOnlyList<string> Profiles);

/// <summary>What a sensor is to do on a node, put together by the operator's own rules from what is in the cluster now.
/// </summary>
internal sealed record NodePlan
{
    /// <summary>Which sensors stand there; empty where none do.</summary>
    public string Class { get; private init; } = "";

    /// <summary>What a sensor of it tells when it does so.</summary>
    public string Revision { get; private init; } = "";

    public required IReadOnlyList<NodeProfile> Profiles { get; init; }

    public IReadOnlyList<NodeSetting> Settings { get; private init; } = [];

    public TargetPlan Targets { get; private init; } = TargetPlan.Nothing;

    public IReadOnlyList<NodeTarget> Pods { get; private init; } = [];

    /// <param name="home">Where profiles of the whole cluster may be.</param>
    /// <param name="pods">Of the node.</param>
    public static NodePlan Of(
        JsonElement node, IEnumerable<JsonElement> profiles, IReadOnlyList<JsonElement> pods,
        IEnumerable<JsonElement> namespaces, string home)
    {
        var filters = new FilterChecks(FilterCompiler.IsSupported ? SensorProgram.ProblemOf : null);
        var labels = new LabelReader(KubeKinds.Nodes).Read(KubeKinds.Nodes, node).Labels;
        List<NodeProfile> seen = [];
        List<AcceptedProfile> accepted = [];
        foreach (var profile in profiles.OrderBy(KubeObject.FullName, StringComparer.Ordinal))
        {
            var spec = ProfileReview.Of(
                JsonNode.Parse(profile.GetRawText())!.AsObject(), null, home, out var problems, filters);
            if (spec is null)
            {
                seen.Add(new NodeProfile(
                    KubeObject.FullName(profile),
                    $"not accepted: {string.Join("; ", problems)}; what was accepted of it before may still hold"));
                continue;
            }

            accepted.Add(new AcceptedProfile(
                new ResourceName(KubeObject.Namespace(profile), KubeObject.Name(profile)),
                profile.Text("metadata", "uid"), 0, spec));
        }

        var found = Placement.Of(accepted).Classes.FirstOrDefault(one => one.Holds(labels));
        var (fitting, unfit) = SensorPlanning.FittingOf(found?.Serves ?? [], filters);
        var meant = fitting.Where(one => one.Spec.Means(labels)).ToList();
        seen.AddRange(accepted.Select(one => new NodeProfile(
            one.Name.ToString(),
            one.Spec.Suspend ? "suspended"
                : !one.Spec.Means(labels) ? "its nodeSelector leaves this node out"
                : meant.Contains(one) ? ""
                : "together with those before it, it makes a plan that no sensor takes: "
                    + unfit.GetValueOrDefault(one.Name, "there are too many choices of nodes"))));
        var plan = new NodePlan { Profiles = [.. seen.OrderBy(static one => one.Name, StringComparer.Ordinal)] };
        if (found is null) return plan;

        var ofNamespace = LabelsOf(namespaces);
        var sights = pods.Select(static pod => new PodReader().Read(KubeKinds.Pods, pod)).ToList();
        return plan with
        {
            Class = found.Name,
            Revision = SensorPlanning.RevisionOf(fitting),
            Settings = meant.Count == 0 ? [] : SettingsOf(meant),
            Targets = TargetPlan.Of(meant, sights, ofNamespace),
            Pods = TargetsOf(meant, sights, ofNamespace),
        };
    }

    private static Func<string, IReadOnlyDictionary<string, string>> LabelsOf(IEnumerable<JsonElement> namespaces)
    {
        var reader = new LabelReader(KubeKinds.Namespaces);
        var all = namespaces.Select(one => reader.Read(KubeKinds.Namespaces, one))
            .ToDictionary(static one => one.Name.Name, static one => one.Labels, StringComparer.Ordinal);
        return name => all.GetValueOrDefault(name) ?? new Dictionary<string, string>();
    }

    private static List<NodeTarget> TargetsOf(
        List<AcceptedProfile> profiles, List<PodSight> pods,
        Func<string, IReadOnlyDictionary<string, string>> ofNamespace)
    {
        List<NodeTarget> targets = [];
        foreach (var pod in pods.OrderBy(static pod => pod.Name.ToString(), StringComparer.Ordinal))
        {
            var by = profiles.Where(one => TargetPlan.Means(one, pod, ofNamespace))
                .Select(static one => one.Name.ToString()).ToList();
            if (by.Count == 0 || pod.Addresses.Count == 0) continue;

            targets.Add(new NodeTarget(pod.Name.ToString(), pod.Addresses, by));
        }

        return targets;
    }

    private static List<NodeSetting> SettingsOf(List<AcceptedProfile> profiles)
    {
        var inForce = Flat(SensorJson.SettingsOf(CapturePlan.Of([.. profiles.Select(static one => one.Spec)])));
        var each = profiles.Select(static one =>
            (Name: one.Name.ToString(), Fields: Flat(SensorJson.SettingsOf(CapturePlan.Of([one.Spec]))))).ToList();
        var fields = inForce.Keys.Concat(each.SelectMany(static one => one.Fields.Keys)).Distinct();
        return
        [
            .. fields.Select(field =>
            {
                var value = inForce.GetValueOrDefault(field, "");
                var others = each.Select(one => (one.Name, Value: one.Fields.GetValueOrDefault(field, "")))
                    .Where(one => one.Value != value).ToList();
                return new NodeSetting(field, value, others);
            }),
        ];
    }

    /// <summary>`capture.snapLength` → `65535`; lists in one piece.</summary>
    private static Dictionary<string, string> Flat(JsonObject settings)
    {
        var flat = new Dictionary<string, string>(StringComparer.Ordinal);
        void Add(string path, JsonNode? node)
        {
            if (node is JsonObject map)
            {
                foreach (var (name, value) in map) Add(path.Length == 0 ? name : $"{path}.{name}", value);
            }
            else
            {
                flat[path] = node is JsonArray list ? string.Join(", ", list.Select(Shown)) : Shown(node);
            }
        }

        Add("", settings);
        return flat;
    }

    /// <summary>Of an entry that is an object its name says enough.</summary>
    private static string Shown(JsonNode? node) => node switch
    {
        null => "",
        JsonObject map => map["name"]?.ToString() ?? map.ToJsonString(),
        _ => node.ToString(),
    };
}
