using System.Text.Json.Nodes;
using NetSniff.Operator.Config;
using NetSniff.Operator.Objects;

namespace NetSniff.Operator.Cleaning;

/// <summary>A short-lived DaemonSet that deletes on each node what sensors keep there.</summary>
public sealed class NodeCleaning(OperatorSettings settings, ObjectNames names)
{
    private const string Component = "clean";
    private const string Mounted = "/host";

    /// <summary>The init container deletes; the pod is ready once it is through, and then waits to be deleted.</summary>
    public JsonObject DaemonSet()
    {
        var set = names.Head(
            "apps/v1", "DaemonSet", names.AmongSensors($"{settings.Instance}-clean"), Component);
        var slash = settings.Sensor.HostPath.LastIndexOf('/');
        var (parent, folder) = (settings.Sensor.HostPath[..Math.Max(1, slash)], settings.Sensor.HostPath[(slash + 1)..]);
        var pod = new JsonObject
        {
            ["serviceAccountName"] = settings.Sensor.ServiceAccount,
            ["automountServiceAccountToken"] = false,
            ["terminationGracePeriodSeconds"] = 0,
            ["securityContext"] = new JsonObject
            {
                ["runAsUser"] = 0,
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            ["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" }),
            ["initContainers"] = new JsonArray(
                Container("clean", "operator", "clean-node", $"{Mounted}/{folder}")),
            ["containers"] = new JsonArray(Container(
                "done", "operator", "clean-node", $"{Mounted}/{folder}", "--wait")),
            ["volumes"] = new JsonArray(new JsonObject
            {
                ["name"] = "host", ["hostPath"] = new JsonObject { ["path"] = parent, ["type"] = "Directory" },
            }),
        };
        PodParts.AddPulls(pod, settings.Images);
        if (settings.Sensor.NodeSelector is { Count: > 0 } nodes) pod["nodeSelector"] = nodes.DeepClone();
        set["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = names.Selector(Component) },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = names.Labels(Component) },
                ["spec"] = pod,
            },
        };
        return set;
    }

    private JsonObject Container(string name, params ReadOnlySpan<string> arguments)
    {
        var words = new JsonArray();
        foreach (var argument in arguments) words.Add((JsonNode)argument);
        return new JsonObject
        {
            ["name"] = name,
            ["image"] = settings.Images.Sensor,
            ["imagePullPolicy"] = settings.Images.PullPolicy,
            ["args"] = words,
            ["securityContext"] = new JsonObject
            {
                ["allowPrivilegeEscalation"] = false,
                ["readOnlyRootFilesystem"] = true,
                // Files of sensors are root's, whatever their mode.
                ["capabilities"] = new JsonObject
                {
                    ["drop"] = new JsonArray("ALL"), ["add"] = new JsonArray("DAC_OVERRIDE"),
                },
            },
            ["volumeMounts"] = new JsonArray(PodParts.Mount("host", Mounted)),
        };
    }
}
