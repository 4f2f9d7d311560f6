using System.Text.Json;
using System.Text.Json.Serialization;
using NetSniff.Config;

namespace NetSniff.Operator.Config;

/// <summary>From `operator.json` to settings that make sense, or to all that is wrong with them.</summary>
/// <remarks>Fields that are not known are passed over: the chart may be newer than the program.</remarks>
public static class OperatorSettingsReader
{
    private const int BytesMax = 1 << 20;
    private const int InstanceLengthMax = 30;

    /// <returns>The settings, or null with at least one problem.</returns>
    public static OperatorSettings? Read(ReadOnlySpan<byte> json, out IReadOnlyList<ConfigProblem> problems)
    {
        if (json.Length > BytesMax)
        {
            problems = [new("", $"longer than {BytesMax} bytes")];
            return null;
        }

        try
        {
            var settings = JsonSerializer.Deserialize(json, SettingsJson.Default.OperatorSettings);
            problems = settings is null ? [new("", "nothing but null")] : Check(settings);
            return problems.Count == 0 ? settings : null;
        }
        catch (JsonException problem)
        {
            problems = [new((problem.Path ?? "").TrimStart('$', '.'), problem.Message.Split(" Path: ")[0])];
            return null;
        }
    }

    public static IReadOnlyList<ConfigProblem> Check(OperatorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (HasNull(settings))
        {
            return [new("", "null stands where a value is needed: leave a field out to have its default")];
        }

        List<ConfigProblem> problems = [];
        CheckName("instance", settings.Instance, InstanceLengthMax, problems);
        CheckName("namespace", settings.Namespace, 63, problems);
        CheckName("sensorsNamespace", settings.SensorsNamespace, 63, problems);
        foreach (var (path, image) in new[]
        {
            ("images.sensor", settings.Images.Sensor), ("images.worker", settings.Images.Worker),
        })
        {
            if (image.Length == 0) problems.Add(new(path, "is needed"));
        }

        CheckChoice("images.pullPolicy", settings.Images.PullPolicy, ["Always", "IfNotPresent", "Never"], problems);
        CheckChoice("worker.storage.type", settings.Worker.Storage.Type, ["EmptyDir", "Claim"], problems);
        CheckChoice(
            "worker.scaling", settings.Worker.Scaling, ["Auto", "HorizontalPodAutoscaler", "Operator", "None"],
            problems);
        CheckLength("certificates.lifetime", settings.Certificates.Lifetime, problems);
        CheckLength("certificates.authorityLifetime", settings.Certificates.AuthorityLifetime, problems);
        CheckLength("worker.retention.age", settings.Worker.Retention.Age, problems);
        CheckAmount("worker.retention.bytes", settings.Worker.Retention.Bytes, problems);
        CheckAmount("worker.storage.size", settings.Worker.Storage.Size, problems);
        if (settings.Sensor.HealthPort is < 1 or > ushort.MaxValue)
        {
            problems.Add(new("sensor.healthPort", "is from 1 to 65535"));
        }

        if (!settings.Sensor.HostPath.StartsWith('/')) problems.Add(new("sensor.hostPath", "is a path from the root"));
        return problems;
    }

    // The serializer takes an explicit null for a reference whatever its type says.
    private static bool HasNull(OperatorSettings settings) =>
        settings is { Instance: null } or { Namespace: null } or { SensorsNamespace: null } or { WatchNamespaces: null }
            or { ClusterDomain: null } or { Version: null } or { Labels: null } or { Images: null }
            or { Images.Sensor: null } or { Images.Worker: null } or { Images.PullPolicy: null }
            or { Images.PullSecrets: null } or { Certificates: null } or { Certificates.Lifetime: null }
            or { Certificates.AuthorityLifetime: null } or { Sensor: null } or { Sensor.ServiceAccount: null }
            or { Sensor.PriorityClass: null } or { Sensor.Capabilities: null } or { Sensor.HostPath: null }
            or { Sensor.MaxUnavailable: null } or { Worker: null } or { Worker.ServiceAccount: null }
            or { Worker.PriorityClass: null } or { Worker.Storage: null } or { Worker.Storage.Type: null }
            or { Worker.Storage.Size: null } or { Worker.Storage.StorageClass: null } or { Worker.Retention: null }
            or { Worker.Retention.Age: null } or { Worker.Retention.Bytes: null } or { Worker.Scaling: null }
            or { NetworkPolicies: null } or { NetworkPolicies.ApiServerPorts: null }
            or { NetworkPolicies.ApiServerCidrs: null } or { Defaults: null };

    private static void CheckName(string path, string name, int lengthMax, List<ConfigProblem> problems)
    {
        var isName = name.Length > 0 && name.Length <= lengthMax && char.IsAsciiLetterOrDigit(name[0])
            && char.IsAsciiLetterOrDigit(name[^1])
            && name.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
        if (!isName) problems.Add(new(path, $"is 1 to {lengthMax} small letters, digits and '-', not '{name}'"));
    }

    private static void CheckChoice(string path, string text, string[] choices, List<ConfigProblem> problems)
    {
        if (!choices.Contains(text)) problems.Add(new(path, $"is {string.Join(", ", choices)}, not '{text}'"));
    }

    private static void CheckLength(string path, string text, List<ConfigProblem> problems)
    {
        if (Quantity.TryParseAge(text, out var length) && length >= TimeSpan.FromMinutes(1)) return;

        problems.Add(new(path, $"is a length of time such as 24h, not '{text}'"));
    }

    private static void CheckAmount(string path, string text, List<ConfigProblem> problems)
    {
        if (Quantity.TryParse(text, out var amount) && amount > 0) return;

        problems.Add(new(path, $"is an amount such as 16Gi, not '{text}'"));
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip, MaxDepth = 64)]
[JsonSerializable(typeof(OperatorSettings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
