using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;

namespace NetSniff.Tests.Operator.CaptureProfiles;

/// <summary>The contract of a profile's fields: whatever a user may write changes something, or is said by its name
/// not to be served.</summary>
public class ProfileFieldsTests
{
    /// <summary>Says everything that can be said. A new field of the types has to be said here.</summary>
    private const string Everything =
        """
        {
          "scope": "Cluster", "suspend": false,
          "targets": {
            "namespaceSelector": {"matchLabels": {"team": "web"}}, "podSelector": {"matchLabels": {"app": "web"}},
            "nodeSelector": {"matchLabels": {"disk": "ssd"}}, "hostTraffic": "Exclude",
            "excludeCIDRs": ["169.254.0.0/16", "10.9.0.0/16"]
          },
          "capture": {
            "backend": "AFPacket", "interfaces": {"include": ["eth0", "eth1"], "exclude": ["lo", "eth9"]},
            "direction": "Both", "snapLength": 4096, "bpfFilter": "tcp", "deduplication": "PreferSource",
            "sampling": {"mode": "Flow", "oneIn": 8}, "ring": {"size": "64Mi", "fanout": "FlowHash"}
          },
          "protocols": [
            {"name": "HTTP1", "ports": [80, 8080]}, {"name": "Plugin", "plugin": "acme", "ports": [9009]}
          ],
          "payload": {"level": "Headers", "maxBodyBytes": 4096},
          "redaction": {
            "mode": "Enforce", "presets": ["Credentials", "PaymentCard"], "headers": ["cookie", "x-key"],
            "jsonFields": ["password", "pin"], "queryParameters": ["sig", "key"],
            "patterns": [{"name": "badge", "regex": "badge-[0-9]+", "replacement": "badge"}]
          },
          "budget": {"cpu": "2", "memory": "512Mi", "maxPacketsPerSecond": 20000, "onOverload": "SampleFlows"},
          "storage": {"packetBuffer": {"size": "1Gi", "maxAge": "30m"}, "flowRetention": "48h"},
          "rules": {
            "selector": {"matchLabels": {"severity": "high"}}, "namespaceSelector": {"matchLabels": {"team": "web"}}
          },
          "exports": [
            {"name": "traces", "type": "OTLP", "filter": "http", "otlp": {
              "endpoint": "http://otel:4317", "protocol": "GRPC", "signals": ["Traces", "Logs"],
              "headersSecretRef": {"name": "a", "key": "b"}, "caSecretRef": {"name": "a", "key": "b"},
              "compression": "Gzip"}},
            {"name": "lake", "type": "Kafka", "kafka": {
              "brokers": ["a:9092", "b:9092"], "topic": "t", "credentialsSecretRef": {"name": "a", "key": "b"}}},
            {"name": "flows", "type": "IPFIX", "ipfix": {"host": "c", "port": 4739, "transport": "TCP"}}
          ],
          "sensors": {
            "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "1"}}, "priorityClassName": "p",
            "maxUnavailable": "20%", "tolerations": [
              {"key": "a", "operator": "Equal", "value": "v", "effect": "NoExecute", "tolerationSeconds": 10}]
          },
          "workers": {
            "minReplicas": 3, "maxReplicas": 7, "targetCPUUtilizationPercentage": 60, "targetLagSeconds": 4,
            "resources": {"limits": {"memory": "2Gi"}, "requests": {"cpu": "1"}}
          }
        }
        """;

    /// <summary>For texts of which not every one makes sense.</summary>
    private static readonly Dictionary<string, string> s_words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["capture.bpfFilter"] = "udp", ["exports[].filter"] = "dns", ["redaction.patterns[].regex"] = "badge-[0-9]",
    };

    public static TheoryData<string> Fields => [.. FieldsOf(typeof(CaptureProfileSpec), "").Select(one => one.Path)];

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_changes_something_or_is_said_not_to(string field)
    {
        var type = FieldsOf(typeof(CaptureProfileSpec), "").First(one => one.Path == field).Type;
        var spec = JsonNode.Parse(Everything)!.AsObject();
        // A profile of one namespace may not say whose.
        if (field == nameof(CaptureProfileSpec.Scope)) spec["targets"]!.AsObject().Remove("namespaceSelector");
        var (place, path) = Find(spec, field);
        Assert.True(place is not null, $"spec.{field} is not in the sample of everything");
        var before = Review(spec, out _)!;
        var names = NotServed.Of(before.Spec).ToList();
        foreach (var other in Others(field, type, place!))
        {
            var (changed, text) = (Replaced(spec, path, other), other?.ToJsonString() ?? "nothing");
            var after = Review(changed, out var problems);
            if (after is null)
            {
                var isNamed = problems.Any(one => one.Field == $"spec.{path}") || IsNamed(names, path);
                Assert.True(isNamed, $"spec.{path}: {text} is refused for {string.Join("; ", problems)}");
                continue;
            }

            if (ProfileEffects.Of(before) != ProfileEffects.Of(after)) continue;

            var said = NotServed.Of(after.Spec);
            Assert.True(
                IsNamed([.. names, .. said], path),
                $"spec.{path}: {text} changes nothing and nobody says so: {string.Join("; ", said)}");
        }
    }

    private static bool IsNamed(IEnumerable<string> messages, string path) => messages.Any(one =>
    {
        var named = one[..one.IndexOf(": ", StringComparison.Ordinal)];
        return $"spec.{path}" == named || $"spec.{path}".StartsWith(named + ".", StringComparison.Ordinal);
    });

    private static AcceptedProfile? Review(JsonObject spec, out IReadOnlyList<ProfileProblem> problems)
    {
        var one = Profiles.Object("one", spec.ToJsonString());
        return ProfileReview.Of(one, null, Profiles.Home, out problems) is { } read
            ? new AcceptedProfile(new ResourceName(Profiles.Home, "one"), "uid-one", 1, read)
            : null;
    }

    /// <summary>Every field that a user may write; a selector is one.</summary>
    private static IEnumerable<(string Path, Type Type)> FieldsOf(Type part, string prefix)
    {
        foreach (var property in part.GetProperties().Where(static one => one.Name != nameof(ResourcePart.Unknown)))
        {
            var path = prefix + property.Name;
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var element = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
                ? type.GetGenericArguments()[0] : null;
            var inner = element ?? type;
            var isLeaf = !inner.IsSubclassOf(typeof(ResourcePart)) || inner == typeof(LabelSelector);
            if (isLeaf) yield return (path, type);
            else foreach (var one in FieldsOf(inner, path + (element is null ? "." : "[]."))) yield return one;
        }
    }

    /// <summary>The first that has it, of several.</summary>
    private static (JsonNode? Node, string Path) Find(JsonNode node, string field)
    {
        var (head, rest) = (field.Split('.')[0], field.Contains('.') ? field[(field.IndexOf('.') + 1)..] : "");
        var wanted = head.Replace("[]", "", StringComparison.Ordinal);
        // Case alone is different: `ExcludeCIDRs`, `excludeCIDRs`.
        var name = node.AsObject().Select(static one => one.Key)
            .FirstOrDefault(key => key.Equals(wanted, StringComparison.OrdinalIgnoreCase));
        if (name is null || node[name] is not { } next) return (null, field);
        if (rest.Length == 0) return (next, name);
        if (next is not JsonArray list)
        {
            var (found, path) = Find(next, rest);
            return (found, $"{name}.{path}");
        }

        for (var index = 0; index < list.Count; index++)
        {
            var (found, path) = Find(list[index]!, rest);
            if (found is not null) return (found, $"{name}[{index}].{path}");
        }

        return (null, field);
    }

    private static JsonObject Replaced(JsonObject spec, string path, JsonNode? other)
    {
        var copy = spec.DeepClone().AsObject();
        JsonNode node = copy;
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        foreach (var step in steps[..^1])
        {
            node = step[0] == '[' ? node[int.Parse(step[1..^1], null)]! : node[step]!;
        }

        node[steps[^1]] = other;
        return copy;
    }

    private static IEnumerable<JsonNode?> Others(string field, Type type, JsonNode value)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Where(name => name != value.GetValue<string>())
                // Wants another field beside it, and has a test of its own.
                .Where(name => type != typeof(ProtocolName) || name != nameof(ProtocolName.Plugin))
                .Select(static name => (JsonNode?)name);
        }

        if (s_words.TryGetValue(field, out var word)) return [word];
        if (type == typeof(bool)) return [!value.GetValue<bool>()];
        if (type == typeof(int) || type == typeof(long)) return [value.GetValue<long>() + 1];
        if (type == typeof(Duration)) return ["7h"];
        if (type == typeof(Quantity)) return ["96Mi", "3"];
        if (type == typeof(IntOrPercent)) return ["7%", 3];
        if (type == typeof(string)) return [value.GetValue<string>() + "x"];
        if (value is JsonArray list)
        {
            return [new JsonArray([.. list.SkipLast(1).Select(static one => one!.DeepClone())])];
        }

        // Labels and amounts: none of them.
        Assert.IsType<JsonObject>(value);
        return [null];
    }
}
