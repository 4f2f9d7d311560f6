using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>Finds the rules that a record of one kind could be about: those that ask for a value by that value, those
/// with patterns by the texts that their patterns need, and the rest.</summary>
internal sealed class RuleIndex
{
    /// <summary>Different values of a field that rules ask for, from which on one look for all is worth it.</summary>
    private const int KeyedMin = 4;

    private readonly Rule[] _always;
    private readonly Keyed[] _keyed;
    private readonly Gated[] _gated;

    /// <param name="rules">In the order they are asked in.</param>
    public RuleIndex(IReadOnlyList<Rule> rules, OriginBook origins)
    {
        // The field that tells most rules apart is the one to look at.
        var values = rules.SelectMany(static rule => rule.Keys)
            .GroupBy(static key => key.Field.Name, StringComparer.Ordinal)
            .ToDictionary(
                static same => same.Key,
                static same => same.SelectMany(static key => key.Values).Select(static value => value.Source)
                    .Distinct(StringComparer.Ordinal).Count(),
                StringComparer.Ordinal);
        var chosen = rules
            .Select(rule => (Rule: rule, Key: rule.Keys.MaxBy(key => values[key.Field.Name])!))
            .Where(pair => pair.Key is not null && values[pair.Key.Field.Name] >= KeyedMin)
            .ToArray();
        _keyed =
        [
            .. chosen.GroupBy(static pair => pair.Key.Field.Name, StringComparer.Ordinal)
                .Select(same => new Keyed([.. same], origins)),
        ];
        var rest = rules.Except(chosen.Select(static pair => pair.Rule)).ToArray();
        _gated =
        [
            .. rest.Where(static rule => rule.Gate is not null).GroupBy(static rule => rule.Gate!)
                .Select(static same => new Gated(same.Key, [.. same])),
        ];
        _always = [.. rest.Where(static rule => rule.Gate is null)];
    }

    public void Show(in RecordView record, FindingSink findings, Func<long>? clock)
    {
        Show(_always, in record, findings, clock);
        foreach (var keyed in _keyed)
        {
            if (keyed.Find(in record) is { } found) Show(found, in record, findings, clock);
        }

        foreach (var gated in _gated)
        {
            if (gated.Gate.MayHold(in record)) Show(gated.Rules, in record, findings, clock);
            else gated.Pass();
        }
    }

    private static void Show(Rule[] rules, in RecordView record, FindingSink findings, Func<long>? clock)
    {
        if (clock is null)
        {
            foreach (var rule in rules) rule.OnRecord(in record, findings);
            return;
        }

        foreach (var rule in rules)
        {
            var start = clock();
            rule.OnRecord(in record, findings);
            rule.Counters.TimedNanos += clock() - start;
            rule.Counters.TimedCount++;
        }
    }

    private sealed record Gated(Patterns.PatternGate Gate, Rule[] Rules)
    {
        /// <summary>None of them can hold. That a text was too long to say so for sure is counted.</summary>
        public void Pass()
        {
            if (!Gate.IsCut) return;
            foreach (var rule in Rules) rule.Counters.TextsCut++;
        }
    }

    private sealed class Keyed
    {
        private readonly FieldProbe _field;
        private readonly Dictionary<GroupKey, Rule[]> _rules;

        public Keyed(IReadOnlyList<(Rule Rule, FilterKey Key)> rules, OriginBook origins)
        {
            var field = new FieldProbe(rules[0].Key.Field, origins);
            _field = field;
            _rules = rules
                .SelectMany(pair => pair.Key.Values.Select(value => (Key: field.KeyOf(value), pair.Rule)))
                .GroupBy(static pair => pair.Key)
                .ToDictionary(
                    static same => same.Key, static same => same.Select(static pair => pair.Rule).Distinct().ToArray());
        }

        public Rule[]? Find(in RecordView record)
        {
            var hash = new KeyHash();
            return _field.AddTo(ref hash, in record) ? _rules.GetValueOrDefault(hash.Key) : null;
        }
    }
}
