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
    private readonly Dictionary<string, Task> _retiring = [];
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
            var (plan, common, content) = Planned(one, workers);
            plans.Add((plan, common, content));
            _parts.Members.SetPlan(
                MemberKind.Sensor, one.Name, common, (common, node) => _planning.OfNode(plan, common, node));
        }

        foreach (var done in _retiring.Where(static one => one.Value.IsCompleted).ToList()) _retiring.Remove(done.Key);
        foreach (var gone in Unwanted(classes)) Retire(gone, cancel);
        _parts.Sensors.Publish([.. plans.Select(static one => one.Plan)], [.. _retiring.Keys], left);
        foreach (var (plan, common, content) in plans)
        {
            var map = _objects.ConfigMap(plan, common, content);
            await _parts.Applier.ApplyAsync(ObjectKinds.ConfigMaps, map, cancel).ConfigureAwait(false);
            await _parts.Applier.ApplyAsync(ObjectKinds.DaemonSets, _objects.DaemonSet(plan.Class), cancel)
                .ConfigureAwait(false);
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
        var fitting = SensorPlanning.FittingOf(one.Profiles);
        var revision = SensorPlanning.RevisionOf(fitting);
        // With no sequence in it, it is the same as long as it says the same.
        var draft = SensorPlanning.Common(new ClassPlan(one, revision, 0, fitting), workers);
        var content = Applier.HashOf(new System.Text.Json.Nodes.JsonArray([.. draft.Files.Values]));
        var known = _planned.TryGetValue(one.Name, out var last) ? last : FromMap(one.Name);
        var members = _parts.Members.Members(MemberKind.Sensor).Where(member => member.Class == one.Name);
        var sequence = PlanSequence.Of(known, content, members, _parts.Clock);
        _planned[one.Name] = (content, sequence);
        var plan = new ClassPlan(one, revision, sequence, fitting);
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

    private void Retire(LiveObject set, CancellationToken cancel)
    {
        var inClass = set.Labels[ObjectNames.ClassLabel];
        _planned.Remove(inClass);
        _retiring[inClass] = Task.Run(() => RetireAsync(set.Name, inClass, cancel), cancel);
    }

    /// <summary>What sensors keep on disk first, while there is somebody to delete it; then they themselves. What fails
    /// is found unwanted again.</summary>
    private async Task RetireAsync(ResourceName set, string inClass, CancellationToken cancel)
    {
        try
        {
            var nodes = await _parts.Members.PurgeAsync(inClass, s_purgeMax, cancel).ConfigureAwait(false);
            _parts.Say($"sensors of class {inClass} go: {nodes.Count} nodes deleted what they kept", false);
            await _parts.Applier.DeleteAsync(ObjectKinds.DaemonSets, set, "Background", cancel).ConfigureAwait(false);
            await _parts.Applier.DeleteAsync(ObjectKinds.ConfigMaps, set, "", cancel).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            _parts.Say($"sensors of class {inClass} cannot be taken down: {problem.Message}", true);
        }

        _again(s_all);
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
}
