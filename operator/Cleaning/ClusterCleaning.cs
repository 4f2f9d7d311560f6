using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Operator.Config;
using NetSniff.Operator.Defaults;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Operator.Cleaning;

/// <summary>Removes from a cluster what an operator made there, before its installation goes.</summary>
/// <remarks>Doing it twice does it once. Each step has a share of the time; what it could not remove is said, and the
/// next one begins: an uninstallation must not hang on a node that is away.</remarks>
/// <param name="say">One line, and whether it tells of something that stayed.</param>
public sealed class ClusterCleaning(
    OperatorSettings settings, ObjectClient objects, TimeProvider clock, Action<string, bool> say)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly ResourceKind[] s_ourKinds =
        [OwnKinds.CaptureProfiles, OwnKinds.DetectionRules, OwnKinds.CaptureSessions];

    private readonly ObjectNames _names = new(settings);

    /// <param name="withNodes">Also the files that sensors left on nodes.</param>
    /// <returns>Whether nothing stayed.</returns>
    public async Task<bool> RunAsync(bool withNodes, TimeSpan timeMax, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        var isClean = true;
        async Task Step(string what, double until, Func<CancellationToken, Task> step) =>
            isClean &= await StepAsync(what, timeMax * until - clock.GetElapsedTime(began), step, cancel)
                .ConfigureAwait(false);

        await Step("the operator's end", 0.25, StopAsync).ConfigureAwait(false);
        await Step("finalizers and what came with the installation", 0.35, ReleaseAsync).ConfigureAwait(false);
        await Step("sensors and workers", 0.65, EndPodsAsync).ConfigureAwait(false);
        if (withNodes) await Step("files on nodes", 0.9, CleanNodesAsync).ConfigureAwait(false);
        await Step("everything else", 1, RemoveRestAsync).ConfigureAwait(false);
        return isClean;
    }

    private async Task<bool> StepAsync(
        string what, TimeSpan timeMax, Func<CancellationToken, Task> step, CancellationToken cancel)
    {
        // A late step gets a moment: it may have nothing to do but to ask.
        var time = timeMax > TimeSpan.FromSeconds(3) ? timeMax : TimeSpan.FromSeconds(3);
        using var limit = new CancellationTokenSource(time, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        var trouble = $"not done within {time.TotalSeconds:0} s";
        try
        {
            while (true)
            {
                try
                {
                    await step(both.Token).ConfigureAwait(false);
                    return true;
                }
                catch (Exception problem) when (problem is HttpRequestException or ApiException)
                {
                    // 403 and the like will be no better in a second, but the server may just be starting.
                    trouble = problem.Message;
                    await Task.Delay(s_look, clock, both.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            say($"{what}: {trouble}", true);
            return false;
        }
    }

    /// <summary>No operator, or it would make again what is removed.</summary>
    private async Task StopAsync(CancellationToken cancel)
    {
        var name = _names.InSystem(_names.Operator);
        if (await objects.FindAsync(ObjectKinds.Deployments, name, cancel).ConfigureAwait(false) is not null)
        {
            await objects.ScaleAsync(ObjectKinds.Deployments, name, 0, cancel).ConfigureAwait(false);
            await GoneAsync(settings.Namespace, "operator", cancel).ConfigureAwait(false);
        }

        await objects.DeleteAsync(ObjectKinds.Leases, _names.Lease, "", cancel).ConfigureAwait(false);
    }

    private async Task ReleaseAsync(CancellationToken cancel)
    {
        foreach (var kind in s_ourKinds)
        {
            foreach (var whole in await ListAsync(kind, null, "", cancel).ConfigureAwait(false))
            {
                var one = new OwnObject(whole);
                if (IsDefault(one)) await objects.DeleteAsync(kind, one.Name, "", cancel).ConfigureAwait(false);
                await FreeAsync(kind, one.Name, cancel).ConfigureAwait(false);
            }
        }
    }

    private bool IsDefault(OwnObject one) => one.Name.Namespace == settings.Namespace
        && one.Labels.GetValueOrDefault(DefaultObjects.Label) == "true"
        && one.Labels.GetValueOrDefault(ObjectNames.Instance) == settings.Instance;

    private async Task FreeAsync(ResourceKind kind, ResourceName name, CancellationToken cancel)
    {
        // Looked at anew: a deletion, or whoever was faster, changed its version.
        if (await objects.FindAsync(kind, name, cancel).ConfigureAwait(false) is { } whole)
        {
            await Finalizers.RemoveAsync(objects, kind, new OwnObject(whole), cancel).ConfigureAwait(false);
        }
    }

    private async Task EndPodsAsync(CancellationToken cancel)
    {
        await RemoveAsync(ObjectKinds.DaemonSets, settings.SensorsNamespace, _names.Selection, cancel)
            .ConfigureAwait(false);
        await RemoveAsync(ObjectKinds.StatefulSets, settings.Namespace, _names.Selection, cancel).ConfigureAwait(false);
        await GoneAsync(settings.SensorsNamespace, "sensor", cancel).ConfigureAwait(false);
        await GoneAsync(settings.Namespace, "worker", cancel).ConfigureAwait(false);
    }

    private async Task CleanNodesAsync(CancellationToken cancel)
    {
        var name = NodeCleaner.NameOf(settings);
        try
        {
            await objects.ApplyAsync(
                ObjectKinds.DaemonSets, name, NodeCleaner.For(settings), ObjectNames.Manager, "", cancel)
                .ConfigureAwait(false);
            while (!IsEverywhere(await objects.FindAsync(ObjectKinds.DaemonSets, name, cancel).ConfigureAwait(false)))
            {
                await Task.Delay(s_look, clock, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            // Also when the time is over, which is what the token says.
            using var moment = new CancellationTokenSource(TimeSpan.FromSeconds(3), clock);
            await objects.DeleteAsync(ObjectKinds.DaemonSets, name, "Background", moment.Token).ConfigureAwait(false);
        }
    }

    private static bool IsEverywhere(JsonObject? set)
    {
        var status = set?["status"];
        return status?["observedGeneration"] is { } seen
            && seen.GetValue<long>() >= set!["metadata"]!["generation"]!.GetValue<long>()
            && Count(status["numberReady"]) >= Count(status["desiredNumberScheduled"]);
    }

    private static long Count(JsonNode? number) => number?.GetValue<long>() ?? 0;

    private async Task RemoveRestAsync(CancellationToken cancel)
    {
        ResourceKind[] everywhere =
            [ObjectKinds.NetworkPolicies, ObjectKinds.Services, ObjectKinds.ConfigMaps, ObjectKinds.Secrets];
        ResourceKind[] budgets = [.. ObjectKinds.DisruptionBudgets, .. ObjectKinds.Autoscalers];
        foreach (var kind in (ResourceKind[])[.. budgets, .. everywhere, ObjectKinds.Leases])
        {
            await RemoveAsync(kind, settings.Namespace, _names.Selection, cancel).ConfigureAwait(false);
        }

        // Services are none of the sensors', and the operator has no right to look for any.
        foreach (var kind in everywhere.Except([ObjectKinds.Services]))
        {
            await RemoveAsync(kind, settings.SensorsNamespace, _names.Selection, cancel).ConfigureAwait(false);
        }

        await GoneAsync(settings.SensorsNamespace, "clean-node", cancel).ConfigureAwait(false);
        if (!settings.Worker.DeleteClaims) return;

        // What a StatefulSet makes carries the labels that its pods are selected by.
        await RemoveAsync(ObjectKinds.Claims, settings.Namespace, Selector("worker"), cancel).ConfigureAwait(false);
    }

    private async Task RemoveAsync(ResourceKind kind, string inNamespace, string labels, CancellationToken cancel)
    {
        foreach (var one in await ListAsync(kind, inNamespace, labels, cancel).ConfigureAwait(false))
        {
            var name = new ResourceName(inNamespace, one["metadata"]!["name"]!.GetValue<string>());
            await objects.DeleteAsync(kind, name, "Background", cancel).ConfigureAwait(false);
            say($"{kind.Plural} {name}", false);
        }
    }

    private async Task GoneAsync(string inNamespace, string component, CancellationToken cancel)
    {
        var labels = Selector(component);
        while ((await ListAsync(ObjectKinds.Pods, inNamespace, labels, cancel).ConfigureAwait(false)).Count > 0)
        {
            await Task.Delay(s_look, clock, cancel).ConfigureAwait(false);
        }
    }

    private string Selector(string component) =>
        string.Join(',', _names.Selector(component).Select(static label => $"{label.Key}={label.Value}"));

    /// <summary>None of a kind that the server does not know.</summary>
    private async Task<IReadOnlyList<JsonObject>> ListAsync(
        ResourceKind kind, string? inNamespace, string labels, CancellationToken cancel)
    {
        try
        {
            return await objects.ListAsync(kind, inNamespace, labels, cancel).ConfigureAwait(false);
        }
        catch (ApiException problem) when (problem.Code == 404)
        {
            return [];
        }
    }
}
