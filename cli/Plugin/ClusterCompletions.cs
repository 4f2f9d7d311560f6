using System.CommandLine.Completions;
using NetSniff.Cli.Commands;
using NetSniff.Kube;

namespace NetSniff.Cli.Plugin;

/// <summary>Names of a cluster for a shell that waits for them: soon, or none.</summary>
internal sealed class ClusterCompletions(KubeOptions options)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public IEnumerable<CompletionItem> Namespaces(CompletionContext context) =>
        Names(context, KubeKinds.Namespaces, null);

    public IEnumerable<CompletionItem> Contexts(CompletionContext context)
    {
        try
        {
            return [.. ClusterConfiguration.Contexts(options.Choice(context.ParseResult).File)
                .Select(static name => new CompletionItem(name))];
        }
        catch (Exception problem) when (problem is ClusterException or UsageException)
        {
            return [];
        }
    }

    /// <summary>Targets of a command: kinds, and behind one the names of that kind.</summary>
    public IEnumerable<CompletionItem> Targets(CompletionContext context)
    {
        var slash = context.WordToComplete.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return RecordScope.Kinds.Select(static kind => new CompletionItem(kind + "/"));
        }

        var called = context.WordToComplete[..slash];
        if (KindOf(called) is not { } kind) return [];

        return Names(context, kind, options).Select(item => new CompletionItem($"{called}/{item.Label}"));
    }

    public IEnumerable<CompletionItem> Nodes(CompletionContext context) => Names(context, KubeKinds.Nodes, null);

    /// <param name="scope">Where the kind has namespaces.</param>
    private List<CompletionItem> Names(CompletionContext context, ResourceKind kind, KubeOptions? scope)
    {
        try
        {
            using var limit = new CancellationTokenSource(s_patience);
            using var way = options.Open(
                context.ParseResult, new Terminal { Output = Stream.Null, Error = TextWriter.Null });
            var inNamespace = scope?.Namespaces(context.ParseResult, way) is [var one, ..] ? one : null;
            var list = way.Reading.ListAsync(kind, inNamespace, limit.Token).GetAwaiter().GetResult();
            return [.. list.Select(one => new CompletionItem(PodState.NameOf(one)))];
        }
        catch (Exception problem) when (problem is UsageException or IOException or OperationCanceledException)
        {
            return [];
        }
    }

    private static ResourceKind? KindOf(string called) => called.ToLowerInvariant() switch
    {
        "po" or "pod" or "pods" => KubeKinds.Pods,
        "svc" or "service" or "services" => KubeKinds.Services,
        "no" or "node" or "nodes" => KubeKinds.Nodes,
        "deploy" or "deployment" or "deployments" => KubeKinds.Deployments,
        "sts" or "statefulset" or "statefulsets" => KubeKinds.StatefulSets,
        "ds" or "daemonset" or "daemonsets" => KubeKinds.DaemonSets,
        "rs" or "replicaset" or "replicasets" => new ResourceKind("apps", "v1", "replicasets"),
        "job" or "jobs" => new ResourceKind("batch", "v1", "jobs"),
        "cj" or "cronjob" or "cronjobs" => new ResourceKind("batch", "v1", "cronjobs"),
        _ => null,
    };
}
