using NetSniff.Cli.Commands;

namespace NetSniff.Cli.Plugin;

/// <summary>Whose traffic is meant, as an expression of the filter language over one of the two ends.</summary>
/// <param name="Namespaces">None for all.</param>
/// <param name="Selector">Labels as kubectl takes them; null for any.</param>
/// <param name="Target">`pod/x`, `deploy/web`; null for any.</param>
internal sealed record RecordScope(IReadOnlyList<string> Namespaces, string? Selector, string? Target)
{
    /// <summary>What people call kinds, and what records know of them: a field, and for workloads their kind.</summary>
    private static readonly Dictionary<string, (string Field, string Workload)> s_kinds = KindsOf(
        ("pod", "", "po pod pods"), ("service", "", "svc service services"), ("node", "", "no node nodes"),
        ("workload", "Deployment", "deploy deployment deployments"),
        ("workload", "StatefulSet", "sts statefulset statefulsets"),
        ("workload", "DaemonSet", "ds daemonset daemonsets"), ("workload", "ReplicaSet", "rs replicaset replicasets"),
        ("workload", "Job", "job jobs"), ("workload", "CronJob", "cj cronjob cronjobs"));

    /// <summary>The long names, for completion.</summary>
    public static IEnumerable<string> Kinds => s_kinds.Keys.Where(static name => name.Length > 3 && name[^1] != 's')
        .Append("pod").Append("job").Distinct();

    /// <summary>Together with what is asked for anyway.</summary>
    /// <exception cref="UsageException">Selector or target cannot be understood.</exception>
    public string Narrowed(string? where)
    {
        var (source, target) = (Of("src"), Of("dst"));
        if (source.Length == 0) return where ?? "";

        var own = $"(({source}) or ({target}))";
        return string.IsNullOrWhiteSpace(where) ? own : $"({where}) and {own}";
    }

    /// <summary>In words: `namespace shop, app=web`; empty for everything.</summary>
    public override string ToString()
    {
        var names = Namespaces.Count == 0 ? "" : $"namespace {string.Join(", ", Namespaces)}";
        return string.Join(", ", new[] { Target ?? "", Selector ?? "", names }.Where(static part => part.Length > 0));
    }

    private string Of(string end)
    {
        List<string> all = [];
        var (field, kind, name) = TargetOf();
        // Alone, namespaces are asked for beside the expression.
        if (field != "node" && Namespaces.Count > 0 && (Target is not null || Selector is not null))
        {
            all.Add(Namespaces is [var one]
                ? $"{end}.namespace == {Quoted(one)}"
                : $"{end}.namespace in ({string.Join(", ", Namespaces.Select(Quoted))})");
        }

        if (field.Length > 0) all.Add($"{end}.{field} == {Quoted(name)}");
        if (kind.Length > 0) all.Add($"{end}.workload.kind == {kind}");
        if (Selector is not null) all.AddRange(LabelTerms.Of(Selector).Select(term => term.For(end)));
        return string.Join(" and ", all);
    }

    private (string Field, string Kind, string Name) TargetOf()
    {
        if (Target is null) return ("", "", "");

        var slash = Target.IndexOf('/', StringComparison.Ordinal);
        var name = Target[(slash + 1)..];
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
        {
            throw new UsageException($"'{Target}' is no target: pod/NAME, deploy/NAME, svc/NAME, node/NAME …");
        }

        if (slash < 0) return ("pod", "", name);

        var called = Target[..slash];
        if (s_kinds.TryGetValue(called.ToLowerInvariant(), out var known)) return (known.Field, known.Workload, name);

        var near = Filters.Expression.Likeness.Nearest(called, s_kinds.Keys);
        throw new UsageException(
            $"nothing is known of the traffic of a '{called}'" + (near is null
                ? ": there are pod, deploy, sts, ds, rs, job, cj, svc, node" : $"; did you mean {near}?"));
    }

    internal static string Quoted(string text) =>
        '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal) + '"';

    private static Dictionary<string, (string Field, string Workload)> KindsOf(
        params ReadOnlySpan<(string Field, string Workload, string Names)> kinds)
    {
        var all = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        foreach (var (field, workload, names) in kinds)
        {
            foreach (var name in names.Split(' ')) all.Add(name, (field, workload));
        }

        return all;
    }
}
