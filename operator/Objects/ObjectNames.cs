using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Config;

namespace NetSniff.Operator.Objects;

/// <summary>What our objects are called and by which labels they are found.</summary>
public sealed class ObjectNames(OperatorSettings settings)
{
    public const string ManagedBy = "app.kubernetes.io/managed-by";
    public const string Component = "app.kubernetes.io/component";
    public const string Instance = "app.kubernetes.io/instance";
    public const string Manager = "netsniff-operator";
    public const string ClassLabel = "netsniff.io/class";
    public const string SequenceAnnotation = "netsniff.io/sequence";
    public const string RevisionAnnotation = "netsniff.io/revision";

    public string Worker => $"{settings.Instance}-worker";

    public string Operator => $"{settings.Instance}-operator";

    public string Authority => $"{settings.Instance}-ca";

    public string Bundle => $"{settings.Instance}-ca-bundle";

    public ResourceName WorkerSet => InSystem(Worker);

    public ResourceName Lease => InSystem(Operator);

    /// <summary>Selects everything that we made, of this installation.</summary>
    public string Selection => $"{ManagedBy}={Manager},{Instance}={settings.Instance}";

    public string Sensor(string inClass) => $"{settings.Instance}-sensor-{inClass}";

    /// <summary>Certificates of a role: `worker`, `sensor`, `operator`.</summary>
    public string Tls(string role) => $"{settings.Instance}-{role}-tls";

    public string Rules(int number) => $"{settings.Instance}-rules-{number}";

    public ResourceName InSystem(string name) => new(settings.Namespace, name);

    public ResourceName AmongSensors(string name) => new(settings.SensorsNamespace, name);

    /// <summary>Labels that select the pods of a component; they never change.</summary>
    public JsonObject Selector(string component) => new()
    {
        ["app.kubernetes.io/name"] = "netsniff",
        [Instance] = settings.Instance,
        [Component] = component,
    };

    public JsonObject Labels(string component)
    {
        var labels = Selector(component);
        labels[ManagedBy] = Manager;
        labels["app.kubernetes.io/part-of"] = "netsniff";
        if (settings.Version.Length > 0) labels["app.kubernetes.io/version"] = settings.Version;
        foreach (var (name, value) in settings.Labels) labels.TryAdd(name, value);
        return labels;
    }

    /// <summary>Version, kind and metadata of an object; the caller adds the rest.</summary>
    public JsonObject Head(string apiVersion, string kind, ResourceName name, string component) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = name.Name,
            ["namespace"] = name.Namespace,
            ["labels"] = Labels(component),
        },
    };
}
