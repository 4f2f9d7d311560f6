using NetSniff.Detection.Sketches;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>What a judge says beside yes.</summary>
internal struct Judgement
{
    public ulong Count;
    public ulong Score;
    public long FirstNanos;
    public bool IsEstimated;

    /// <summary>Part of a finding's id: which window of a group it was.</summary>
    public GroupKey Group;
}

/// <summary>The detector of one rule: asked of each record for which the condition holds.</summary>
internal abstract class Judge
{
    /// <summary>It remembers records, so that an exception must be asked before it.</summary>
    public abstract bool IsCounting { get; }

    /// <summary>Count from which on it says yes; 0 where it does not count.</summary>
    public virtual ulong Limit => 0;

    /// <summary>Whether this record is one too many, or bad by itself.</summary>
    public abstract bool Holds(in RecordView record, RuleCounters counters, out Judgement judgement);

    /// <summary>Groups that had to go.</summary>
    public virtual long Evicted => 0;

    public virtual int Groups => 0;
}

/// <summary>Every record for which the condition holds.</summary>
internal sealed class MatchJudge : Judge
{
    public override bool IsCounting => false;

    public override bool Holds(in RecordView record, RuleCounters counters, out Judgement judgement)
    {
        judgement = default;
        return true;
    }
}

/// <summary>So many records, or so much of a field, within a window.</summary>
internal sealed class ThresholdJudge(
    ThresholdSpec spec, GroupFields groups, FieldProbe? sumOf, int groupsMax, StateBudget budget) : Judge
{
    private readonly GroupTable<SlidingCount> _table = new(groupsMax, budget);
    private readonly long _slotNanos = SlidingCount.SlotNanos(spec.WindowNanos);

    public override bool IsCounting => true;

    public override ulong Limit => (ulong)spec.Count;

    public override long Evicted => _table.Evicted;

    public override int Groups => _table.Count;

    public override bool Holds(in RecordView record, RuleCounters counters, out Judgement judgement)
    {
        judgement = default;
        var amount = 1ul;
        if (sumOf is not null && !sumOf.TryNumber(in record, out amount)) return false;

        var key = groups.KeyOf(in record);
        ref var count = ref _table.Get(key, out var isNew);
        if (isNew) count.Reset();
        if (!count.TryAdd(record.Header.TimeNanos, _slotNanos, amount))
        {
            counters.Late++;
            return false;
        }

        if (count.Total < (ulong)spec.Count) return false;

        judgement = new Judgement
        {
            Count = count.Total, FirstNanos = count.FirstNanos(_slotNanos), Group = key,
        };
        return true;
    }
}

/// <summary>So many different values of a field within a window.</summary>
internal sealed class DistinctJudge(
    DistinctSpec spec, GroupFields groups, FieldProbe field, int groupsMax, StateBudget budget) : Judge
{
    private readonly GroupTable<Group> _table = new(groupsMax, budget);

    public override bool IsCounting => true;

    public override ulong Limit => (ulong)spec.Count;

    public override long Evicted => _table.Evicted;

    public override int Groups => _table.Count;

    public override bool Holds(in RecordView record, RuleCounters counters, out Judgement judgement)
    {
        judgement = default;
        var value = new KeyHash();
        if (!field.AddTo(ref value, in record)) return false;

        var key = groups.KeyOf(in record);
        ref var group = ref _table.Get(key, out var isNew);
        if (isNew) group.Values?.Reset();
        var values = group.Values ??= new SlidingDistinct(spec.WindowNanos, budget);
        if (!values.TryAdd(value.Key.First, record.Header.TimeNanos, out var isLate))
        {
            if (isLate) counters.Late++;
            else counters.Refused++;
            return false;
        }

        var count = values.Count(spec.Count);
        if (count < spec.Count) return false;

        judgement = new Judgement
        {
            Count = (ulong)count, FirstNanos = values.FirstNanos(), IsEstimated = values.IsEstimated, Group = key,
        };
        return true;
    }

    private struct Group
    {
        public SlidingDistinct? Values;
    }
}
