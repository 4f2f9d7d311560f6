using System.Text.Json;
using System.Text.RegularExpressions;
using NetSniff.Filters.Expression;
using YamlDotNet.Core;

namespace NetSniff.Worker.Enrich.Yaml;

/// <summary>What is wrong with a YAML file, in words of the file and not of the classes it is read into.</summary>
internal static partial class YamlTrouble
{
    private static readonly Dictionary<string, (string Called, Type Type)> s_entries = new(StringComparer.Ordinal)
    {
        [nameof(IdentityPage)] = ("the file", typeof(IdentityPage)),
        [nameof(NodeEntry)] = ("a node", typeof(NodeEntry)),
        [nameof(PodEntry)] = ("a pod", typeof(PodEntry)),
        [nameof(ServiceEntry)] = ("a service", typeof(ServiceEntry)),
        [nameof(HostEntry)] = ("a host", typeof(HostEntry)),
        [nameof(WorkloadEntry)] = ("a workload", typeof(WorkloadEntry)),
        [nameof(OwnerEntry)] = ("an owner", typeof(OwnerEntry)),
    };

    public static string Words(YamlException problem)
    {
        var reason = problem.InnerException?.Message ?? problem.Message;
        if (UnknownKey().Match(reason) is { Success: true } unknown)
        {
            return Unknown(unknown.Groups["key"].Value, unknown.Groups["type"].Value);
        }

        // Whatever else names a type of ours or of .NET says that a value is of another kind than its place takes.
        return TypeName().IsMatch(reason)
            ? "what stands here is of the wrong kind: a list where one value belongs, or one value where a list does "
                + "(docs/identity.md shows each)"
            : reason;
    }

    private static string Unknown(string key, string type)
    {
        if (!s_entries.TryGetValue(type, out var entry)) return $"there is no key '{key}' here";

        var keys = entry.Type.GetProperties().Select(one => JsonNamingPolicy.CamelCase.ConvertName(one.Name))
            .Order(StringComparer.Ordinal).ToList();
        return Likeness.Nearest(key, keys) is { } near
            ? $"{entry.Called} has no key '{key}'; did you mean {near}?"
            : $"{entry.Called} has no key '{key}'; it may have {string.Join(", ", keys)}";
    }

    [GeneratedRegex(@"^Property '(?<key>[^']*)' not found on type '[^']*?(?<type>[A-Za-z]+)'")]
    private static partial Regex UnknownKey();

    [GeneratedRegex(@"\b(System|NetSniff|YamlDotNet)\.")]
    private static partial Regex TypeName();
}
