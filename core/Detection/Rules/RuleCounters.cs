namespace NetSniff.Detection.Rules;

/// <summary>What became of the records that a rule saw. One thread counts, any may read.</summary>
public sealed class RuleCounters
{
    /// <summary>Records that were shown to the rule: those that it could be about.</summary>
    public long Evaluated;

    /// <summary>Of those, records for which match and condition held.</summary>
    public long Matched;

    /// <summary>Times that the detector said yes: each became a finding, or is in one of the next.</summary>
    public long Fired;

    /// <summary>Findings.</summary>
    public long Raised;

    /// <summary>Hidden by exceptions: records where the detector counts, else findings.</summary>
    public long Excepted;

    /// <summary>Kept back because the group had a finding not long ago.</summary>
    public long Held;

    /// <summary>Kept back because the rule had as many in this minute as it may.</summary>
    public long OverRate;

    /// <summary>Records older than the window of their group: they count for nothing.</summary>
    public long Late;

    /// <summary>Values that memory lacked for.</summary>
    public long Refused;

    /// <summary>Texts that patterns saw the beginning of only.</summary>
    public long TextsCut;

    /// <summary>Time of the last finding, by its record.</summary>
    public long LastNanos;

    /// <summary>Evaluations that the host timed, and how long they took together.</summary>
    public long TimedCount;

    public long TimedNanos;

    public void Forget()
    {
        Evaluated = Matched = Fired = Raised = Excepted = Held = OverRate = Late = Refused = TextsCut = 0;
        LastNanos = TimedCount = TimedNanos = 0;
    }
}

/// <summary>A silence of a rule, and what it hid.</summary>
/// <param name="IsExpired">By the time of the newest record.</param>
public sealed record ExceptionState(string Name, string Reason, long? ExpireNanos, long Hidden, bool IsExpired);

/// <summary>How a rule is, for whoever asks.</summary>
public sealed record RuleState(RuleSpec Spec, RuleCounters Counters)
{
    public required IReadOnlyList<ExceptionState> Exceptions { get; init; }

    /// <summary>Groups that are remembered, and groups that had to go because there was no room for more.</summary>
    public int Groups { get; init; }

    public long GroupsEvicted { get; init; }

    public bool IsAtLimit => GroupsEvicted > 0 || Counters.Refused > 0;

    /// <summary>0 as long as nothing was timed.</summary>
    public double MeanNanos => Counters.TimedCount == 0 ? 0 : (double)Counters.TimedNanos / Counters.TimedCount;
}
