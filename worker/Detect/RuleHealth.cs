using System.Globalization;
using NetSniff.Detection.Rules;
using NetSniff.Wire.Health;

namespace NetSniff.Worker.Detect;

/// <summary>Tells which rules run, what they found and what they cost: as metrics, and as the condition `rules`.
/// </summary>
public sealed class RuleHealth : IMetricSource
{
    private const int ProblemsTold = 3;

    private readonly Func<RuleFolderState> _state;
    private readonly Func<RuleSet?> _rules;
    private readonly Condition _condition;

    public RuleHealth(HealthBoard board, Func<RuleFolderState> state, Func<RuleSet?> rules)
    {
        ArgumentNullException.ThrowIfNull(board);
        (_state, _rules, _condition) = (state, rules, board.AddCondition("rules"));
        board.Add(this);
        Look();
    }

    /// <summary>Called after each look at the folder.</summary>
    public void Look()
    {
        var state = _state();
        var wrong = state.Problems.Where(static problem => !problem.IsWarning).ToArray();
        var told = string.Join("; ", wrong.Take(ProblemsTold));
        if (wrong.Length > ProblemsTold)
        {
            told += string.Create(CultureInfo.InvariantCulture, $"; and {wrong.Length - ProblemsTold} more");
        }

        if (state.Revision.Length == 0) _condition.Set(false, wrong is [] ? "Pending" : "Invalid", told);
        else if (wrong is []) _condition.Set(true, "RevisionApplied", $"revision {state.Revision}{Limits()}");
        else
        {
            // The last good ones run: worth a word, and no reason to take the worker away.
            _condition.Set(true, "LastGoodRevision", $"revision {state.Revision} goes on; what lies there now: {told}");
        }
    }

    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        var state = _state();
        sink.Add(Metrics.RulesRejected, state.Rejected);
        if (_rules() is not { } rules) return;

        sink.Add(Metrics.Rules, rules.Count, state.Revision);
        sink.Add(Metrics.RuleStateBytes, rules.Budget.Bytes);
        foreach (var rule in rules.States()) Read(sink, rule);
    }

    private static void Read(MetricSink sink, RuleState rule)
    {
        var (name, counters) = (rule.Spec.FullName, rule.Counters);
        var mode = rule.Spec.Mode.ToString().ToLowerInvariant();
        sink.Add(Metrics.RuleFindings, counters.Raised, name, rule.Spec.Severity.ToString().ToLowerInvariant(), mode);
        sink.Add(Metrics.RuleEvaluations, counters.Evaluated, name);
        if (counters.TimedCount > 0) sink.AddLargest(Metrics.RuleCost, rule.MeanNanos / 1e9, name);
        foreach (var exception in rule.Exceptions)
        {
            sink.Add(Metrics.RuleHidden, exception.Hidden, name, $"exception {exception.Name}");
        }

        sink.Add(Metrics.RuleHidden, counters.Held, name, "repeat");
        sink.Add(Metrics.RuleHidden, counters.OverRate, name, "rate");
        sink.Add(Metrics.RuleHidden, counters.Late, name, "late");
        if (rule.IsAtLimit) sink.Add(Metrics.RuleAtLimit, 1, name);
    }

    private string Limits()
    {
        var names = _rules()?.States().Where(static rule => rule.IsAtLimit)
            .Select(static rule => rule.Spec.FullName).Take(ProblemsTold).ToArray() ?? [];
        return names is [] ? "" : $"; at the limit of their groups: {string.Join(", ", names)}";
    }
}
