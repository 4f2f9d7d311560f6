using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>All rules that are in force, in the order of their priority; names break ties. A record meets those that
/// could be about it (<see cref="RuleIndex"/>).</summary>
public sealed class RuleSet : Detector
{
    /// <summary>Rules of a set.</summary>
    public const int RulesMax = 2048;

    /// <summary>With a clock lent, one record in so many is timed, rule by rule.</summary>
    public const int TimedEvery = 256;

    private readonly RuleWorkshop _shop;
    private Rule[] _rules;
    private RuleIndex[] _byKind = [];
    private int _untilTimed = TimedEvery;

    internal RuleSet(IReadOnlyList<Rule> rules, RuleWorkshop shop)
    {
        _shop = shop;
        _rules =
        [
            .. rules.Where(static rule => rule.Spec.Mode != RuleMode.Disabled)
                .OrderBy(static rule => rule.Spec.Priority)
                .ThenBy(static rule => rule.Spec.FullName, StringComparer.Ordinal),
        ];
        Index();
    }

    public override string Name => "rules";

    public int Count => _rules.Length;

    /// <summary>Nanoseconds of a clock that the host lends; null for no timing.</summary>
    public Func<long>? Clock { get; init; }

    /// <summary>Bytes that groups take, and what all of them may take.</summary>
    public StateBudget Budget => _shop.Budget;

    /// <summary>Any thread may ask; what is counted meanwhile may be in it or not.</summary>
    public IReadOnlyList<RuleState> States() => [.. Volatile.Read(ref _rules).Select(static rule => rule.State())];

    public override void OnRecord(RecordView record, FindingSink findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        _shop.Scratch.Record++;
        var kind = record.Header.Kind;
        if (kind >= _byKind.Length) return; // joined after the rules were compiled: no rule can name it

        Func<long>? clock = null;
        if (Clock is not null && --_untilTimed == 0) (clock, _untilTimed) = (Clock, TimedEvery);
        _byKind[kind].Show(in record, findings, clock);
    }

    /// <summary>Takes what rules that say the same remember and counted from the set that was in force before. Called
    /// once, between two records; the other set is of no use afterwards.</summary>
    public void TakeOver(RuleSet before)
    {
        ArgumentNullException.ThrowIfNull(before);
        var known = before._rules.ToDictionary(static rule => rule.Spec.FullName, StringComparer.Ordinal);
        Rule[] rules = [.. _rules.Select(rule => known.TryGetValue(rule.Spec.FullName, out var old)
            && old.Spec.Revision == rule.Spec.Revision ? old : rule)];
        foreach (var gone in before._rules.Except(rules)) gone.Budget.Release();
        Volatile.Write(ref _rules, rules);
        Index();
    }

    /// <summary>Counts begin anew; what is remembered stays.</summary>
    public void ForgetCounts()
    {
        foreach (var rule in _rules) rule.Counters.Forget();
    }

    public override IEnumerable<LedgerLine> Ledger()
    {
        var states = States();
        long Sum(Func<RuleCounters, long> count) => states.Sum(state => count(state.Counters));
        yield return new("detect", "rule hits hidden by exceptions", Sum(static counters => counters.Excepted), false);
        yield return new("detect", "rule hits kept back as repeats", Sum(static counters => counters.Held), false);
        yield return new("detect", "rule hits over the rule's rate", Sum(static counters => counters.OverRate), true);
        yield return new("detect", "records late for their window", Sum(static counters => counters.Late), true);
        yield return new("detect", "texts longer than patterns look", Sum(static counters => counters.TextsCut), true);
        var evicted = states.Sum(static state => state.GroupsEvicted);
        yield return new("detect", "groups forgotten for others", evicted, true);
        yield return new("detect", "values memory lacked for", Sum(static counters => counters.Refused), true);
    }

    private void Index()
    {
        var kinds = RecordKinds.All.Count;
        var byKind = new RuleIndex[kinds];
        for (var kind = 0; kind < kinds; kind++)
        {
            var rules = _rules.Where(rule => kind < rule.Kinds.Count && rule.Kinds[kind]);
            byKind[kind] = new RuleIndex([.. rules], _shop.Origins);
        }

        _byKind = byKind;
    }
}
