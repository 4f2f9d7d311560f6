using System.Text.Json;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>What checks look at; each thing is asked for once, and not before it is needed.</summary>
internal sealed class DoctorScene(ClusterWay way, TimeProvider clock, CancellationToken cancel)
{
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
            return await (_status ??= way.StatusAsync(clock, cancel)).ConfigureAwait(false);
        }
        catch (KubeRefusal refusal) when (!isFirst)
        {
            throw new NoWordException(refusal);
        }
    }

    /// <summary>How many flows began since then and match.</summary>
    public Task<long> FlowsAsync(string where, long sinceNanos) => way.FlowsAsync(where, sinceNanos, clock, cancel);

    private Task<(Installation Installation, List<JsonElement> Pods)> FoundAsync() => _found ??= way.FindAsync(cancel);
}
