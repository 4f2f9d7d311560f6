using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling.Writing;
using CoreQuantity = NetSniff.Config.Quantity;

namespace NetSniff.Operator.Workers;

/// <summary>Who says how many workers there are: the cluster's own autoscaler, or we, through the scale subresource.
/// </summary>
public sealed class WorkerScaling(OperatorParts parts)
{
    private const decimal CpuRequestOtherwise = 0.25m;

    /// <summary>A program that begins compiles, which is no load: so long its CPU counts for nothing.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_discoverEvery = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, long> _readySince = [];
    private ScalerSteps _steps = new();
    private (bool HasMetrics, long At)? _discovered;
    private bool _isTold;
    private bool _mayHaveClaims;
    private string _set = "";
    private int _replicas;

    public void Begin()
    {
        (_steps, _discovered, _mayHaveClaims, _set, _replicas) = (new ScalerSteps(), null, false, "", 0);
        _readySince.Clear();
    }

    /// <returns>When to look again.</returns>
    public async Task<TimeSpan?> StepAsync(WorkerWish wish, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(wish);
        if (parts.Children.StatefulSets.Find(parts.Names.WorkerSet) is not { IsDeleting: false, Replicas: { } now } set)
        {
            return s_soon;
        }

        // A set that was made anew begins with one and was not scaled: its workers' claims hold what they stored.
        if (_set != set.Uid) (_set, _mayHaveClaims, _replicas) = (set.Uid, false, now);
        if (now < _replicas) _mayHaveClaims = true;
        _replicas = now;
        await DropClaimsAsync(set, now, cancel).ConfigureAwait(false);
        if (await UsesAutoscalerAsync(cancel).ConfigureAwait(false))
        {
            var kind = parts.Children.Autoscalers.Kind!.Value;
            await parts.Applier.ApplyAsync(kind, Autoscaler(kind, wish), cancel).ConfigureAwait(false);
            return s_discoverEvery;
        }

        if (parts.Children.Autoscalers.Find(parts.Names.WorkerSet) is not null)
        {
            await parts.Applier.DeleteAsync(
                parts.Children.Autoscalers.Kind!.Value, parts.Names.WorkerSet, "", cancel).ConfigureAwait(false);
        }

        var wanted = parts.Settings.Worker.Scaling == "None"
            ? wish.MinReplicas
            : _steps.Step(
                TimeSpan.FromSeconds(parts.Clock.GetTimestamp() / (double)parts.Clock.TimestampFrequency),
                new ScalerGoal(wish.MinReplicas, wish.MaxReplicas, wish.TargetCpuPercent / 100.0, wish.TargetLag),
                Sample(wish, now));
        if (wanted != now)
        {
            parts.Say(string.Create(CultureInfo.InvariantCulture, $"workers: {now} become {wanted}"), false);
            await parts.Objects.ScaleAsync(ObjectKinds.StatefulSets, parts.Names.WorkerSet, wanted, cancel)
                .ConfigureAwait(false);
        }

        return s_lookEvery;
    }

    /// <summary>Those who have just begun use nothing, as far as this is concerned: more of them are not needed for it.
    /// </summary>
    private ScalerSample Sample(WorkerWish wish, int replicas)
    {
        var members = parts.Members.Members(MemberKind.Worker);
        var settled = Settled(members);
        var share = settled.Count == 0
            ? double.NaN
            : settled.Sum(static one => one.Cpus) / members.Count / (double)RequestOf(wish);
        var lag = settled.Select(static one => one.Lag).DefaultIfEmpty().Max();
        return new ScalerSample(replicas, share, lag, members.Count);
    }

    private List<MemberState> Settled(IReadOnlyList<MemberState> members)
    {
        var ready = members.Where(static one => one.IsReady).ToList();
        var now = parts.Clock.GetTimestamp();
        foreach (var gone in _readySince.Keys.Except(ready.Select(static one => one.Pod)).ToList())
        {
            _readySince.Remove(gone);
        }

        foreach (var one in ready) _readySince.TryAdd(one.Pod, now);
        return [.. ready.Where(one => parts.Clock.GetElapsedTime(_readySince[one.Pod], now) >= s_settling)];
    }

    private decimal RequestOf(WorkerWish wish)
    {
        var resources = PodParts.Resources(parts.Settings.Worker.Resources, wish.Resources);
        var text = resources["requests"]?["cpu"]?.ToString() ?? "";
        return CoreQuantity.TryParse(text, out var cpus) && cpus > 0 ? cpus : CpuRequestOtherwise;
    }

    /// <summary>One of the two, never both.</summary>
    private async Task<bool> UsesAutoscalerAsync(CancellationToken cancel)
    {
        if (parts.Children.Autoscalers.Kind is null)
        {
            if (parts.Settings.Worker.Scaling == "HorizontalPodAutoscaler" && !_isTold)
            {
                parts.Say("the cluster has no autoscaling/v2 or v2beta2: the operator says how many workers", true);
                _isTold = true;
            }

            return false;
        }

        switch (parts.Settings.Worker.Scaling)
        {
            case "HorizontalPodAutoscaler": return true;
            case "Auto": break;
            default: return false;
        }

        if (_discovered is { } known && parts.Clock.GetElapsedTime(known.At) < s_discoverEvery) return known.HasMetrics;

        var (isServed, _) = await Discovery.ServesAsync(
            parts.Objects.Cluster, ObjectKinds.PodMetrics, parts.Objects.TimeMax, cancel).ConfigureAwait(false);
        _discovered = (isServed, parts.Clock.GetTimestamp());
        return isServed;
    }

    private JsonObject Autoscaler(ResourceKind kind, WorkerWish wish)
    {
        var scaler = parts.Names.Head(
            $"{kind.Group}/{kind.Version}", "HorizontalPodAutoscaler", parts.Names.WorkerSet, WorkerObjects.Component);
        scaler["spec"] = new JsonObject
        {
            ["scaleTargetRef"] = new JsonObject
            {
                ["apiVersion"] = "apps/v1", ["kind"] = "StatefulSet", ["name"] = parts.Names.Worker,
            },
            ["minReplicas"] = wish.MinReplicas,
            ["maxReplicas"] = wish.MaxReplicas,
            ["metrics"] = new JsonArray(new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject
                {
                    ["name"] = "cpu",
                    ["target"] = new JsonObject
                    {
                        ["type"] = "Utilization", ["averageUtilization"] = wish.TargetCpuPercent,
                    },
                },
            }),
        };
        return scaler;
    }

    /// <summary>Claims of workers that were seen to be scaled away, where they are not to be kept. What was scaled away
    /// while another led stays.</summary>
    private async Task DropClaimsAsync(LiveObject set, int replicas, CancellationToken cancel)
    {
        var worker = parts.Settings.Worker;
        var isSettled = (set.Status?["replicas"]?.GetValue<int>() ?? -1) == replicas;
        if (!_mayHaveClaims || !isSettled || worker.Storage.Type != "Claim" || !worker.DeleteClaims) return;

        var labels = $"{parts.Names.Selection},{ObjectNames.Component}={WorkerObjects.Component}";
        var claims = await parts.Objects.ListAsync(ObjectKinds.Claims, parts.Settings.Namespace, labels, cancel)
            .ConfigureAwait(false);
        foreach (var name in claims.Select(static one => one["metadata"]!["name"]!.GetValue<string>()))
        {
            var tail = name[(name.LastIndexOf('-') + 1)..];
            var isOver = int.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= replicas;
            if (!isOver) continue;

            await parts.Objects.DeleteAsync(ObjectKinds.Claims, parts.Names.InSystem(name), "", cancel)
                .ConfigureAwait(false);
        }

        _mayHaveClaims = false;
    }
}
