using NetSniff.Filters.Expression;

namespace NetSniff.Detection.Rules;

/// <summary>Scope and match of a rule in words of the filter language.</summary>
internal static class MatchFilters
{
    private const string NamespaceLabel = "kubernetes.io/metadata.name";

    /// <summary>Protocols that are more than a kind of record of the same name.</summary>
    private static readonly Dictionary<string, string> s_protocols = new(StringComparer.Ordinal)
    {
        ["TCP"] = "proto == tcp",
        ["UDP"] = "proto == udp",
        ["ICMP"] = "proto in (icmp, icmp6)",
        ["HTTP1"] = "kind == http and not http.version == '2'",
        ["HTTP2"] = "http.version == '2'",
        ["GRPC"] = "exists grpc.service or exists grpc.status",
    };

    /// <summary>Names as the resource has them; each is read when there is a kind of record of that name.</summary>
    private static readonly string[] s_kinds =
    [
        "WebSocket", "DNS", "TLS", "Redis", "MySQL", "PostgreSQL", "MongoDB", "Kafka", "AMQP", "MQTT", "NATS", "QUIC",
    ];

    public static IEnumerable<Filter> Of(RuleSpec spec, RuleWorkshop shop, SpecProblems problems)
    {
        List<SpecText> texts = [];
        if (spec is { Scope: RuleScope.Namespace, Namespace.Length: > 0 })
        {
            texts.Add(new SpecText($"namespace == {Quoted(spec.Namespace)}", spec.Line, "spec.scope"));
        }

        AddProtocols(spec.Match.Protocols, shop, texts, problems);
        if (spec.Match.Ports is [_, ..] ports)
        {
            texts.Add(new SpecText($"dst.port in ({string.Join(", ", ports)})", spec.Line, "spec.match.ports"));
        }

        AddPeer(spec.Match.From, "src", spec.Line, texts, problems);
        AddPeer(spec.Match.To, "dst", spec.Line, texts, problems);
        return texts.Select(text => RuleCompiler.Filter(text, shop, problems)).OfType<Filter>();
    }

    private static void AddProtocols(
        IReadOnlyList<SpecText> protocols, RuleWorkshop shop, List<SpecText> texts, SpecProblems problems)
    {
        List<string> either = [];
        foreach (var protocol in protocols)
        {
            if (s_protocols.TryGetValue(protocol.Value, out var words))
            {
                either.Add($"({words})");
            }
            else if (!s_kinds.Contains(protocol.Value, StringComparer.Ordinal))
            {
                problems.Add(protocol, SpecMap.NoSuch(protocol.Value, [.. s_protocols.Keys, .. s_kinds]));
            }
            else if (!shop.Catalog.Kinds.TryFind(protocol.Value, out _))
            {
                problems.Add(protocol, $"{protocol} is not read yet: there are no records of it", RuleFault.NotServed);
            }
            else
            {
                either.Add($"kind == {protocol.Value.ToLowerInvariant()}");
            }
        }

        if (either.Count > 0) texts.Add(new SpecText(string.Join(" or ", either), 0, "spec.match.protocols"));
    }

    private static void AddPeer(
        PeerSpec peer, string end, int line, List<SpecText> texts, SpecProblems problems)
    {
        var path = $"spec.match.{(end == "src" ? "from" : "to")}";
        if (peer.Location != PeerLocation.Any)
        {
            texts.Add(new SpecText($"{end}.peer == {peer.Location.ToString().ToLowerInvariant()}", line, path));
        }

        if (peer.Networks is [var first, ..])
        {
            var networks = string.Join(", ", peer.Networks);
            texts.Add(new SpecText($"{end}.ip in ({networks})", first.Line, $"{path}.cidrs"));
        }

        foreach (var term in peer.Namespaces)
        {
            if (term.Key.Value != NamespaceLabel)
            {
                problems.Add(term.Key, $"records know namespaces by {NamespaceLabel} only, not by their labels",
                    RuleFault.NotServed);
                continue;
            }

            texts.Add(Term(term, $"{end}.namespace"));
        }

        // Only pods have labels that a pod selector means.
        if (peer.Pods.Count > 0) texts.Add(new SpecText($"exists {end}.pod", line, path));
        foreach (var term in peer.Pods) texts.Add(Term(term, $"{end}.label.{term.Key}"));
    }

    private static SpecText Term(SelectorTerm term, string field)
    {
        var values = string.Join(", ", term.Values.Select(Quoted));
        var text = term.Operator switch
        {
            SelectorOperator.In => $"{field} in ({values})",
            // Also what lacks the label, as in Kubernetes.
            SelectorOperator.NotIn => $"not {field} in ({values})",
            SelectorOperator.Exists => $"exists {field}",
            _ => $"not exists {field}",
        };
        return term.Key with { Value = text };
    }

    private static string Quoted(string text) =>
        "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
