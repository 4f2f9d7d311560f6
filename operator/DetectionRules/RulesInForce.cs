using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using NetSniff.Detection.Rules;
using NetSniff.Kube;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Workers;

namespace NetSniff.Operator.DetectionRules;

/// <summary>A rule as it was last accepted.</summary>
public sealed record RuleInForce(string Uid, long Generation, RuleSpec Spec, string Text);

/// <summary>What was last accepted of every rule, and from it what workers are to run.</summary>
internal sealed class RulesInForce(OperatorParts parts, RuleBindings bindings)
{
    private readonly ConcurrentDictionary<ResourceName, RuleInForce> _all = new();
    private readonly ConcurrentDictionary<ResourceName, bool> _unseen = new();
    private readonly Lock _publishing = new();
    private HashSet<ResourceName> _left = [];

    /// <summary>A term begins: nothing is known, and these are to be looked at before anything is said.</summary>
    public void Begin(IEnumerable<ResourceName> names)
    {
        _all.Clear();
        _unseen.Clear();
        foreach (var name in names) _unseen[name] = true;
    }

    /// <summary>What workers run since an earlier term, of objects that are still there.</summary>
    /// <param name="review">Of an object as it is: where that is what workers run, it is compiled once.</param>
    public async Task LoadAsync(Func<OwnObject, RuleFindings> review, CancellationToken cancel)
    {
        var labels = $"{parts.Names.Selection},{ObjectNames.Component}=rules";
        var maps = await parts.Objects.ListAsync(ObjectKinds.ConfigMaps, parts.Settings.Namespace, labels, cancel)
            .ConfigureAwait(false);
        foreach (var text in maps.SelectMany(static map => map["data"] as JsonObject ?? []))
        {
            if (text.Value is not JsonValue value || RuleFile.Read(value.GetValue<string>()) is not var
                (name, uid, generation, content) || parts.Caches.Rules.Find(name) is not { } one || one.Uid != uid)
            {
                continue;
            }

            var findings = one.Generation == generation
                ? review(one) : RuleReview.Of(content, parts.Settings.Namespace);
            if (findings.Spec is { } spec) _all[name] = new RuleInForce(uid, generation, spec, findings.Text);
        }
    }

    public void Put(OwnObject one, RuleFindings findings)
    {
        if (Find(one)?.Generation == one.Generation) return;

        _all[one.Name] = new RuleInForce(one.Uid, one.Generation, findings.Spec!, findings.Text);
    }

    public void Remove(ResourceName name) => _all.TryRemove(name, out _);

    public void Seen(ResourceName name) => _unseen.TryRemove(name, out _);

    /// <summary>Null where nothing of this very object is in force.</summary>
    public RuleInForce? Find(OwnObject one) =>
        _all.TryGetValue(one.Name, out var rule) && rule.Uid == one.Uid ? rule : null;

    public bool HasRoom(ResourceName name) => !Volatile.Read(ref _left).Contains(name);

    /// <summary>Says what workers are to run, once every rule and every profile has been looked at: what is missing
    /// then is not wanted.</summary>
    public void Publish()
    {
        if (!_unseen.IsEmpty || !parts.Accepted.IsComplete) return;

        lock (_publishing)
        {
            var profiles = parts.Accepted.All;
            List<RuleCandidate> candidates = [];
            Dictionary<ResourceName, string> texts = [];
            foreach (var (name, rule) in _all)
            {
                if (parts.Caches.Rules.Find(name) is not { IsDeleting: false } one || one.Uid != rule.Uid
                    || bindings.Of(name, one.Labels, profiles).Count == 0)
                {
                    continue;
                }

                texts[name] = rule.Text;
                candidates.Add(new RuleCandidate(
                    name, rule.Spec.Scope == RuleScope.Cluster || name.Namespace == parts.Settings.Namespace,
                    rule.Spec.Priority, one.Created, RuleMaps.SizeOf(RuleFile.NameOf(name), rule.Text)));
            }

            var order = RuleOrder.Of(candidates, RuleSet.RulesMax, WorkerObjects.RuleMapsMax * RuleMaps.BytesMax);
            var (maps, left) = RuleMaps.Split(
                [.. order.Select(name => KeyValuePair.Create(RuleFile.NameOf(name), texts[name]))], RuleSet.RulesMax);
            var isLeft = left.ToHashSet();
            Volatile.Write(ref _left, [.. order.Where(name => isLeft.Contains(RuleFile.NameOf(name)))]);
            parts.Rules.Set(maps);
        }
    }
}
