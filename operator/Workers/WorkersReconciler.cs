using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Operator.Sensors;

namespace NetSniff.Operator.Workers;

/// <summary>Keeps the workers: what they are told, the pods they are, and how many.</summary>
/// <remarks>Without a profile there is nobody to work for, but what they have stored may still be asked for: they stay
/// as they are.</remarks>
public sealed class WorkersReconciler : IReconciler
{
    /// <summary>Of the number of replicas, until somebody scales.</summary>
    private const string ScaleManager = "netsniff-scaler";

    private static readonly ResourceName s_all = new("", "workers");

    private readonly OperatorParts _parts;
    private readonly WorkerObjects _objects;
    private readonly WorkerScaling _scaling;
    private (string Content, long Sequence)? _planned;
    private string _heldOf = ""; // the set's uid
    private Action<ResourceName> _again = static _ => { };

    public WorkersReconciler(OperatorParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _objects = new WorkerObjects(parts.Settings, parts.Names);
        _scaling = new WorkerScaling(parts);
    }

    public ResourceKind Kind => ObjectKinds.StatefulSets;

    public void Wire(Action<ResourceName> again)
    {
        _again = again;
        _parts.Accepted.Changed += _ => again(s_all);
        _parts.Rules.Changed += () => again(s_all);
        _parts.Members.Changed += kind =>
        {
            if (kind == MemberKind.Worker) again(s_all);
        };
        _parts.Children.Changed += (_, name) =>
        {
            if (name.Namespace == _parts.Settings.Namespace) again(s_all);
        };
    }

    public void Begin()
    {
        (_planned, _heldOf) = (null, "");
        _scaling.Begin();
        _again(s_all);
    }

    public async Task<TimeSpan?> ReconcileAsync(ResourceName name, CancellationToken cancel)
    {
        if (!_parts.Accepted.IsComplete) return null;

        var wish = WorkerWish.Of(_parts.Accepted.All);
        if (wish is null) return null;

        var (plan, content) = Planned(wish);
        if (_parts.Members.SetPlan(MemberKind.Worker, "", plan)) _parts.Rules.Planned(plan);
        else _parts.Say("workers go on with what they run: they take no plan of that size", true);
        await ApplyAsync(ObjectKinds.ConfigMaps, _objects.ConfigMap(plan, content), cancel).ConfigureAwait(false);
        await ApplyRulesAsync(cancel).ConfigureAwait(false);
        await ApplyAsync(ObjectKinds.Services, _objects.Service(), cancel).ConfigureAwait(false);
        await SetAsync(wish, cancel).ConfigureAwait(false);
        if (_parts.Children.Budgets.Kind is { } budgets)
        {
            await ApplyAsync(budgets, _objects.DisruptionBudget(budgets), cancel).ConfigureAwait(false);
        }

        if (_parts.Settings.NetworkPolicies.Enabled)
        {
            await ApplyAsync(ObjectKinds.NetworkPolicies, _objects.NetworkPolicy(), cancel).ConfigureAwait(false);
        }

        return await _scaling.StepAsync(wish, cancel).ConfigureAwait(false);
    }

    private Task<bool> ApplyAsync(ResourceKind kind, JsonObject wanted, CancellationToken cancel) =>
        _parts.Applier.ApplyAsync(kind, wanted, cancel);

    /// <summary>Some of a StatefulSet cannot be changed, its claims for example: it is then made anew around its pods,
    /// which stay.</summary>
    private async Task SetAsync(WorkerWish wish, CancellationToken cancel)
    {
        try
        {
            await HoldReplicasAsync(wish, cancel).ConfigureAwait(false);
            await ApplyAsync(ObjectKinds.StatefulSets, _objects.StatefulSet(wish), cancel).ConfigureAwait(false);
        }
        catch (ApiException problem) when (problem.Code == 422
            && problem.Message.Contains("updates to statefulset spec", StringComparison.Ordinal))
        {
            _parts.Say($"the workers' StatefulSet is made anew: {problem.Message}", false);
            _heldOf = "";
            await _parts.Applier.DeleteAsync(ObjectKinds.StatefulSets, _parts.Names.WorkerSet, "Orphan", cancel)
                .ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What we apply says no number: one that only we hold would go back to one replica. Before, it is another
    /// manager's; whoever made the set may have stopped before it was.</summary>
    private async Task HoldReplicasAsync(WorkerWish wish, CancellationToken cancel)
    {
        var known = _parts.Children.StatefulSets.Find(_parts.Names.WorkerSet);
        if (known is { IsDeleting: false } && known.Uid == _heldOf) return;

        var live = await _parts.Objects.FindAsync(ObjectKinds.StatefulSets, _parts.Names.WorkerSet, cancel)
            .ConfigureAwait(false) ?? await MakeSetAsync(wish, cancel).ConfigureAwait(false);
        if (!WorkerObjects.IsScaledByOthers(live))
        {
            await HoldAsync(live["spec"]?["replicas"]?.GetValue<int>() ?? 1, cancel).ConfigureAwait(false);
        }

        // One that is going is followed by another.
        var metadata = live["metadata"];
        _heldOf = metadata?["deletionTimestamp"] is null ? metadata?["uid"]?.GetValue<string>() ?? "" : "";
    }

    /// <summary>One that says nothing begins with one replica, and would end the pods that stayed of the one before: so
    /// it begins with as many as there are.</summary>
    private Task<JsonObject> MakeSetAsync(WorkerWish wish, CancellationToken cancel)
    {
        var pods = _parts.Caches.Pods.By(ClusterCaches.ByNamespace, _parts.Settings.Namespace);
        var replicas = WorkerObjects.ReplicasOf(
            _parts.Names.Worker, pods.Select(static pod => pod.Name.Name), wish.MinReplicas, wish.MaxReplicas);
        var set = _objects.StatefulSet(wish);
        set["spec"]!["replicas"] = replicas;
        return _parts.Objects.ApplyAsync(
            ObjectKinds.StatefulSets, _parts.Names.WorkerSet, set, Applier.Manager, "", cancel);
    }

    private Task<JsonObject> HoldAsync(int replicas, CancellationToken cancel)
    {
        var held = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "StatefulSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = _parts.Names.WorkerSet.Name, ["namespace"] = _parts.Names.WorkerSet.Namespace,
            },
            ["spec"] = new JsonObject { ["replicas"] = replicas },
        };
        return _parts.Objects.ApplyAsync(
            ObjectKinds.StatefulSets, _parts.Names.WorkerSet, held, ScaleManager, "", cancel);
    }

    private (MemberPlan Plan, string Content) Planned(WorkerWish wish)
    {
        var draft = Plan(wish, 0, "");
        var all = new JsonArray([.. draft.Files.OrderBy(static file => file.Key, StringComparer.Ordinal)
            .Select(static file => (JsonNode)new JsonArray(file.Key, file.Value))]);
        var content = Applier.HashOf(all);
        var known = _planned ?? FromMap();
        var sequence = PlanSequence.Of(known, content, _parts.Members.Members(MemberKind.Worker), _parts.Clock);
        _planned = (content, sequence);
        return (Plan(wish, sequence, content[..10]), content);
    }

    private MemberPlan Plan(WorkerWish wish, long sequence, string revision)
    {
        var files = new Dictionary<string, string>
        {
            [WorkerObjects.ConfigFile] = WorkerJson.Of(wish, _parts.Settings.Worker.Retention, sequence, revision),
        };
        foreach (var (name, text) in _parts.Rules.Files ?? new Dictionary<string, string>())
        {
            files[$"rules/{name}"] = text;
        }

        return new MemberPlan(sequence, revision, files);
    }

    private (string Content, long Sequence) FromMap()
    {
        if (_parts.Children.Maps.Find(_parts.Names.WorkerSet) is not { } map) return ("", 0);

        var text = map.Annotations.GetValueOrDefault(ObjectNames.SequenceAnnotation, "");
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? (map.Annotations.GetValueOrDefault(SensorsReconciler.ContentAnnotation, ""), sequence)
            : ("", 0);
    }

    /// <summary>While nobody has said which rules there are, those of before stay.</summary>
    private async Task ApplyRulesAsync(CancellationToken cancel)
    {
        if (_parts.Rules.Maps is not { } maps) return;

        for (var number = 0; number < WorkerObjects.RuleMapsMax; number++)
        {
            var name = _parts.Names.InSystem(_parts.Names.Rules(number));
            if (number < maps.Count)
            {
                await ApplyAsync(ObjectKinds.ConfigMaps, _objects.RuleMap(number, maps[number]), cancel)
                    .ConfigureAwait(false);
            }
            else if (_parts.Children.Maps.Find(name) is not null)
            {
                await _parts.Applier.DeleteAsync(ObjectKinds.ConfigMaps, name, "", cancel).ConfigureAwait(false);
            }
        }
    }
}
