using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Config;
using NetSniff.Operator.Objects;

namespace NetSniff.Operator.Cleaning;

/// <summary>The DaemonSet that removes on every node what sensors left: their image is there already.</summary>
internal static class NodeCleaner
{
    private const string Component = "clean-node";
    private const string Mounted = "/host";

    public static ResourceName NameOf(OperatorSettings settings) =>
        new ObjectNames(settings).AmongSensors($"{settings.Instance}-clean-node");

    public static JsonObject For(OperatorSettings settings)
    {
        var names = new ObjectNames(settings);
        var whole = names.Head("apps/v1", "DaemonSet", NameOf(settings), Component);
        whole["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = names.Selector(Component) },
            ["updateStrategy"] = new JsonObject
            {
                ["type"] = "RollingUpdate",
                ["rollingUpdate"] = new JsonObject { ["maxUnavailable"] = "100%" },
            },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = names.Labels(Component) },
                ["spec"] = Pod(settings),
            },
        };
        return whole;
    }

    private static JsonObject Pod(OperatorSettings settings)
    {
        var pod = new JsonObject
        {
            ["automountServiceAccountToken"] = false,
            ["terminationGracePeriodSeconds"] = 1,
            ["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" }),
            // The pod is ready once this is done; the other only waits for its end.
            ["initContainers"] = new JsonArray(Container(settings, "clean", ["operator", "clean-node", Mounted])),
            ["containers"] = new JsonArray(
                Container(settings, "done", ["operator", "clean-node", Mounted, "--wait"])),
            ["volumes"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = "host",
                    ["hostPath"] = new JsonObject
                    {
                        ["path"] = settings.Sensor.HostPath, ["type"] = "DirectoryOrCreate",
                    },
                },
                new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject() }),
        };
        if (settings.Sensor.ServiceAccount.Length > 0) pod["serviceAccountName"] = settings.Sensor.ServiceAccount;
        if (settings.Sensor.NodeSelector is { } selector) pod["nodeSelector"] = selector.DeepClone();
        PodParts.AddPulls(pod, settings.Images);
        return pod;
    }

    private static JsonObject Container(OperatorSettings settings, string name, string[] arguments) => new()
    {
        ["name"] = name,
        ["image"] = settings.Images.Sensor,
        ["imagePullPolicy"] = settings.Images.PullPolicy,
        ["args"] = new JsonArray([.. arguments.Select(static argument => (JsonNode)argument)]),
        ["resources"] = new JsonObject
        {
            ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "32Mi" },
            ["limits"] = new JsonObject { ["memory"] = "128Mi" },
        },
        // Sensors run as root, so what they wrote is root's: no capability is needed to remove it.
        ["securityContext"] = new JsonObject
        {
            ["runAsUser"] = 0,
            ["allowPrivilegeEscalation"] = false,
            ["readOnlyRootFilesystem"] = true,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
            ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
        },
        ["volumeMounts"] = new JsonArray(PodParts.Mount("host", Mounted), PodParts.Mount("tmp", "/tmp")),
    };
}
