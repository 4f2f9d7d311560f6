using System.Globalization;
using NetSniff.Kube;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.Sensors;

/// <summary>Keeps the sensors of all classes: what they are told, and the pods they are.</summary>
/// <remarks>What is told goes out first, by the channel; the ConfigMap is for sensors that begin while nobody leads.
/// </remarks>
public sealed class SensorsReconciler : IReconciler
{
    public const string ContentAnnotation = "netsniff.io/content";

    /// <summary>How long sensors of a class that nobody wants have to delete what they keep.</summary>
    private static readonly TimeSpan s_purgeMax = TimeSpan.FromSeconds(15);

    private static readonly ResourceName s_all = new("", "sensors");

    private readonly OperatorParts _parts;
    private readonly SensorPlanning _planning;
    private readonly SensorObjects _objects;
    private readonly Dictionary<string, (string Content, long Sequence)> _planned = [];
    private readonly Dictionary<string, Retirement> _retiring = [];
    private readonly HashSet<string> _awakened = [];
    private Action<ResourceName> _again = static _ => { };

    public SensorsReconciler(OperatorParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _planning = new SensorPlanning(parts.Caches);
        _objects = new SensorObjects(parts.Settings, parts.Names);
    }

    public ResourceKind Kind => ObjectKinds.DaemonSets;

    public void Wire(Action<ResourceName> again)
    {
        _again = again;
        _parts.Accepted.Changed += _ => again(s_all);
        _parts.Members.Changed += kind =>
        {
            if (kind == MemberKind.Sensor) again(s_all);
        };
        _parts.Children.Changed += (plural, name) =>
        {
            if (name.Namespace == _parts.Settings.SensorsNamespace) again(s_all);
        };
        _parts.Caches.Pods.Changed += (_, before, now) => PodChanged(before, now);
        _parts.Caches.Nodes.Changed += (name, before, now) =>
        {
            if (before is null || now is null || !IsSame(before.Labels, now.Labels)) _parts.Members.Touch(name.Name);
        };
        _parts.Caches.Namespaces.Changed += (name, before, now) =>
        {
            if (before is not null && now is not null && IsSame(before.Labels, now.Labels)) return;

            var pods = _parts.Caches.Pods.By(ClusterCaches.ByNamespace, name.Name);
            foreach (var node in pods.Select(static pod => pod.Node).Distinct()) _parts.Members.Touch(node);
        };
    }

    public void Begin()
    {
        _planned.Clear();
        _awakened.Clear();
        foreach (var inClass in _retiring.Keys.ToList()) Recall(inClass);
        _again(s_all);
    }

    public async Task<TimeSpan?> ReconcileAsync(ResourceName name, CancellationToken cancel)
    {
        if (!_parts.Accepted.IsComplete) return null;

        var (classes, left) = Placement.Of(_parts.Accepted.All);
        var workers = SensorPlanning.WorkersOf(WorkerPods());
        List<(ClassPlan Plan, MemberPlan Common, string Content)> plans = [];
        foreach (var one in classes)
        {
            Recall(one.Name);
            var (plan, common, content) = Planned(one, workers);
            plans.Add((plan, common, content));
            var isTaken = _parts.Members.SetPlan(
                MemberKind.Sensor, one.Name, common, (common, node) => _planning.OfNode(plan, common, node));
            if (!isTaken) _parts.Say($"sensors of class {one.Name} take no plan of that size: they go on", true);
        }

        foreach (var gone in Unwanted(classes)) Retire(gone.Labels[ObjectNames.ClassLabel], gone.Name, cancel);
        _parts.Sensors.Publish([.. plans.Select(static one => one.Plan)], [.. _retiring.Keys], left);
        await EndAsync(cancel).ConfigureAwait(false);
        _parts.Sensors.Publish([.. plans.Select(static one => one.Plan)], [.. _retiring.Keys], left);
        foreach (var (plan, common, content) in plans)
        {
            var map = _objects.ConfigMap(plan, common, content);
            await _parts.Applier.ApplyAsync(ObjectKinds.ConfigMaps, map, cancel).ConfigureAwait(false);
            await _parts.Applier.ApplyAsync(ObjectKinds.DaemonSets, _objects.DaemonSet(plan.Class), cancel)
                .ConfigureAwait(false);
            await AwakenAsync(plan.Class.Name, cancel).ConfigureAwait(false);
        }

        if (_parts.Settings.NetworkPolicies.Enabled && classes.Count > 0)
        {
            await _parts.Applier.ApplyAsync(ObjectKinds.NetworkPolicies, _objects.NetworkPolicy(), cancel)
                .ConfigureAwait(false);
        }

        return _retiring.Count > 0 ? TimeSpan.FromSeconds(1) : null;
    }

    private (ClassPlan Plan, MemberPlan Common, string Content) Planned(PlacementClass one, string workers)
    {
        var (fitting, unfit) = SensorPlanning.FittingOf(one.Serves, _parts.Filters);
        var revision = SensorPlanning.RevisionOf(fitting);
        // With no sequence in it, it is the same as long as it says the same.
        var draft = SensorPlanning.Common(new ClassPlan(one, revision, 0, fitting), workers);
        var content = Applier.HashOf(new System.Text.Json.Nodes.JsonArray([.. draft.Files.Values]));
        var known = _planned.TryGetValue(one.Name, out var last) ? last : FromMap(one.Name);
        var members = _parts.Members.Members(MemberKind.Sensor).Where(member => member.Class == one.Name);
        var sequence = PlanSequence.Of(known, content, members, _parts.Clock);
        _planned[one.Name] = (content, sequence);
        var plan = new ClassPlan(one, revision, sequence, fitting) { Unfit = unfit };
        return (plan, SensorPlanning.Common(plan, workers), content);
    }

    /// <summary>As whoever led before us left it.</summary>
    private (string Content, long Sequence) FromMap(string inClass)
    {
        var name = _parts.Names.AmongSensors(_parts.Names.Sensor(inClass));
        if (_parts.Children.SensorMaps.Find(name) is not { } map) return ("", 0);

        var text = map.Annotations.GetValueOrDefault(ObjectNames.SequenceAnnotation, "");
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? (map.Annotations.GetValueOrDefault(ContentAnnotation, ""), sequence)
            : ("", 0);
    }

    private IEnumerable<PodSight> WorkerPods()
    {
        var settings = _parts.Settings;
        return _parts.Caches.Pods.By(ClusterCaches.ByNamespace, settings.Namespace).Where(pod =>
            pod.Labels.GetValueOrDefault(ObjectNames.Instance) == settings.Instance
            && pod.Labels.GetValueOrDefault(ObjectNames.Component) == Workers.WorkerObjects.Component);
    }

    private List<LiveObject> Unwanted(IReadOnlyList<PlacementClass> classes)
    {
        var wanted = classes.Select(static one => one.Name).ToHashSet();
        return
        [
            .. _parts.Children.DaemonSets.All.Where(set => !set.IsDeleting
                && set.Labels.TryGetValue(ObjectNames.ClassLabel, out var inClass) && !wanted.Contains(inClass)
                && !_retiring.ContainsKey(inClass)),
        ];
    }

    private void Retire(string inClass, ResourceName set, CancellationToken cancel, PurgeTries? before = null)
    {
        _planned.Remove(inClass);
        var tries = before ?? new PurgeTries();
        var recalled = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _retiring[inClass] = new Retirement(set, PurgeAsync(inClass, tries, recalled.Token), recalled, tries);
    }

    /// <summary>What sensors keep on disk goes first, while there is somebody to delete it.</summary>
    private async Task PurgeAsync(string inClass, PurgeTries tries, CancellationToken cancel)
    {
        try
        {
            var nodes = await _parts.Members.PurgeAsync(inClass, s_purgeMax, cancel).ConfigureAwait(false);
            var late = tries.Failed == 0 ? "" : $", after {tries.Failed} tries that failed";
            _parts.Say($"sensors of class {inClass} go: {nodes.Count} nodes deleted what they kept{late}", false);
        }
        catch (OperationCanceledException)
        {
            return; // recalled, or the term is over
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // It is tried again each second: said when it is another problem, counted in between.
            tries.Failed++;
            if (tries.Problem != problem.Message)
            {
                _parts.Say(
                    $"sensors of class {inClass} stay, what they kept is not deleted: {problem.Message} "
                    + $"(try {tries.Failed})",
                    true);
            }

            tries.Problem = problem.Message;
            throw; // for the turn that looks at it, which is soon: one retires
        }

        _again(s_all);
    }

    /// <summary>Then they go themselves, in the turn that knows that nobody wants them again. What fails is tried once
    /// more, and keeps no other class from what it is to be.</summary>
    private async Task EndAsync(CancellationToken cancel)
    {
        foreach (var (inClass, one) in _retiring.Where(static each => each.Value.Purge.IsCompleted).ToList())
        {
            if (!one.Purge.IsCompletedSuccessfully)
            {
                Recall(inClass);
                Retire(inClass, one.Set, cancel, one.Tries);
                continue;
            }

            if (one.IsDeleted)
            {
                // Until it is seen to be gone it would be found unwanted once more.
                if (_parts.Children.DaemonSets.Find(one.Set) is null or { IsDeleting: true }) Recall(inClass);
                continue;
            }

            try
            {
                await _parts.Applier.DeleteAsync(ObjectKinds.DaemonSets, one.Set, "Background", cancel)
                    .ConfigureAwait(false);
                await _parts.Applier.DeleteAsync(ObjectKinds.ConfigMaps, one.Set, "", cancel).ConfigureAwait(false);
                one.IsDeleted = true;
            }
            catch (ApiException problem)
            {
                if (one.Problem != problem.Message)
                {
                    _parts.Say($"sensors of class {inClass} cannot be deleted: {problem.Message}", true);
                }

                one.Problem = problem.Message;
            }
        }
    }

    /// <summary>It is wanted again, or another leads: nobody is asked to delete anything any more.</summary>
    private void Recall(string inClass)
    {
        if (!_retiring.Remove(inClass, out var one)) return;

        one.Recalled.Cancel();
        one.Recalled.Dispose();
    }

    /// <summary>A sensor that has deleted what it kept does nothing more, and the class was wanted again before its
    /// DaemonSet went: its pod is made anew.</summary>
    private async Task AwakenAsync(string inClass, CancellationToken cancel)
    {
        var purged = _parts.Members.Members(MemberKind.Sensor).Where(one => one.IsPurged && one.Class == inClass);
        foreach (var pod in purged.Select(static one => one.Pod).Where(pod => !_awakened.Contains(pod)).ToList())
        {
            await _parts.Objects.DeleteAsync(ObjectKinds.Pods, _parts.Names.AmongSensors(pod), "", cancel)
                .ConfigureAwait(false);
            if (_awakened.Count >= ClusterMembers.MembersMax) _awakened.Clear();
            _awakened.Add(pod);
        }
    }

    private void PodChanged(PodSight? before, PodSight? now)
    {
        var isOfWorkers = (now ?? before)!.Name.Namespace == _parts.Settings.Namespace;
        if (isOfWorkers) _again(s_all);
        var isSame = before is not null && now is not null && before.Node == now.Node
            && before.Addresses.SequenceEqual(now.Addresses) && IsSame(before.Labels, now.Labels);
        if (isSame) return;

        if (before is { Node.Length: > 0 }) _parts.Members.Touch(before.Node);
        if (now is { Node.Length: > 0 } && now.Node != before?.Node) _parts.Members.Touch(now.Node);
    }

    private static bool IsSame(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) =>
        left.Count == right.Count
        && left.All(one => right.TryGetValue(one.Key, out var value) && value == one.Value);

    /// <summary>What came of asking so far; one asks at a time.</summary>
    private sealed class PurgeTries
    {
        public long Failed { get; set; }

        /// <summary>That was said.</summary>
        public string Problem { get; set; } = "";
    }

    private sealed record Retirement(
        ResourceName Set, Task Purge, CancellationTokenSource Recalled, PurgeTries Tries)
    {
        public bool IsDeleted { get; set; }

        /// <summary>That was said.</summary>
        public string Problem { get; set; } = "";
    }
}
