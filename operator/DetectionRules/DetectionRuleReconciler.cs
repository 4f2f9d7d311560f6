using System.Collections.Concurrent;
using NetSniff.Detection.Rules;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.DetectionRules;

/// <summary>Looks at each rule, says what it found, and gives those that are in force to the workers.</summary>
/// <remarks>The last accepted text of a rule lies in the ConfigMaps of rules, from where whoever leads next goes on
/// with it though the rule makes no sense meanwhile.</remarks>
public sealed class DetectionRuleReconciler : IReconciler
{
    private const int FindingsAtOnce = 256;

    /// <summary>What is only counted is counted again.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(15);

    /// <summary>Names of nobody: the term's beginning, findings that wait to be told, and what workers are to run.
    /// </summary>
    private static readonly ResourceName s_term = new("", ""), s_findings = new("", "findings"), s_all = new("", "all");

    private readonly OperatorParts _parts;
    private readonly RuleBindings _bindings;
    private readonly FindingEvents _events;
    private readonly RulesInForce _inForce;
    private readonly ConcurrentDictionary<ResourceName, (OwnObject Of, RuleFindings Findings)> _reviewed = new();
    private readonly ConcurrentDictionary<ResourceName, RuleTally> _tallies = new();
    private readonly Lock _lock = new();
    private Action<ResourceName> _again = static _ => { };
    private string _workers = "";
    private Task? _loading;

    public DetectionRuleReconciler(OperatorParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _bindings = new RuleBindings(parts.Caches, parts.Settings.Namespace);
        _events = new FindingEvents(parts);
        _inForce = new RulesInForce(parts, _bindings);
    }

    public ResourceKind Kind => OwnKinds.DetectionRules;

    public void Wire(Action<ResourceName> again)
    {
        _again = again;
        _parts.Accepted.Changed += _ =>
        {
            All();
            again(s_all);
        };
        _parts.Sensors.Changed += () =>
        {
            All();
            again(s_all);
        };
        _parts.Rules.Changed += All;
        _parts.Caches.Namespaces.Changed += (_, _, _) => All();
        _parts.Members.Changed += kind =>
        {
            if (kind != MemberKind.Worker) return;

            again(s_findings);
            // Reports come every two seconds; which worker runs what changes rarely.
            var workers = string.Join(' ', _parts.Members.Members(MemberKind.Worker)
                .Select(static one => $"{one.Pod}={one.Revision}/{one.Refused.Length}").Order(StringComparer.Ordinal));
            if (Interlocked.Exchange(ref _workers, workers) != workers) All();
        };
    }

    public void Begin()
    {
        lock (_lock) _loading = null;
        _tallies.Clear();
        // Those that were deleted while another led are nobody's to end.
        foreach (var gone in _reviewed.Keys.Except(_parts.Caches.Rules.Names)) _reviewed.TryRemove(gone, out _);
        _inForce.Begin(_parts.Caches.Rules.Names);
        _again(s_term);
    }

    public async Task<TimeSpan?> ReconcileAsync(ResourceName name, CancellationToken cancel)
    {
        if (name == s_findings)
        {
            foreach (var notice in _parts.Members.TakeFindings(FindingsAtOnce)) _events.Tell(notice, Find);
            return null;
        }

        // To compile rules takes the machine for a while: what sensors are to do goes out first, then these are.
        var isGone = name != s_term && name != s_all && _parts.Caches.Rules.Find(name) is null;
        if (!_parts.AreSensorsTold && !isGone) return null;

        await LoadedAsync(cancel).ConfigureAwait(false);
        if (name == s_all)
        {
            _inForce.Publish();
            return null;
        }

        if (name == s_term || _parts.Caches.Rules.Find(name) is not { IsDeleting: false } one)
        {
            await EndAsync(name, cancel).ConfigureAwait(false);
            return null;
        }

        var findings = Review(one);
        if (findings.Spec is not null) _inForce.Put(one, findings);
        _inForce.Seen(one.Name);
        _again(s_all);
        var sight = Look(one, findings);
        var before = _parts.Statuses.Known(Kind, one);
        var status = RuleStatus.Of(sight, before, _parts.Clock.GetUtcNow());
        RuleEvents.Tell(_parts.Events, one, before, status);
        var later = await _parts.Statuses.WriteAsync(Kind, one, status, cancel).ConfigureAwait(false);
        return later < s_lookEvery ? later : s_lookEvery;
    }

    /// <summary>What was in force before this term, before anything of it is looked at.</summary>
    private Task LoadedAsync(CancellationToken cancel)
    {
        lock (_lock)
        {
            var isToLoad = _loading is null or { IsFaulted: true } or { IsCanceled: true };
            return isToLoad ? _loading = _inForce.LoadAsync(Review, cancel) : _loading!;
        }
    }

    /// <summary>Compiled once for what it says, whoever leads meanwhile: it is looked at far more often.</summary>
    private RuleFindings Review(OwnObject one)
    {
        if (_reviewed.TryGetValue(one.Name, out var known) && known.Of.Uid == one.Uid
            && known.Of.Generation == one.Generation)
        {
            return known.Findings;
        }

        var findings = RuleReview.Of(one, _parts.Settings.Namespace);
        _reviewed[one.Name] = (one, findings);
        return findings;
    }

    private async Task EndAsync(ResourceName name, CancellationToken cancel)
    {
        _inForce.Remove(name);
        _inForce.Seen(name);
        _again(s_all);
        _reviewed.TryRemove(name, out _);
        _tallies.TryRemove(name, out _);
        _parts.Statuses.Forget(Kind, name);
        if (_parts.Caches.Rules.Find(name) is { } one)
        {
            await Finalizers.RemoveAsync(_parts.Objects, Kind, one, cancel).ConfigureAwait(false);
        }
    }

    private RuleSight Look(OwnObject one, RuleFindings findings)
    {
        var workers = _parts.Members.Members(MemberKind.Worker);
        var inForce = _inForce.Find(one);
        var plan = _parts.Rules.Plan;
        var isPlanned = inForce is not null && plan is not null
            && plan.Files.GetValueOrDefault($"rules/{RuleFile.NameOf(one.Name)}") == inForce.Text;
        var wanted = _parts.Children.StatefulSets.Find(_parts.Names.WorkerSet)?.Replicas ?? 0;
        var tally = _tallies.GetOrAdd(one.Name, _ => NewTally(one));
        var called = one.Name.ToString();
        tally.Take([.. workers.SelectMany(
            static worker => worker.Rules, static (worker, state) => (worker.Pod, State: state))
            .Where(each => each.State.Name == called)], _parts.Clock.GetUtcNow());
        return new RuleSight
        {
            Generation = one.Generation,
            Findings = findings,
            InForce = inForce?.Generation,
            Mode = Enum.Parse<Kube.Resources.RuleMode>((inForce?.Spec.Mode ?? default).ToString()),
            Bindings = _bindings.Of(one.Name, one.Labels, _parts.Accepted.All),
            HasRoom = _inForce.HasRoom(one.Name),
            Programmed = isPlanned ? workers.Count(worker => worker.Revision == plan!.Revision) : 0,
            Workers = Math.Max(wanted, workers.Count),
            Refused = workers.FirstOrDefault(static worker => worker.Refused.Length > 0) is { } no
                ? $"{no.Pod}: {no.Refused}" : "",
            Tally = tally,
        };
    }

    private RuleTally NewTally(OwnObject one)
    {
        var tally = new RuleTally();
        var written = _parts.Statuses.Known(Kind, one);
        long Count(string field) => written?[field] is { } value ? value.GetValue<long>() : 0;
        DateTimeOffset? last = written?["lastAlertTime"] is { } text
            && DateTimeOffset.TryParse(text.GetValue<string>(), out var time) ? time : null;
        tally.Begin(Count("alertCount"), Count("shadowCount"), Count("suppressedCount"), last);
        return tally;
    }

    private (OwnObject Object, RuleSpec Spec)? Find(ResourceName name) =>
        _parts.Caches.Rules.Find(name) is { } one && _inForce.Find(one) is { } rule ? (one, rule.Spec) : null;

    private void All()
    {
        foreach (var name in _parts.Caches.Rules.Names) _again(name);
    }
}
