using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Operator.Config;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Operator.Cleaning;

/// <summary>Takes away what an operator made: first the operator itself, so that it makes nothing again.</summary>
/// <remarks>May be run again at any point. Never longer than it is given; what fails is told and the rest goes on.
/// </remarks>
public sealed class ClusterCleaning(
    ClusterClient cluster, OperatorSettings settings, TimeProvider clock, Action<string> say)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_operatorMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_nodesMax = TimeSpan.FromSeconds(45);

    private static readonly ResourceKind[] s_own =
        [OwnKinds.CaptureSessions, OwnKinds.DetectionRules, OwnKinds.CaptureProfiles];

    private readonly ObjectClient _objects = new(cluster) { TimeMax = TimeSpan.FromSeconds(10) };
    private readonly ObjectNames _names = new(settings);
    private readonly List<string> _left = [];

    public bool WithNodes { get; init; }

    /// <returns>What stays.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(TimeSpan most, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, most, Timeout.InfiniteTimeSpan);
        var began = clock.GetTimestamp();
        await TryAsync("the operator", StopOperatorAsync, limit.Token).ConfigureAwait(false);
        await TryAsync("sensors", token => DeleteAllAsync(ObjectKinds.DaemonSets, settings.SensorsNamespace, token), limit.Token)
            .ConfigureAwait(false);
        await TryAsync("workers", token => DeleteAllAsync(ObjectKinds.StatefulSets, settings.Namespace, token), limit.Token)
            .ConfigureAwait(false);
        if (WithNodes)
        {
            var left = most - clock.GetElapsedTime(began);
            var share = left / 2 < s_nodesMax ? left / 2 : s_nodesMax;
            await TryAsync("folders on nodes", token => CleanNodesAsync(share, token), limit.Token).ConfigureAwait(false);
        }

        foreach (var (kind, space) in Rest())
        {
            await TryAsync($"{kind.Plural} in {space}", token => DeleteAllAsync(kind, space, token), limit.Token)
                .ConfigureAwait(false);
        }

        foreach (var kind in s_own)
        {
            await TryAsync($"finalizers of {kind.Plural}", token => LetGoAsync(kind, token), limit.Token)
                .ConfigureAwait(false);
        }

        await TryAsync("the lease", token => _objects.DeleteAsync(ObjectKinds.Leases, _names.Lease, "", token), limit.Token)
            .ConfigureAwait(false);
        return _left;
    }

    private IEnumerable<(ResourceKind Kind, string Namespace)> Rest()
    {
        foreach (var kind in ObjectKinds.Autoscalers.Concat(ObjectKinds.DisruptionBudgets))
        {
            yield return (kind, settings.Namespace);
        }

        foreach (var space in new[] { settings.Namespace, settings.SensorsNamespace }.Distinct())
        {
            yield return (ObjectKinds.NetworkPolicies, space);
            yield return (ObjectKinds.ConfigMaps, space);
            yield return (ObjectKinds.Secrets, space);
        }

        yield return (ObjectKinds.Services, settings.Namespace);
        if (settings.Worker.DeleteClaims) yield return (ObjectKinds.Claims, settings.Namespace);
    }

    private async Task TryAsync(string what, Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        try
        {
            await work(cancel).ConfigureAwait(false);
        }
        catch (ApiException problem) when (problem.Code == 404)
        {
            // There is no such kind here, or none of it.
        }
        catch (Exception problem) when (problem is HttpRequestException or ApiException or ClusterException)
        {
            _left.Add($"{what}: {problem.Message}");
        }
        catch (OperationCanceledException)
        {
            _left.Add($"{what}: no time was left");
        }
    }

    /// <summary>An operator that runs would make again what is deleted.</summary>
    private async Task StopOperatorAsync(CancellationToken cancel)
    {
        var name = _names.InSystem(_names.Operator);
        if (await _objects.FindAsync(ObjectKinds.Deployments, name, cancel).ConfigureAwait(false) is null) return;

        await _objects.ScaleAsync(ObjectKinds.Deployments, name, 0, cancel).ConfigureAwait(false);
        var isGone = await WaitAsync(
            async token =>
            {
                var found = await _objects.FindAsync(ObjectKinds.Deployments, name, token).ConfigureAwait(false);
                return (found?["status"]?["replicas"]?.GetValue<int>() ?? 0) == 0;
            },
            s_operatorMax,
            cancel).ConfigureAwait(false);
        if (!isGone) _left.Add($"deployment {name} still has pods");
        else say("the operator has ended");
    }

    /// <summary>All of a kind that carry our labels, and waits for them to be gone.</summary>
    private async Task DeleteAllAsync(ResourceKind kind, string inNamespace, CancellationToken cancel)
    {
        var all = await ListAsync(kind, inNamespace, cancel).ConfigureAwait(false);
        foreach (var name in all)
        {
            await _objects.DeleteAsync(kind, name, "Foreground", cancel).ConfigureAwait(false);
        }

        if (all.Count == 0) return;

        await WaitAsync(
            async token => (await ListAsync(kind, inNamespace, token).ConfigureAwait(false)).Count == 0,
            TimeSpan.MaxValue,
            cancel).ConfigureAwait(false);
        say($"{all.Count} {kind.Plural} in {inNamespace} deleted");
    }

    private async Task<IReadOnlyList<ResourceName>> ListAsync(
        ResourceKind kind, string inNamespace, CancellationToken cancel) =>
        [.. (await _objects.ListAsync(kind, inNamespace, _names.Selection, cancel).ConfigureAwait(false)).Select(NameOf)];

    /// <summary>Objects stay, and go whenever somebody deletes them; the defaults, which nobody wrote, go now.</summary>
    private async Task LetGoAsync(ResourceKind kind, CancellationToken cancel)
    {
        foreach (var one in await _objects.ListAsync(kind, null, "", cancel).ConfigureAwait(false))
        {
            var own = new OwnObject(one);
            await Finalizers.RemoveAsync(_objects, kind, own, cancel).ConfigureAwait(false);
            var isOurs = own.Labels.GetValueOrDefault(ObjectNames.ManagedBy) == ObjectNames.Manager
                && own.Labels.GetValueOrDefault(ObjectNames.Instance) == settings.Instance;
            if (isOurs) await _objects.DeleteAsync(kind, own.Name, "", cancel).ConfigureAwait(false);
        }
    }

    /// <summary>On each node a pod that deletes the folder and ends; a DaemonSet finds all nodes, tainted ones as well.
    /// </summary>
    private async Task CleanNodesAsync(TimeSpan most, CancellationToken cancel)
    {
        var set = new NodeCleaning(settings, _names).DaemonSet();
        var name = NameOf(set);
        await _objects.ApplyAsync(
            ObjectKinds.DaemonSets, name, set, ObjectNames.Manager, "", cancel).ConfigureAwait(false);
        var text = "no node has said anything";
        var isDone = await WaitAsync(
            async token =>
            {
                var found = await _objects.FindAsync(ObjectKinds.DaemonSets, name, token).ConfigureAwait(false);
                var (wanted, ready) = (Number(found, "desiredNumberScheduled"), Number(found, "numberReady"));
                if (Number(found, "observedGeneration") > 0) text = $"{ready} of {wanted} nodes have done it";
                return Number(found, "observedGeneration") > 0 && ready >= wanted;
            },
            most,
            cancel).ConfigureAwait(false);
        await DeleteAllAsync(ObjectKinds.DaemonSets, settings.SensorsNamespace, cancel).ConfigureAwait(false);
        if (isDone) say($"folders on nodes: {text}");
        else _left.Add($"{settings.Sensor.HostPath} on nodes: {text}");
    }

    private static int Number(JsonObject? set, string field) => set?["status"]?[field]?.GetValue<int>() ?? 0;

    private static ResourceName NameOf(JsonObject one) => new(
        one["metadata"]?["namespace"]?.GetValue<string>() ?? "", one["metadata"]?["name"]?.GetValue<string>() ?? "");

    private async Task<bool> WaitAsync(
        Func<CancellationToken, Task<bool>> holds, TimeSpan most, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (!await holds(cancel).ConfigureAwait(false))
        {
            if (clock.GetElapsedTime(began) >= most) return false;

            await Task.Delay(s_look, clock, cancel).ConfigureAwait(false);
        }

        return true;
    }
}
