using System.Collections.Concurrent;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Operator.Sensors;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Looks at each profile, says what it found, and keeps what is in force of it.</summary>
/// <remarks>What follows from all profiles together is made by others (<see cref="SensorsReconciler"/>), who hear of it
/// by <see cref="AcceptedProfiles"/>.</remarks>
public sealed class CaptureProfileReconciler : IReconciler
{
    /// <summary>What is only counted is counted again.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(15);

    /// <summary>A profile that is deleted is let go after so long, whatever is left of it.</summary>
    private static readonly TimeSpan s_endMax = TimeSpan.FromSeconds(30);

    /// <summary>A name of nobody: what is to be done once in each term.</summary>
    private static readonly ResourceName s_term = new("", "");

    private readonly OperatorParts _parts;
    private readonly AcceptedStore _store;
    private readonly SensorPlanning _planning;
    private readonly ConcurrentDictionary<ResourceName, bool> _unseen = new();
    private readonly ConcurrentDictionary<ResourceName, long> _ending = new();
    private readonly Lock _lock = new();
    private Action<ResourceName> _again = static _ => { };
    private Task? _loading;

    public CaptureProfileReconciler(OperatorParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _store = new AcceptedStore(parts);
        _planning = new SensorPlanning(parts.Caches);
    }

    public ResourceKind Kind => OwnKinds.CaptureProfiles;

    public void Wire(Action<ResourceName> again)
    {
        _again = again;
        _parts.Sensors.Changed += All;
        _parts.Members.Changed += _ => All();
        _parts.Children.Changed += (plural, _) =>
        {
            if (plural is "daemonsets" or "statefulsets") All();
        };
    }

    public void Begin()
    {
        lock (_lock) _loading = null;
        _ending.Clear();
        _unseen.Clear();
        _parts.Accepted.Clear();
        foreach (var name in _parts.Caches.Profiles.Names) _unseen[name] = true;
        _again(s_term);
    }

    public async Task<TimeSpan?> ReconcileAsync(ResourceName name, CancellationToken cancel)
    {
        await LoadAsync(cancel).ConfigureAwait(false);
        if (name != s_term && _parts.Caches.Profiles.Find(name) is { } one)
        {
            return one.IsDeleting
                ? await EndAsync(one, cancel).ConfigureAwait(false)
                : await KeepAsync(one, cancel).ConfigureAwait(false);
        }

        await ForgetAsync(name, cancel).ConfigureAwait(false);
        return null;
    }

    /// <summary>What was in force before this term, once and before anything of it is looked at.</summary>
    private Task LoadAsync(CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_loading is null or { IsFaulted: true } or { IsCanceled: true }) _loading = ReadAsync(cancel);
            return _loading;
        }
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        foreach (var one in await _store.LoadAsync(cancel).ConfigureAwait(false)) _parts.Accepted.Put(one);
    }

    private async Task<TimeSpan?> KeepAsync(OwnObject one, CancellationToken cancel)
    {
        var inForce = _parts.Accepted.Find(one.Name);
        if (inForce?.Uid != one.Uid) inForce = null;
        var spec = ProfileReview.Of(
            one.Copy(), inForce?.Spec, _parts.Settings.Namespace, out var problems, _parts.Filters);
        if (spec is not null)
        {
            inForce = new AcceptedProfile(one.Name, one.Uid, one.Generation, spec);
            _parts.Accepted.Put(inForce);
        }

        Seen(one.Name);
        if (inForce is not null)
        {
            // First that it is ours is written down: by that its finalizer is found where it is looked at no more.
            await _store.KeepAsync(inForce, cancel).ConfigureAwait(false);
            await Finalizers.AddAsync(_parts.Objects, Kind, one, cancel).ConfigureAwait(false);
        }

        var sight = Look(one, inForce, problems);
        var before = _parts.Statuses.Known(Kind, one);
        var status = ProfileStatus.Of(sight, before, _parts.Clock.GetUtcNow());
        ProfileEvents.Tell(_parts.Events, one, before, status);
        var later = await _parts.Statuses.WriteAsync(Kind, one, status, cancel).ConfigureAwait(false);
        return later < s_lookEvery ? later : s_lookEvery;
    }

    private ProfileSight Look(OwnObject one, AcceptedProfile? inForce, IReadOnlyList<ProfileProblem> problems)
    {
        var plan = inForce is null ? null : _parts.Sensors.Of(inForce);
        var sight = new ProfileSight
        {
            Generation = one.Generation,
            Problems = problems,
            Accepted = inForce,
            IsLeft = inForce is not null && _parts.Sensors.IsLeft(inForce),
            IsFilterUnchecked = inForce?.Spec.Capture.BpfFilter is not null && !_parts.Filters.IsThere,
        };
        var isPlanned = plan is not null
            && plan.Class.Serves.Any(each => each.Name == one.Name && each.Generation == inForce!.Generation);
        if (!isPlanned) return sight;

        var nodes = _parts.Caches.Nodes;
        var classes = _parts.Sensors.All.Select(static each => each.Class.Name).ToHashSet();
        var sensors = _parts.Members.Members(MemberKind.Sensor).Where(member => classes.Contains(member.Class)
            && (nodes.Find(new ResourceName("", member.Node)) is not { } node || inForce!.Spec.Means(node.Labels)));
        var (desired, isCounted) = Desired(inForce!);
        var workers = _parts.Children.StatefulSets.Find(_parts.Names.WorkerSet);
        return sight with
        {
            Plan = plan,
            IsShared = plan!.Fitting.Any(static each => each.Spec.Scope == ResourceScope.Cluster),
            Desired = desired,
            IsCounted = isCounted,
            Sensors = [.. sensors],
            Pods = _planning.CountPods(inForce!),
            WorkersDesired = workers?.Replicas ?? 0,
            WorkersReady = workers?.Status?["readyReplicas"]?.GetValue<int>() ?? 0,
        };
    }

    /// <summary>Nodes of all classes that the profile means.</summary>
    private (int Count, bool IsCounted) Desired(AcceptedProfile profile)
    {
        var (count, isCounted) = (0, true);
        foreach (var one in _parts.Sensors.All.Select(static plan => plan.Class))
        {
            var set = _parts.Children.DaemonSets.Find(_parts.Names.AmongSensors(_parts.Names.Sensor(one.Name)));
            var all = set?.Status?["desiredNumberScheduled"]?.GetValue<int>() ?? 0;
            // Who names the nodes of the class, or none, means all of it: what is scheduled there knows of taints too.
            var meant = Placement.MeansAllOf(one, profile.Spec)
                ? all
                : _parts.Caches.Nodes.All.Count(node => profile.Spec.Means(node.Labels) && one.Holds(node.Labels));
            if (meant == 0 && all > 0) continue;

            count += Math.Min(all, meant);
            isCounted &= set is not null
                && (set.Status?["observedGeneration"]?.GetValue<long>() ?? 0) >= set.Generation;
        }

        return (count, isCounted);
    }

    /// <summary>It is in force no more. Its sensors get the time to delete what they keep, and no longer.</summary>
    private async Task<TimeSpan?> EndAsync(OwnObject one, CancellationToken cancel)
    {
        _parts.Accepted.Remove(one.Name);
        Seen(one.Name);
        if (!one.Finalizers.Contains(Finalizers.Cleanup)) return null;

        var began = _ending.GetOrAdd(one.Name, _parts.Clock.GetTimestamp());
        var isOver = _parts.Clock.GetElapsedTime(began) >= s_endMax;
        var isGoing = !_parts.Accepted.IsComplete || _parts.Sensors.Retiring.Count > 0
            || _parts.Sensors.All.Any(plan => plan.Class.Serves.Any(each => each.Name == one.Name));
        if (isGoing && !isOver) return TimeSpan.FromSeconds(0.5);

        if (isGoing)
        {
            _parts.Events.Tell(
                EventSubject.Of(one), true, "CleanupGivenUp", "Delete", "Not all nodes deleted what they keep in time");
        }

        await _store.RemoveAsync(one.Name, cancel).ConfigureAwait(false);
        await Finalizers.RemoveAsync(_parts.Objects, Kind, one, cancel).ConfigureAwait(false);
        return null;
    }

    private async Task ForgetAsync(ResourceName name, CancellationToken cancel)
    {
        _ending.TryRemove(name, out _);
        if (name != s_term)
        {
            _parts.Accepted.Remove(name);
            _parts.Statuses.Forget(Kind, name);
            await _store.RemoveAsync(name, cancel).ConfigureAwait(false);
        }

        Seen(name);
    }

    private void Seen(ResourceName name)
    {
        _unseen.TryRemove(name, out _);
        if (_unseen.IsEmpty) _parts.Accepted.Complete();
    }

    private void All()
    {
        foreach (var name in _parts.Caches.Profiles.Names) _again(name);
    }
}
