using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>Keeps findings back that say what was just said, and more than so many a minute.</summary>
internal sealed class Dedupe(
    GroupFields groups, long forNanos, int alertsPerMinuteMax, int groupsMax, StateBudget budget)
{
    private const long Minute = 60_000_000_000;

    /// <summary>A clock that is so much behind was set back, and the count of that minute begins anew.</summary>
    private const long BackMinutesMax = 10;

    private readonly GroupTable<Hold> _holds = new(groupsMax, budget);
    private long _minute = long.MinValue;
    private int _inMinute;

    public GroupFields Groups => groups;

    /// <param name="key">Of the group, part of the finding's id.</param>
    /// <param name="repeats">Findings of the group kept back since the last.</param>
    public bool TryPass(in RecordView record, RuleCounters counters, out GroupKey key, out ulong repeats)
    {
        key = groups.KeyOf(in record);
        repeats = 0;
        var time = record.Header.TimeNanos;
        if (forNanos > 0 && IsHeld(key, time, counters, out repeats)) return false;
        if (IsOverRate(time))
        {
            counters.OverRate++;
            return false;
        }

        if (forNanos > 0) _holds.Get(key, out _) = new Hold { Until = time + forNanos };
        return true;
    }

    private bool IsHeld(GroupKey key, long time, RuleCounters counters, out ulong repeats)
    {
        ref var hold = ref _holds.Get(key, out var isNew);
        if (isNew) hold = new Hold { Until = long.MinValue };
        // A hold that ends too far ahead was made by a clock that has been set back since.
        if (time < hold.Until && hold.Until - time <= 2 * forNanos)
        {
            hold.Repeats++;
            counters.Held++;
            repeats = 0;
            return true;
        }

        repeats = hold.Repeats;
        return false;
    }

    private bool IsOverRate(long time)
    {
        var minute = time / Minute;
        if (minute > _minute || minute < _minute - BackMinutesMax) (_minute, _inMinute) = (minute, 0);
        if (_inMinute >= alertsPerMinuteMax) return true;

        _inMinute++;
        return false;
    }

    private struct Hold
    {
        public long Until;
        public ulong Repeats;
    }
}
