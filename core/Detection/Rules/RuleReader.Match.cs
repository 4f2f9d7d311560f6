using System.Globalization;

namespace NetSniff.Detection.Rules;

/// <summary>Which records a rule looks at before anything else is asked.</summary>
public static partial class RuleReader
{
    private const int TermsMax = 32;
    private const int LabelKeyMax = 317;

    private static MatchSpec ReadMatch(SpecMap? map, SpecProblems problems)
    {
        if (map is null) return new MatchSpec();

        var match = new MatchSpec
        {
            Protocols = map.Texts("protocols", 32, 32),
            Ports = ReadPorts(map, problems),
            From = ReadPeer(map.Map("from"), problems),
            To = ReadPeer(map.Map("to"), problems),
        };
        map.End();
        return match;
    }

    private static List<int> ReadPorts(SpecMap map, SpecProblems problems)
    {
        List<int> ports = [];
        foreach (var text in map.Texts("ports", 32, 5))
        {
            if (int.TryParse(text.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                && port is > 0 and <= ushort.MaxValue)
            {
                ports.Add(port);
                continue;
            }

            problems.Add(text, $"is a port from 1 to 65535, not '{SpecMap.Shown(text.Value)}'");
        }

        return ports;
    }

    private static PeerSpec ReadPeer(SpecMap? map, SpecProblems problems)
    {
        if (map is null) return new PeerSpec();

        var peer = new PeerSpec
        {
            Location = map.OneOf("location", PeerLocation.Any),
            Namespaces = ReadSelector(map.Map("namespaceSelector"), problems),
            Pods = ReadSelector(map.Map("podSelector"), problems),
            Networks = map.Texts("cidrs", 64, 43),
        };
        if (peer.Networks.Count > 0 && (map.Has("podSelector") || map.Has("namespaceSelector")))
        {
            problems.Add(map.Line, map.PathOf("cidrs"), "excludes podSelector and namespaceSelector");
        }

        map.End();
        return peer;
    }

    private static List<SelectorTerm> ReadSelector(SpecMap? map, SpecProblems problems)
    {
        List<SelectorTerm> terms = [];
        if (map is null) return terms;

        if (map.Node("matchLabels") is { } labels)
        {
            if (labels.Entries.Count > TermsMax) problems.Add(labels.Line, map.PathOf("matchLabels"), "is too long");
            foreach (var entry in labels.Entries.Take(TermsMax))
            {
                var key = new SpecText(entry.Key, entry.Line, $"{map.PathOf("matchLabels")}.{entry.Key}");
                terms.Add(new SelectorTerm(key, SelectorOperator.In, [entry.Value.Value]));
            }
        }

        foreach (var expression in map.Maps("matchExpressions", TermsMax))
        {
            var key = expression.Text("key", LabelKeyMax, isRequired: true);
            var word = expression.OneOf("operator", SelectorOperator.In, isRequired: true);
            IReadOnlyList<string> values = [.. expression.Texts("values", TermsMax, 63).Select(value => value.Value)];
            expression.End();
            if ((word is SelectorOperator.In or SelectorOperator.NotIn) == (values is []))
            {
                problems.Add(expression.Line, expression.PathOf("values"), $"does not go with {word}");
            }

            if (key is not null) terms.Add(new SelectorTerm(key, word, values));
        }

        map.End();
        return terms;
    }
}
