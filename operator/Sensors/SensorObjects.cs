using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Config;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;

namespace NetSniff.Operator.Sensors;

/// <summary>The objects of a class of sensors.</summary>
public sealed class SensorObjects(OperatorSettings settings, ObjectNames names)
{
    public const string Component = "sensor";

    /// <summary>Of a pod: what its captures are opened with, where a profile says anything of it.</summary>
    public const string OpeningAnnotation = "netsniff.io/capture";

    private const string Folder = "/var/lib/netsniff";

    public JsonObject ConfigMap(ClassPlan plan, MemberPlan common, string content)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(common);
        var map = names.Head("v1", "ConfigMap", names.AmongSensors(names.Sensor(plan.Class.Name)), Component);
        var metadata = map["metadata"]!.AsObject();
        metadata["labels"]![ObjectNames.ClassLabel] = plan.Class.Name;
        metadata["annotations"] = new JsonObject
        {
            [ObjectNames.SequenceAnnotation] = plan.Sequence.ToString(CultureInfo.InvariantCulture),
            [ObjectNames.RevisionAnnotation] = plan.Revision,
            [SensorsReconciler.ContentAnnotation] = content,
        };
        map["data"] = new JsonObject(common.Files.Select(static file =>
            KeyValuePair.Create<string, JsonNode?>(file.Key, file.Value)));
        return map;
    }

    public JsonObject DaemonSet(PlacementClass inClass)
    {
        ArgumentNullException.ThrowIfNull(inClass);
        var set = names.Head("apps/v1", "DaemonSet", names.AmongSensors(names.Sensor(inClass.Name)), Component);
        set["metadata"]!["labels"]![ObjectNames.ClassLabel] = inClass.Name;
        var selector = names.Selector(Component);
        selector[ObjectNames.ClassLabel] = inClass.Name;
        var labels = names.Labels(Component);
        labels[ObjectNames.ClassLabel] = inClass.Name;
        PodParts.Add(labels, settings.Sensor.PodLabels);
        var silent = new SensorPods().MaxUnavailable.Text;
        var unavailable = Trusted(inClass).Select(static one => one.Spec.Sensors.MaxUnavailable.Text)
            .FirstOrDefault(text => text != silent, settings.Sensor.MaxUnavailable);
        set["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = selector },
            ["updateStrategy"] = new JsonObject
            {
                ["type"] = "RollingUpdate",
                ["rollingUpdate"] = new JsonObject { ["maxUnavailable"] = PodParts.IntOrText(unavailable) },
            },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = labels,
                    ["annotations"] = Annotations(inClass),
                },
                ["spec"] = Pod(inClass),
            },
        };
        return set;
    }

    /// <summary>Sensors have their node's address, which policies do not reach; this says what they would need.
    /// </summary>
    public JsonObject NetworkPolicy()
    {
        var policy = names.Head(
            "networking.k8s.io/v1", "NetworkPolicy", names.AmongSensors($"{settings.Instance}-sensor"), Component);
        policy["spec"] = new JsonObject
        {
            ["podSelector"] = new JsonObject { ["matchLabels"] = names.Selector(Component) },
            ["policyTypes"] = new JsonArray("Ingress"),
            ["ingress"] = new JsonArray(
                PodParts.Ingress([settings.Sensor.HealthPort], settings.NetworkPolicies.MonitoringNamespaceSelector)),
        };
        return policy;
    }

    private JsonObject Pod(PlacementClass inClass)
    {
        var pod = new JsonObject
        {
            ["serviceAccountName"] = settings.Sensor.ServiceAccount,
            ["automountServiceAccountToken"] = false,
            ["hostNetwork"] = true,
            ["dnsPolicy"] = "ClusterFirstWithHostNet",
            ["terminationGracePeriodSeconds"] = settings.Sensor.TerminationGracePeriodSeconds,
            ["securityContext"] = new JsonObject
            {
                ["runAsUser"] = 0,
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            ["tolerations"] = Tolerations(inClass),
            ["containers"] = new JsonArray(Container(inClass)),
            ["volumes"] = Volumes(inClass),
        };
        PodParts.AddPulls(pod, settings.Images);
        var priority = Trusted(inClass).Select(static one => one.Spec.Sensors.PriorityClassName)
            .FirstOrDefault(static name => name is { Length: > 0 }) ?? settings.Sensor.PriorityClass;
        if (priority.Length > 0) pod["priorityClassName"] = priority;
        if (settings.Sensor.NodeSelector is { Count: > 0 } nodes) pod["nodeSelector"] = nodes.DeepClone();
        var affinity = settings.Sensor.Affinity?.DeepClone().AsObject() ?? [];
        if (Placement.AffinityOf(inClass) is { } nodeAffinity) affinity["nodeAffinity"] = nodeAffinity;
        if (affinity.Count > 0) pod["affinity"] = affinity;
        return pod;
    }

    /// <summary>A ring cannot be another while packets come into it: a change of it is a change of the pods, which are
    /// then replaced as their update strategy says.</summary>
    private JsonObject Annotations(PlacementClass inClass)
    {
        var annotations = settings.Sensor.PodAnnotations?.DeepClone().AsObject() ?? [];
        // As plans are merged, of all profiles that meet here, wherever they were placed.
        var specs = inClass.Serves.Select(static one => one.Spec)
            .Where(static one => one is { Scope: ResourceScope.Cluster, Suspend: false }).ToList();
        if (specs.Count == 0) return annotations;

        var plan = CapturePlan.Of(specs);
        var isSaid = plan is not { Backend: CaptureBackend.Auto, RingBytes: 0, Fanout: RingFanout.FlowHash };
        if (isSaid)
        {
            annotations[OpeningAnnotation] = string.Create(
                CultureInfo.InvariantCulture, $"{plan.Backend} {plan.Fanout} {plan.RingBytes:0}");
        }

        return annotations;
    }

    private JsonObject Container(PlacementClass inClass)
    {
        var health = settings.Sensor.HealthPort;
        var container = new JsonObject
        {
            ["name"] = Component,
            ["image"] = settings.Images.Sensor,
            ["imagePullPolicy"] = settings.Images.PullPolicy,
            ["args"] = Arguments(inClass),
            ["env"] = PodParts.Environment(
                settings.Sensor.Env,
                ("NODE_NAME", "spec.nodeName"), ("POD_NAME", "metadata.name"), ("POD_IP", "status.podIP")),
            ["ports"] = new JsonArray(PodParts.Port("health", health)),
            ["startupProbe"] = PodParts.Probe("/livez", health, period: 1, failures: 60),
            ["livenessProbe"] = PodParts.Probe("/livez", health, period: 2, failures: 3),
            ["readinessProbe"] = PodParts.Probe("/readyz", health, period: 2, failures: 2),
            ["resources"] = PodParts.Resources(
                settings.Sensor.Resources, Trusted(inClass).Select(static one => one.Spec.Sensors.Resources)),
            ["securityContext"] = new JsonObject
            {
                ["allowPrivilegeEscalation"] = false,
                ["privileged"] = false,
                ["readOnlyRootFilesystem"] = true,
                ["runAsUser"] = 0,
                ["capabilities"] = new JsonObject
                {
                    ["drop"] = new JsonArray("ALL"),
                    ["add"] = new JsonArray([.. settings.Sensor.Capabilities]),
                },
            },
            ["volumeMounts"] = new JsonArray(
                PodParts.Mount("data", Folder),
                PodParts.Mount("config", "/etc/netsniff/config", isReadOnly: true),
                PodParts.Mount("tls", "/etc/netsniff/tls", isReadOnly: true),
                PodParts.Mount("tmp", "/tmp")),
        };
        return container;
    }

    private JsonArray Arguments(PlacementClass inClass) => new(
        "sensor",
        "--node", "$(NODE_NAME)",
        "--class", inClass.Name,
        "--spool", $"{Folder}/spool",
        "--config", "/etc/netsniff/config",
        "--plan", $"{Folder}/plan",
        "--tls", "/etc/netsniff/tls",
        "--operator", string.Create(
            CultureInfo.InvariantCulture, $"{names.Operator}.{settings.Namespace}.svc:{PodParts.ControlPort}"),
        "--workers-file", $"{Folder}/plan/workers",
        "--server-name", "netsniff-worker",
        "--health", string.Create(CultureInfo.InvariantCulture, $"$(POD_IP):{settings.Sensor.HealthPort}"));

    private JsonArray Volumes(PlacementClass inClass) => new(
        new JsonObject
        {
            ["name"] = "data",
            ["hostPath"] = new JsonObject
            {
                ["path"] = $"{settings.Sensor.HostPath}/{inClass.Name}", ["type"] = "DirectoryOrCreate",
            },
        },
        new JsonObject
        {
            ["name"] = "config", ["configMap"] = new JsonObject { ["name"] = names.Sensor(inClass.Name) },
        },
        new JsonObject
        {
            ["name"] = "tls", ["secret"] = new JsonObject { ["secretName"] = names.Tls(Component) },
        },
        new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject { ["sizeLimit"] = "64Mi" } });

    /// <summary>Those whose word on pods counts: all profiles share the sensors, and whoever may write one of their own
    /// namespace must not stop or swell everybody's.</summary>
    private static IEnumerable<AcceptedProfile> Trusted(PlacementClass inClass) =>
        inClass.Profiles.Where(static one => one.Spec.Scope == ResourceScope.Cluster);

    /// <summary>A profile that names none wants a sensor on every node; otherwise what any of them names.</summary>
    private static JsonArray Tolerations(PlacementClass inClass)
    {
        var all = Trusted(inClass).Select(static one => one.Spec.Sensors.Tolerations ?? []).ToList();
        if (all.Count == 0 || all.Any(static list => list.Count == 0))
        {
            return new JsonArray(new JsonObject { ["operator"] = "Exists" });
        }

        var texts = all.SelectMany(static list => list).Select(static one => ResourceJson.Write(one).ToJsonString());
        return new JsonArray(
            [.. texts.Distinct().Order(StringComparer.Ordinal).Select(static text => JsonNode.Parse(text))]);
    }
}
