using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.Workers;

public sealed partial class WorkerObjects
{
    /// <summary>How many there are is not said here: whoever scales says it.</summary>
    public JsonObject StatefulSet(WorkerWish wish)
    {
        ArgumentNullException.ThrowIfNull(wish);
        var set = names.Head("apps/v1", "StatefulSet", names.WorkerSet, Component);
        var labels = names.Labels(Component);
        PodParts.Add(labels, settings.Worker.PodLabels);
        var spec = new JsonObject
        {
            ["serviceName"] = names.Worker,
            ["podManagementPolicy"] = "Parallel",
            ["selector"] = new JsonObject { ["matchLabels"] = names.Selector(Component) },
            ["updateStrategy"] = new JsonObject { ["type"] = "RollingUpdate" },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = labels,
                    ["annotations"] = settings.Worker.PodAnnotations?.DeepClone() ?? new JsonObject(),
                },
                ["spec"] = Pod(wish),
            },
        };
        if (HasClaims) spec["volumeClaimTemplates"] = new JsonArray(Claim());
        set["spec"] = spec;
        return set;
    }

    /// <summary>Whether anybody but us holds the number: what we apply says none, and takes ours back.</summary>
    public static bool IsScaledByOthers(JsonObject set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return set["metadata"]?["managedFields"] is JsonArray all && all.Any(static one =>
            (one?["manager"]?.GetValue<string>() != Applier.Manager || one["subresource"] is not null
                || one["operation"]?.GetValue<string>() != "Apply")
            && one?["fieldsV1"]?["f:spec"]?["f:replicas"] is not null);
    }

    /// <summary>How many a set that is made begins with: pods of its name that are there keep their places.</summary>
    public static int ReplicasOf(string name, IEnumerable<string> pods, int min, int max)
    {
        ArgumentNullException.ThrowIfNull(pods);
        var most = pods.Where(pod => pod.StartsWith($"{name}-", StringComparison.Ordinal))
            .Select(pod => int.TryParse(
                pod.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var place)
                && place < max ? place + 1 : 0)
            .DefaultIfEmpty().Max();
        return Math.Clamp(most, min, max);
    }

    private bool HasClaims => settings.Worker.Storage.Type == "Claim";

    private JsonObject Claim()
    {
        var spec = new JsonObject
        {
            ["accessModes"] = new JsonArray("ReadWriteOnce"),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["storage"] = settings.Worker.Storage.Size },
            },
        };
        if (settings.Worker.Storage.StorageClass is { Length: > 0 } name) spec["storageClassName"] = name;
        var labels = names.Selector(Component);
        labels[ObjectNames.ManagedBy] = ObjectNames.Manager;
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["metadata"] = new JsonObject { ["name"] = "data", ["labels"] = labels },
            ["spec"] = spec,
        };
    }

    private JsonObject Pod(WorkerWish wish)
    {
        var pod = new JsonObject
        {
            ["serviceAccountName"] = settings.Worker.ServiceAccount,
            ["automountServiceAccountToken"] = true,
            ["terminationGracePeriodSeconds"] = settings.Worker.TerminationGracePeriodSeconds,
            ["securityContext"] = new JsonObject
            {
                ["runAsNonRoot"] = true,
                ["runAsUser"] = User,
                ["runAsGroup"] = User,
                ["fsGroup"] = User,
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            ["topologySpreadConstraints"] =
                settings.Worker.TopologySpreadConstraints?.DeepClone()
                ?? new JsonArray(Spread("kubernetes.io/hostname"), Spread("topology.kubernetes.io/zone")),
            ["containers"] = new JsonArray(Container(wish)),
            ["volumes"] = Volumes(),
        };
        PodParts.AddPulls(pod, settings.Images);
        if (settings.Worker.PriorityClass.Length > 0) pod["priorityClassName"] = settings.Worker.PriorityClass;
        if (settings.Worker.NodeSelector is { Count: > 0 } nodes) pod["nodeSelector"] = nodes.DeepClone();
        if (settings.Worker.Tolerations is { Count: > 0 } taints) pod["tolerations"] = taints.DeepClone();
        if (settings.Worker.Affinity is { Count: > 0 } affinity) pod["affinity"] = affinity.DeepClone();
        return pod;
    }

    private JsonObject Spread(string topology) => new()
    {
        ["maxSkew"] = 1,
        ["topologyKey"] = topology,
        ["whenUnsatisfiable"] = "ScheduleAnyway",
        ["labelSelector"] = new JsonObject { ["matchLabels"] = names.Selector(Component) },
    };

    private JsonObject Container(WorkerWish wish) => new()
    {
        ["name"] = Component,
        ["image"] = settings.Images.Worker,
        ["imagePullPolicy"] = settings.Images.PullPolicy,
        ["args"] = Arguments(),
        ["env"] = PodParts.Environment(
            settings.Worker.Env,
            ("POD_NAME", "metadata.name"), ("POD_NAMESPACE", "metadata.namespace"), ("POD_IP", "status.podIP"),
            ("NODE_NAME", "spec.nodeName")),
        ["ports"] = new JsonArray(
            PodParts.Port("ingest", IngestPort), PodParts.Port("query", QueryPort),
            PodParts.Port("health", HealthPort)),
        ["startupProbe"] = PodParts.Probe("/livez", HealthPort, period: 1, failures: 120),
        ["livenessProbe"] = PodParts.Probe("/livez", HealthPort, period: 5, failures: 3),
        ["readinessProbe"] = PodParts.Probe("/readyz", HealthPort, period: 2, failures: 2),
        ["resources"] = PodParts.Resources(settings.Worker.Resources, wish.Resources),
        ["securityContext"] = new JsonObject
        {
            ["allowPrivilegeEscalation"] = false,
            ["readOnlyRootFilesystem"] = true,
            ["runAsNonRoot"] = true,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        },
        ["volumeMounts"] = new JsonArray(
            PodParts.Mount("data", Folder),
            PodParts.Mount("config", "/etc/netsniff/config", isReadOnly: true),
            PodParts.Mount("rules", "/etc/netsniff/rules", isReadOnly: true),
            PodParts.Mount("tls", "/etc/netsniff/tls", isReadOnly: true),
            PodParts.Mount("tmp", "/tmp")),
    };

    private JsonArray Arguments() => new(
        "worker",
        "--name", "$(POD_NAME)",
        "--data", Folder,
        "--config", "/etc/netsniff/config",
        "--rules", "/etc/netsniff/rules",
        "--tls", "/etc/netsniff/tls",
        "--kubernetes",
        "--workers-service", $"$(POD_NAMESPACE)/{names.Worker}",
        "--operator", string.Create(
            CultureInfo.InvariantCulture, $"{names.Operator}.{settings.Namespace}.svc:{PodParts.ControlPort}"),
        "--authorize", "kubernetes",
        "--health", string.Create(CultureInfo.InvariantCulture, $"0.0.0.0:{HealthPort}"));

    private JsonArray Volumes()
    {
        var rules = Enumerable.Range(0, RuleMapsMax).Select(number => (JsonNode)new JsonObject
        {
            ["configMap"] = new JsonObject { ["name"] = names.Rules(number), ["optional"] = true },
        });
        var volumes = new JsonArray(
            new JsonObject { ["name"] = "config", ["configMap"] = new JsonObject { ["name"] = names.Worker } },
            new JsonObject
            {
                ["name"] = "rules", ["projected"] = new JsonObject { ["sources"] = new JsonArray([.. rules]) },
            },
            new JsonObject { ["name"] = "tls", ["secret"] = new JsonObject { ["secretName"] = names.Tls(Component) } },
            new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject { ["sizeLimit"] = "256Mi" } });
        if (!HasClaims)
        {
            volumes.Add((JsonNode)new JsonObject
            {
                ["name"] = "data", ["emptyDir"] = new JsonObject { ["sizeLimit"] = settings.Worker.Storage.Size },
            });
        }

        return volumes;
    }
}
