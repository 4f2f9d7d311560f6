using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Config;
using CoreQuantity = NetSniff.Config.Quantity;

namespace NetSniff.Operator.Objects;

/// <summary>Parts of pods that sensors and workers have in common.</summary>
internal static class PodParts
{
    /// <summary>Where the operator listens for members.</summary>
    public const int ControlPort = 9467;

    /// <summary>Servers before 1.23 take no port without its protocol in an apply.</summary>
    public static JsonObject Port(string name, int port) =>
        new() { ["name"] = name, ["containerPort"] = port, ["protocol"] = "TCP" };

    public static JsonObject Mount(string name, string path, bool isReadOnly = false)
    {
        var mount = new JsonObject { ["name"] = name, ["mountPath"] = path };
        if (isReadOnly) mount["readOnly"] = true;
        return mount;
    }

    public static JsonObject Probe(string path, int port, int period, int failures) => new()
    {
        ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = port, ["scheme"] = "HTTP" },
        ["periodSeconds"] = period,
        ["timeoutSeconds"] = Math.Max(2, period),
        ["failureThreshold"] = failures,
    };

    /// <param name="more">As whoever installs us wrote it; of the same name it wins.</param>
    public static JsonArray Environment(JsonArray? more, params ReadOnlySpan<(string Name, string Field)> fields)
    {
        var all = new JsonArray();
        var named = (more ?? []).Select(static one => one?["name"]?.GetValue<string>() ?? "").ToHashSet();
        foreach (var (name, field) in fields)
        {
            if (named.Contains(name)) continue;

            all.Add((JsonNode)new JsonObject
            {
                ["name"] = name,
                ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = field } },
            });
        }

        if (!named.Contains("DOTNET_gcServer"))
        {
            all.Add((JsonNode)new JsonObject { ["name"] = "DOTNET_gcServer", ["value"] = "0" });
        }

        foreach (var one in more ?? []) all.Add(one?.DeepClone());
        return all;
    }

    public static void AddPulls(JsonObject pod, ImageSettings images)
    {
        if (images.PullSecrets.Count == 0) return;

        pod["imagePullSecrets"] = new JsonArray(
            [.. images.PullSecrets.Select(static name => (JsonNode)new JsonObject { ["name"] = name })]);
    }

    public static void Add(JsonObject labels, JsonObject? more)
    {
        foreach (var (name, value) in more ?? []) labels.TryAdd(name, value?.DeepClone());
    }

    /// <summary>What profiles ask for, of each resource the largest; where none says anything, what was installed.
    /// </summary>
    public static JsonObject Resources(JsonObject? otherwise, IEnumerable<ResourceAmounts?> wanted)
    {
        var all = wanted.OfType<ResourceAmounts>().ToList();
        if (all.Count == 0) return otherwise?.DeepClone().AsObject() ?? [];

        var resources = new JsonObject();
        var requests = Largest(all.Select(static one => one.Requests));
        var limits = Largest(all.Select(static one => one.Limits));
        // One asked for more than another allows.
        foreach (var (name, asked) in requests)
        {
            var isOver = CoreQuantity.TryParse(asked?.ToString() ?? "", out var least)
                && CoreQuantity.TryParse(limits[name]?.ToString() ?? "", out var most) && least > most;
            if (isOver) limits[name] = asked!.DeepClone();
        }

        if (requests.Count > 0) resources["requests"] = requests;
        if (limits.Count > 0) resources["limits"] = limits;
        return resources;
    }

    public static JsonNode IntOrText(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : text;

    /// <param name="from">Namespaces; empty for everywhere.</param>
    public static JsonObject Ingress(IReadOnlyList<int> ports, JsonObject? from)
    {
        var rule = new JsonObject { ["ports"] = Ports(ports) };
        if (from is { Count: > 0 })
        {
            rule["from"] = new JsonArray(new JsonObject { ["namespaceSelector"] = from.DeepClone() });
        }

        return rule;
    }

    public static JsonArray Ports(IReadOnlyList<int> ports) => new(
        [.. ports.Select(static port => (JsonNode)new JsonObject { ["port"] = port, ["protocol"] = "TCP" })]);

    private static JsonObject Largest(IEnumerable<IReadOnlyDictionary<string, Quantity>?> all)
    {
        var largest = new SortedDictionary<string, (decimal Amount, string Text)>(StringComparer.Ordinal);
        foreach (var (name, quantity) in all.SelectMany(static one => one ?? new Dictionary<string, Quantity>()))
        {
            // What is written in a way that nobody here reads counts for little, and stays when it is alone.
            if (!CoreQuantity.TryParse(quantity.Text, out var amount)) amount = 0;
            if (!largest.TryGetValue(name, out var known) || amount > known.Amount)
            {
                largest[name] = (amount, quantity.Text);
            }
        }

        return new JsonObject(
            largest.Select(static one => KeyValuePair.Create<string, JsonNode?>(one.Key, one.Value.Text)));
    }
}
