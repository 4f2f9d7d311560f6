using System.Text.Json;
using Grpc.Core;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>What checks look at; each thing is asked for once, and not before it is needed.</summary>
internal sealed class DoctorScene(ClusterWay way, TimeProvider clock, CancellationToken cancel)
{
    private static readonly TimeSpan s_statusMax = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, Task<List<JsonElement>>> _lists = new(StringComparer.Ordinal);
    private Task<(Installation Installation, List<JsonElement> Pods)>? _found;
    private Task<StatusAnswer>? _status;

    public KubeReading Reading => way.Reading;

    public ClusterWay Way => way;

    public TimeProvider Clock => clock;

    public CancellationToken Cancel => cancel;

    public async Task<Installation> InstallationAsync() => (await FoundAsync().ConfigureAwait(false)).Installation;

    public async Task<List<JsonElement>> WorkerPodsAsync() => (await FoundAsync().ConfigureAwait(false)).Pods;

    /// <param name="inNamespace">Null for all.</param>
    public Task<List<JsonElement>> ListAsync(ResourceKind kind, string? inNamespace, string labels = "")
    {
        var key = $"{kind} {inNamespace} {labels}";
        if (!_lists.TryGetValue(key, out var list))
        {
            _lists[key] = list = Reading.ListAsync(kind, inNamespace, cancel, labels);
        }

        return list;
    }

    public Task<List<JsonElement>> ProfilesAsync() => ListAsync(KubeKinds.Profiles, null);

    public Task<List<JsonElement>> SensorSetsAsync() =>
        ListAsync(KubeKinds.DaemonSets, null, Installation.SensorLabels);

    /// <summary>What the workers say.</summary>
    /// <exception cref="KubeRefusal">Why they do not, to the first who asks.</exception>
    /// <exception cref="NoWordException">The same, to the others.</exception>
    public async Task<StatusAnswer> StatusAsync()
    {
        var isFirst = _status is null;
        try
        {
            return await (_status ??= AskStatusAsync()).ConfigureAwait(false);
        }
        catch (KubeRefusal refusal) when (!isFirst)
        {
            throw new NoWordException(refusal);
        }
    }

    private Task<(Installation Installation, List<JsonElement> Pods)> FoundAsync() => _found ??= way.FindAsync(cancel);

    private async Task<StatusAnswer> AskStatusAsync()
    {
        var endpoint = await way.WorkerAsync([], cancel).ConfigureAwait(false);
        // The cluster's client is still needed when this is over.
        using var channel = QueryChannel.To(endpoint with { Route = new Kept(endpoint.Route!) });
        try
        {
            var deadline = (clock.GetUtcNow() + s_statusMax).UtcDateTime;
            return await channel.Client.StatusAsync(new StatusRequest(), deadline: deadline, cancellationToken: cancel)
                .ConfigureAwait(false);
        }
        catch (RpcException problem)
        {
            if (KubeRefusal.In(problem.Status.DebugException) is { } refusal) throw refusal;

            var kind = problem.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated
                ? FailureKind.Forbidden : FailureKind.Unreachable;
            throw new KubeRefusal(Refusal.Words(problem), kind, problem);
        }
    }

    private sealed class Kept(IQueryRoute inner) : IQueryRoute
    {
        public string Target => inner.Target;

        public ValueTask<Stream> ConnectAsync(CancellationToken cancel) => inner.ConnectAsync(cancel);

        public ValueTask<string> TokenAsync(CancellationToken cancel) => inner.TokenAsync(cancel);

        public void Dispose() { }
    }
}
