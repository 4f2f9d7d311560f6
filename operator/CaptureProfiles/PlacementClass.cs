using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Sensors of one kind: which nodes they stand on, and which profiles they serve.</summary>
/// <param name="Name">`all` for those without a selector.</param>
/// <param name="Selector">Null for every node.</param>
/// <param name="Profiles">That sensors stand here for.</param>
/// <param name="Serves">Whose pods may be on its nodes: all that were placed or need not be; those of the cluster come
/// first, then it goes by name.</param>
/// <param name="Before">Selectors of classes whose nodes are not ours: no node has two sensors.</param>
public sealed record PlacementClass(
    string Name,
    LabelSelector? Selector,
    IReadOnlyList<AcceptedProfile> Profiles,
    IReadOnlyList<AcceptedProfile> Serves,
    IReadOnlyList<LabelSelector> Before)
{
    public const string Everywhere = "all";

    public bool Holds(IReadOnlyDictionary<string, string> nodeLabels) =>
        (Selector is null || Selector.Matches(nodeLabels)) && !Before.Any(one => one.Matches(nodeLabels));
}

/// <summary>From profiles to classes: so few that every node that any profile means has exactly one sensor.</summary>
public static class Placement
{
    /// <summary>Selectors that are neither equal nor covered; profiles with further ones are not placed.</summary>
    public const int ClassesMax = 8;

    /// <summary>Alternatives of one node affinity: to be none of several is one for each way not to be them.</summary>
    public const int TermsMax = 256;

    /// <summary>Whether a sensor is to look at anything of a profile on a node.</summary>
    public static bool Means(this CaptureProfileSpec spec, IReadOnlyDictionary<string, string> nodeLabels)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Targets.NodeSelector?.Matches(nodeLabels) != false;
    }

    /// <returns>Classes in a fixed order, and profiles that found no room.</returns>
    public static (IReadOnlyList<PlacementClass> Classes, IReadOnlyList<AcceptedProfile> Left) Of(
        IEnumerable<AcceptedProfile> profiles)
    {
        var all = profiles.OrderBy(static one => one.Spec.Scope != ResourceScope.Cluster)
            .ThenBy(static one => one.Name.ToString(), StringComparer.Ordinal).ToList();
        // Where the cluster says on which nodes sensors stand, nobody else puts any there or takes them away.
        var placing = all.Where(static one => one.Spec.Scope == ResourceScope.Cluster).ToList();
        if (placing.Count == 0) placing = all;
        var groups = placing.GroupBy(static one => KeyOf(one.Spec.Targets.NodeSelector))
            .OrderBy(static group => group.Key, StringComparer.Ordinal).ToList();
        // Without a selector every node is meant: the rest are served by the sensors that stand there anyway.
        if (groups.Any(static group => group.Key.Length == 0))
        {
            return ([new PlacementClass(PlacementClass.Everywhere, null, placing, all, [])], []);
        }

        List<PlacementClass> classes = [];
        List<AcceptedProfile> left = [];
        List<LabelSelector> before = [];
        var terms = 1;
        foreach (var group in groups)
        {
            var selector = group.First().Spec.Targets.NodeSelector!;
            if (classes.Count == ClassesMax || terms > TermsMax)
            {
                left.AddRange(group);
                continue;
            }

            classes.Add(new PlacementClass(NameOf(group.Key), selector, [.. group], [], [.. before]));
            before.Add(selector);
            terms *= RequirementsOf(selector).Count;
        }

        var served = all.Except(left).ToList();
        return ([.. classes.Select(one => one with { Serves = served })], left);
    }

    /// <summary>Whether a profile means every node of a class, as far as its words can say.</summary>
    public static bool MeansAllOf(PlacementClass one, CaptureProfileSpec spec)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(spec);
        var key = KeyOf(spec.Targets.NodeSelector);
        return key.Length == 0 || key == KeyOf(one.Selector);
    }

    /// <summary>As a pod's node affinity has it; null where every node will do.</summary>
    public static JsonObject? AffinityOf(PlacementClass one)
    {
        ArgumentNullException.ThrowIfNull(one);
        if (one.Selector is null) return null;

        // Terms are alternatives. "None of those before" is, for each of them, "some requirement of it does not hold".
        List<List<SelectorRequirement>> terms = [RequirementsOf(one.Selector)];
        foreach (var other in one.Before)
        {
            var ways = RequirementsOf(other).Select(Not).ToList();
            terms = [.. terms.SelectMany(term => ways.Select(way => new List<SelectorRequirement>([.. term, way])))];
        }

        var alternatives = terms.Select(static term => (JsonNode)new JsonObject
        {
            ["matchExpressions"] = new JsonArray([.. term.Select(static one => (JsonNode)Write(one))]),
        });
        return new JsonObject
        {
            ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonObject
            {
                ["nodeSelectorTerms"] = new JsonArray([.. alternatives]),
            },
        };
    }

    private static List<SelectorRequirement> RequirementsOf(LabelSelector selector) =>
    [
        .. (selector.MatchLabels ?? new Dictionary<string, string>())
            .OrderBy(static label => label.Key, StringComparer.Ordinal)
            .Select(static label => new SelectorRequirement
            {
                Key = label.Key, Operator = SelectorOperator.In, Values = [label.Value],
            }),
        .. selector.MatchExpressions ?? [],
    ];

    private static SelectorRequirement Not(SelectorRequirement one) => one with
    {
        Operator = one.Operator switch
        {
            SelectorOperator.In => SelectorOperator.NotIn,
            SelectorOperator.NotIn => SelectorOperator.In,
            SelectorOperator.Exists => SelectorOperator.DoesNotExist,
            _ => SelectorOperator.Exists,
        },
    };

    private static JsonObject Write(SelectorRequirement one)
    {
        var written = new JsonObject { ["key"] = one.Key, ["operator"] = one.Operator.ToString() };
        if (one.Values is { Count: > 0 } values) written["values"] = new JsonArray([.. values]);
        return written;
    }

    /// <summary>The same for selectors that say the same; empty for one that selects everything.</summary>
    private static string KeyOf(LabelSelector? selector) => selector is null ? "" : string.Join(
        '&',
        RequirementsOf(selector)
            .Select(static one => $"{one.Key} {one.Operator} {string.Join(',', (one.Values ?? []).Order())}")
            .Distinct().Order(StringComparer.Ordinal));

    private static string NameOf(string key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..8];
}
