namespace NetSniff.Flows;

/// <summary>Reminds of flows to look at again: one bucket a second, over <see cref="HorizonSeconds"/>.</summary>
/// <remarks>Lazy: a packet does not move its flow, so a reminder may find that the flow has been busy; then it is
/// reminded of later. Looking early and often costs less than moving a flow on every packet, which would touch two
/// neighbours' cache lines.</remarks>
public sealed unsafe class FlowWheel
{
    /// <summary>No flow waits longer for a look, so a closed flow lingers at most this long.</summary>
    public const int HorizonSeconds = 15;

    private const int Buckets = 16;
    private const long Second = 1_000_000_000;

    private readonly FlowTable _table;
    private readonly int[] _heads = new int[Buckets];
    private long _second;
    private long _dueNanos = Second;

    public FlowWheel(FlowTable table)
    {
        _table = table;
        Array.Fill(_heads, -1);
    }

    /// <summary>Looks at the flow no earlier than <paramref name="dueNanos"/>, or at the horizon if that is nearer.
    /// </summary>
    public void Remind(int number, Flow* flow, long dueNanos, long nowNanos)
    {
        var wait = Math.Clamp((dueNanos - nowNanos) / Second + 1, 1, HorizonSeconds);
        ref var head = ref _heads[(_second + wait) & (Buckets - 1)];
        flow->WheelNext = head;
        head = number;
    }

    /// <summary>Whether a bucket is due at this time.</summary>
    public bool IsDue(long nowNanos) => nowNanos >= _dueNanos;

    /// <summary>Takes the next due bucket; its flows are chained by <see cref="Flow.WheelNext"/>. Call until false.
    /// </summary>
    public bool TryTakeDue(long nowNanos, out int first)
    {
        first = -1;
        var second = nowNanos / Second;
        // After a long silence every bucket is due once, and once is enough.
        if (second - _second > Buckets) _second = second - Buckets;
        if (second <= _second) return false;

        _second++;
        _dueNanos = _second < long.MaxValue / Second ? (_second + 1) * Second : long.MaxValue;
        ref var head = ref _heads[_second & (Buckets - 1)];
        first = head;
        head = -1;
        return true;
    }

    /// <summary>Takes any flows at all, for the end of a capture. Call until false.</summary>
    public bool TryTakeAny(out int first)
    {
        for (var step = 1; step <= Buckets; step++)
        {
            ref var head = ref _heads[(_second + step) & (Buckets - 1)];
            if (head < 0) continue;
            first = head;
            head = -1;
            return true;
        }

        first = -1;
        return false;
    }

    /// <summary>The longest idle of the first <see cref="SampleMax"/> flows that are due next; taken off the wheel.
    /// </summary>
    /// <remarks>Exact order would need a list that every packet rearranges. The oldest of 64 is, on average, older than
    /// 98 % of all, so in a flood the flood's own flows go and busy ones never do.</remarks>
    public bool TryTakeOldest(out int oldest)
    {
        oldest = -1;
        for (var step = 1; step <= Buckets; step++)
        {
            ref var head = ref _heads[(_second + step) & (Buckets - 1)];
            if (head < 0) continue;
            oldest = TakeOldestOf(ref head);
            return true;
        }

        return false;
    }

    public const int SampleMax = 64;

    private int TakeOldestOf(ref int head)
    {
        int oldest = head, oldestBefore = -1, before = -1, at = head;
        for (var seen = 0; seen < SampleMax && at >= 0; seen++)
        {
            var flow = _table.At(at);
            if (flow->LastNanos < _table.At(oldest)->LastNanos) (oldest, oldestBefore) = (at, before);
            (before, at) = (at, flow->WheelNext);
        }

        if (oldestBefore < 0) head = _table.At(oldest)->WheelNext;
        else _table.At(oldestBefore)->WheelNext = _table.At(oldest)->WheelNext;
        return oldest;
    }
}
