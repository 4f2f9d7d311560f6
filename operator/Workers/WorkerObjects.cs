using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Config;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;

namespace NetSniff.Operator.Workers;

/// <summary>The objects that workers are made of.</summary>
public sealed partial class WorkerObjects(OperatorSettings settings, ObjectNames names)
{
    public const string Component = "worker";
    public const int IngestPort = 9466;
    public const int QueryPort = 9465;
    public const int HealthPort = 9464;
    public const string ConfigFile = "worker.json";

    /// <summary>ConfigMaps of rules that a worker mounts; those that do not exist are no mistake.</summary>
    public const int RuleMapsMax = 8;

    private const string Folder = "/var/lib/netsniff";
    private const int User = 65532;

    /// <summary>Headless: workers are known one by one, and each sensor and worker spreads over them by itself.
    /// </summary>
    public JsonObject Service()
    {
        var service = names.Head("v1", "Service", names.WorkerSet, Component);
        service["spec"] = new JsonObject
        {
            ["clusterIP"] = "None",
            ["publishNotReadyAddresses"] = false,
            ["selector"] = names.Selector(Component),
            ["ports"] = new JsonArray(
                Port("ingest", IngestPort), Port("query", QueryPort), Port("health", HealthPort)),
        };
        return service;
    }

    public JsonObject ConfigMap(MemberPlan plan, string content)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var map = names.Head("v1", "ConfigMap", names.WorkerSet, Component);
        map["metadata"]!["annotations"] = new JsonObject
        {
            [ObjectNames.SequenceAnnotation] = plan.Sequence.ToString(CultureInfo.InvariantCulture),
            [ObjectNames.RevisionAnnotation] = plan.Revision,
            [Sensors.SensorsReconciler.ContentAnnotation] = content,
        };
        map["data"] = new JsonObject { [ConfigFile] = plan.Files[ConfigFile] };
        return map;
    }

    public JsonObject RuleMap(int number, IReadOnlyDictionary<string, string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var map = names.Head("v1", "ConfigMap", names.InSystem(names.Rules(number)), "rules");
        map["data"] = new JsonObject(files.OrderBy(static file => file.Key, StringComparer.Ordinal)
            .Select(static file => KeyValuePair.Create<string, JsonNode?>(file.Key, file.Value)));
        return map;
    }

    public JsonObject DisruptionBudget(ResourceKind kind)
    {
        var budget = names.Head($"{kind.Group}/{kind.Version}", "PodDisruptionBudget", names.WorkerSet, Component);
        budget["spec"] = new JsonObject
        {
            ["maxUnavailable"] = 1,
            ["selector"] = new JsonObject { ["matchLabels"] = names.Selector(Component) },
        };
        return budget;
    }

    /// <summary>Whoever asks shows a certificate or a token; sensors have their node's address and cannot be named.
    /// </summary>
    public JsonObject NetworkPolicy()
    {
        var policy = names.Head("networking.k8s.io/v1", "NetworkPolicy", names.WorkerSet, Component);
        var api = new JsonObject { ["ports"] = PodParts.Ports(settings.NetworkPolicies.ApiServerPorts) };
        if (settings.NetworkPolicies.ApiServerCidrs is { Count: > 0 } networks)
        {
            api["to"] = new JsonArray([.. networks.Select(static one => (JsonNode)new JsonObject
            {
                ["ipBlock"] = new JsonObject { ["cidr"] = one },
            })]);
        }

        var own = new JsonObject
        {
            ["podSelector"] = new JsonObject
            {
                ["matchLabels"] = new JsonObject
                {
                    ["app.kubernetes.io/name"] = "netsniff", [ObjectNames.Instance] = settings.Instance,
                },
            },
        };
        policy["spec"] = new JsonObject
        {
            ["podSelector"] = new JsonObject { ["matchLabels"] = names.Selector(Component) },
            ["policyTypes"] = new JsonArray("Ingress", "Egress"),
            ["ingress"] = new JsonArray(
                PodParts.Ingress([IngestPort, QueryPort], null),
                PodParts.Ingress([HealthPort], settings.NetworkPolicies.MonitoringNamespaceSelector)),
            ["egress"] = new JsonArray(
                new JsonObject
                {
                    ["ports"] = new JsonArray(
                        new JsonObject { ["port"] = 53, ["protocol"] = "UDP" },
                        new JsonObject { ["port"] = 53, ["protocol"] = "TCP" }),
                },
                api,
                new JsonObject
                {
                    ["ports"] = PodParts.Ports([QueryPort, PodParts.ControlPort]), ["to"] = new JsonArray(own),
                }),
        };
        return policy;
    }

    private static JsonObject Port(string name, int port) => new()
    {
        ["name"] = name, ["port"] = port, ["targetPort"] = port, ["protocol"] = "TCP",
    };
}
