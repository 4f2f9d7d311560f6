using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Detection.Rules;
using NetSniff.Kube;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Operator.DetectionRules;

/// <summary>A rule as it lies with the workers: its object, without what only the server needs. JSON, which is YAML.
/// </summary>
public static class RuleFile
{
    /// <summary>Of a file's name, with room for the folder before it.</summary>
    private const int NameMax = 200;

    private const int HashDigits = 10;

    private static readonly JsonSerializerOptions s_plain =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A namespace holds no dot, so that no two rules have one name.</summary>
    public static string NameOf(ResourceName rule)
    {
        var whole = $"{rule.Namespace}.{rule.Name}.yaml";
        if (whole.Length <= NameMax) return whole;

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(whole)))[..HashDigits];
        return $"{rule.Namespace}.{rule.Name[..(NameMax / 2)]}-{hash}.yaml";
    }

    /// <summary>What workers are given of an object. Its own namespace stands in it, whatever it says: that is what its
    /// scope is about.</summary>
    public static JsonObject ContentOf(OwnObject one)
    {
        ArgumentNullException.ThrowIfNull(one);
        var whole = one.Copy();
        return new JsonObject
        {
            ["apiVersion"] = RuleReader.ApiVersion,
            ["kind"] = RuleReader.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = one.Name.Name,
                ["namespace"] = one.Name.Namespace,
                ["uid"] = one.Uid,
                ["generation"] = one.Generation,
            },
            ["spec"] = whole["spec"]?.DeepClone(),
        };
    }

    public static string TextOf(JsonObject content) => content.ToJsonString(s_plain) + "\n";

    /// <summary>What was in a file, and of which object it was; null where it is none of ours.</summary>
    public static (ResourceName Name, string Uid, long Generation, JsonObject Content)? Read(string text)
    {
        try
        {
            if (JsonNode.Parse(text) is not JsonObject whole || whole["metadata"] is not JsonObject metadata
                || metadata["generation"] is not JsonValue number || !number.TryGetValue<long>(out var generation)
                || TextOf(metadata, "name") is not { } name || TextOf(metadata, "namespace") is not { } space
                || TextOf(metadata, "uid") is not { } uid)
            {
                return null;
            }

            return (new ResourceName(space, name), uid, generation, whole);
        }
        catch (JsonException)
        {
            // Somebody else's words: the rule is looked at anew.
            return null;
        }
    }

    private static string? TextOf(JsonObject map, string field) =>
        map[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>As the reader of rules wants it. It has no lines: places are told by their paths.</summary>
    public static SpecNode Node(JsonNode? node) => node switch
    {
        JsonObject map => SpecNode.Map(
            [.. map.Where(static field => field.Value is not null)
                .Select(static field => new SpecEntry(field.Key, 0, Node(field.Value)))], 0),
        JsonArray list => SpecNode.List([.. list.Select(Node)], 0),
        JsonValue value when value.TryGetValue<string>(out var text) => SpecNode.Text(text, 0),
        null => SpecNode.Text("", 0),
        _ => SpecNode.Text(node.ToJsonString(), 0),
    };
}
