using System.Text.Json;
using NetSniff.Kube;

namespace NetSniff.Cli.Plugin;

/// <summary>Where NetSniff is in a cluster, and what its objects are called.</summary>
/// <param name="Namespace">Of operator and workers.</param>
/// <param name="Instance">What names of its objects begin with.</param>
internal sealed record Installation(string Namespace, string Instance)
{
    public const string NamespaceDefault = "netsniff-system", InstanceDefault = "netsniff";

    public const string WorkerLabels = "app.kubernetes.io/part-of=netsniff,app.kubernetes.io/component=worker";
    public const string SensorLabels = "app.kubernetes.io/part-of=netsniff,app.kubernetes.io/component=sensor";
    public const string OperatorLabels = "app.kubernetes.io/part-of=netsniff,app.kubernetes.io/component=operator";

    private const string InstanceLabel = "app.kubernetes.io/instance";

    /// <summary>With the certificates that workers' are signed by.</summary>
    public string AuthorityMap => $"{Instance}-ca-bundle";

    /// <summary>Whose token those get who have none of their own.</summary>
    public string ViewerAccount => $"{Instance}-viewer";

    /// <summary>The same for raw packets.</summary>
    public string PacketsAccount => $"{Instance}-packets";

    public string Operator => $"{Instance}-operator";

    public string Worker => $"{Instance}-worker";

    /// <summary>The workers' pods, and from them what the installation is called.</summary>
    /// <param name="given">Its namespace; null to look for it.</param>
    /// <exception cref="KubeRefusal">Pods may not be seen.</exception>
    public static async Task<(Installation Installation, List<JsonElement> Pods)> FindAsync(
        KubeReading reading, string? given, CancellationToken cancel)
    {
        var inNamespace = given ?? NamespaceDefault;
        var pods = await reading.ListAsync(KubeKinds.Pods, inNamespace, cancel, WorkerLabels).ConfigureAwait(false);
        if (pods.Count == 0 && given is null
            && await EverywhereAsync(reading, cancel).ConfigureAwait(false) is { Count: > 0 } found)
        {
            inNamespace = found[0].Text("metadata", "namespace");
            pods = [.. found.Where(pod => pod.Text("metadata", "namespace") == inNamespace)];
        }

        var instance = pods.Select(InstanceOf).FirstOrDefault(name => name.Length > 0) ?? InstanceDefault;
        return (new Installation(inNamespace, instance), pods);
    }

    private static string InstanceOf(JsonElement pod) => pod.Text("metadata", "labels", InstanceLabel);

    private static async Task<List<JsonElement>> EverywhereAsync(KubeReading reading, CancellationToken cancel)
    {
        try
        {
            return await reading.ListAsync(KubeKinds.Pods, null, cancel, WorkerLabels).ConfigureAwait(false);
        }
        catch (KubeRefusal refusal) when (refusal.Kind == FailureKind.Forbidden)
        {
            return [];
        }
    }
}
