using NetSniff.Operator.Control;

namespace NetSniff.Operator.DetectionRules;

/// <summary>What all workers found by one rule, over their restarts: a worker counts from nought when it begins.
/// </summary>
public sealed class RuleTally
{
    private readonly Dictionary<string, RuleState> _last = new(StringComparer.Ordinal);
    private bool _hasLooked;

    public long Alerts { get; private set; }

    public long Shadowed { get; private set; }

    public long Suppressed { get; private set; }

    public DateTimeOffset? LastAlert { get; private set; }

    /// <summary>0 while nothing was timed.</summary>
    public TimeSpan Mean { get; private set; }

    public double PerSecond { get; private set; }

    /// <summary>Goes on from what was written of it.</summary>
    public void Begin(long alerts, long shadowed, long suppressed, DateTimeOffset? lastAlert) =>
        (Alerts, Shadowed, Suppressed, LastAlert) = (alerts, shadowed, suppressed, lastAlert);

    /// <param name="states">By pod, what each worker says of the rule now.</param>
    public void Take(IReadOnlyCollection<(string Pod, RuleState State)> states)
    {
        ArgumentNullException.ThrowIfNull(states);
        if (_hasLooked) Add(states);
        else if (states.Count > 0) Meet(states);

        foreach (var (pod, state) in states) _last[pod] = state;
        foreach (var gone in _last.Keys.Except(states.Select(static one => one.Pod)).ToList()) _last.Remove(gone);
        if (states.Select(static one => one.State.LastFinding).Max() is { } last
            && (LastAlert is null || last > LastAlert)) LastAlert = last;
        PerSecond = states.Sum(static one => one.State.EvaluationsPerSecond);
        var timed = states.Where(static one => one.State.MeanEvaluation > TimeSpan.Zero).ToList();
        Mean = timed.Count == 0
            ? TimeSpan.Zero : TimeSpan.FromTicks((long)timed.Average(static one => one.State.MeanEvaluation.Ticks));
    }

    /// <summary>What they count already is in what was written, or there was nothing written.</summary>
    private void Meet(IReadOnlyCollection<(string Pod, RuleState State)> states)
    {
        _hasLooked = true;
        Alerts = Math.Max(Alerts, states.Sum(static one => one.State.Findings));
        Shadowed = Math.Max(Shadowed, states.Sum(static one => one.State.Shadowed));
        Suppressed = Math.Max(Suppressed, states.Sum(static one => one.State.Suppressed));
    }

    private void Add(IReadOnlyCollection<(string Pod, RuleState State)> states)
    {
        foreach (var (pod, state) in states)
        {
            var before = _last.GetValueOrDefault(pod);
            Alerts += Since(state.Findings, before?.Findings ?? 0);
            Shadowed += Since(state.Shadowed, before?.Shadowed ?? 0);
            Suppressed += Since(state.Suppressed, before?.Suppressed ?? 0);
        }
    }

    private static long Since(long now, long before) => now >= before ? now - before : now;
}
