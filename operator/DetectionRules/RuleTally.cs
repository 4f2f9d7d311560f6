using NetSniff.Operator.Control;

namespace NetSniff.Operator.DetectionRules;

/// <summary>What all workers found by one rule, over their restarts: a worker counts from nought when it begins.
/// </summary>
public sealed class RuleTally
{
    /// <summary>What was timed less often says nothing about what it costs.</summary>
    private const long EvaluationsMin = 1000;

    /// <summary>A rate is of so long; before half of it nothing is told.</summary>
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_sampleEvery = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, RuleState> _last = new(StringComparer.Ordinal);
    private readonly Queue<(DateTimeOffset At, long Evaluated)> _samples = new();
    private DateTimeOffset _sampledAt;
    private long _evaluated;
    private bool _hasLooked;

    public long Alerts { get; private set; }

    public long Shadowed { get; private set; }

    public long Suppressed { get; private set; }

    public DateTimeOffset? LastAlert { get; private set; }

    /// <summary>Of one evaluation; null while too few were timed.</summary>
    public TimeSpan? Mean { get; private set; }

    /// <summary>Evaluations by all workers, in the last minute; null while nobody has looked for so long.</summary>
    public double? PerSecond { get; private set; }

    /// <summary>Goes on from what was written of it.</summary>
    public void Begin(long alerts, long shadowed, long suppressed, DateTimeOffset? lastAlert) =>
        (Alerts, Shadowed, Suppressed, LastAlert) = (alerts, shadowed, suppressed, lastAlert);

    /// <param name="states">By pod, what each worker says of the rule now.</param>
    public void Take(IReadOnlyCollection<(string Pod, RuleState State)> states, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(states);
        if (_hasLooked) Add(states);
        else if (states.Count > 0) Meet(states);

        Rate(states, now);
        foreach (var (pod, state) in states) _last[pod] = state;
        foreach (var gone in _last.Keys.Except(states.Select(static one => one.Pod)).ToList()) _last.Remove(gone);
        if (states.Select(static one => one.State.LastFinding).Max() is { } last
            && (LastAlert is null || last > LastAlert)) LastAlert = last;
        var timed = states.Select(static one => one.State).Where(static one => one.MeanEvaluation > TimeSpan.Zero);
        var count = timed.Sum(static one => one.Evaluations);
        Mean = count < EvaluationsMin ? null : TimeSpan.FromTicks(
            (long)timed.Sum(one => one.MeanEvaluation.Ticks * ((double)one.Evaluations / count)));
    }

    /// <summary>What a worker had counted before it was met is of another time.</summary>
    private void Rate(IReadOnlyCollection<(string Pod, RuleState State)> states, DateTimeOffset now)
    {
        foreach (var (pod, state) in states)
        {
            if (_last.TryGetValue(pod, out var before)) _evaluated += Since(state.Evaluations, before.Evaluations);
        }

        if (_samples.Count > 0 && now - _sampledAt < s_sampleEvery) return;

        _sampledAt = now;
        _samples.Enqueue((now, _evaluated));
        // One that is as old as the window stays: the time since it is what there is to divide by.
        while (_samples.Count > 1 && now - _samples.ElementAt(1).At >= s_window) _samples.Dequeue();

        var first = _samples.Peek();
        PerSecond = now - first.At < s_window / 2
            ? null : (_evaluated - first.Evaluated) / (now - first.At).TotalSeconds;
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
