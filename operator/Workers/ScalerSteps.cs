namespace NetSniff.Operator.Workers;

/// <summary>What is wanted, and between which bounds.</summary>
/// <param name="CpuShare">Of the CPU that workers ask for: 0.65.</param>
/// <param name="Lag">How long records may wait.</param>
public readonly record struct ScalerGoal(int Min, int Max, double CpuShare, TimeSpan Lag);

/// <summary>How it is.</summary>
/// <param name="Replicas">So many were asked for.</param>
/// <param name="CpuShare">In use, of what all that report ask for; not a number where nobody knows yet.</param>
/// <param name="Lag">Of the worker whose records wait longest.</param>
/// <param name="Reporting">Workers that say so; without any nothing is known.</param>
public readonly record struct ScalerSample(int Replicas, double CpuShare, TimeSpan Lag, int Reporting);

/// <summary>Says how many workers there should be, as Kubernetes' own autoscaler does and from what workers say
/// themselves. Pure: time comes with each step.</summary>
/// <remarks>More at once, at most twice as many or four more in a while; fewer only when so few would have been enough
/// for long, and one by one. What is outside of the bounds is brought within at once.</remarks>
public sealed class ScalerSteps
{
    /// <summary>Fewer only when it was enough for so long.</summary>
    public static readonly TimeSpan DownWindow = TimeSpan.FromMinutes(5);

    /// <summary>Between two steps up: those who are new must have had the time to help.</summary>
    public static readonly TimeSpan UpEvery = TimeSpan.FromSeconds(15);

    /// <summary>Between two steps down.</summary>
    public static readonly TimeSpan DownEvery = TimeSpan.FromMinutes(1);

    /// <summary>So near to the goal is near enough.</summary>
    private const double Tolerance = 0.1;

    private const int MoreMin = 4;

    private readonly Queue<(TimeSpan At, int Wanted)> _recent = new();
    private TimeSpan? _began;
    private TimeSpan? _changed;

    /// <param name="now">Since any moment, always the same.</param>
    public int Step(TimeSpan now, ScalerGoal goal, ScalerSample sample)
    {
        _began ??= now;
        var within = Math.Clamp(sample.Replicas, goal.Min, goal.Max);
        if (within != sample.Replicas) return Change(now, within);
        if (sample.Reporting == 0) return sample.Replicas;

        var wanted = Math.Clamp(Wanted(goal, sample), goal.Min, goal.Max);
        _recent.Enqueue((now, wanted));
        while (_recent.Peek().At < now - DownWindow) _recent.Dequeue();
        var sinceChange = now - (_changed ?? _began.Value - UpEvery);
        if (wanted > sample.Replicas)
        {
            if (sinceChange < UpEvery) return sample.Replicas;

            var most = Math.Max(sample.Replicas * 2, sample.Replicas + MoreMin);
            return Change(now, Math.Min(wanted, most));
        }

        var enough = _recent.Max(static one => one.Wanted);
        var isKnown = now - _began.Value >= DownWindow;
        return isKnown && enough < sample.Replicas && sinceChange >= DownEvery
            ? Change(now, sample.Replicas - 1)
            : sample.Replicas;
    }

    private int Change(TimeSpan now, int wanted)
    {
        _changed = now;
        return wanted;
    }

    private static int Wanted(ScalerGoal goal, ScalerSample sample)
    {
        var byCpu = double.IsNaN(sample.CpuShare)
            ? sample.Replicas : ByRatio(sample.Replicas, sample.CpuShare / goal.CpuShare);
        var lag = sample.Lag / goal.Lag;
        // Records that do not wait say nothing about how many are too many: that is the CPU's to say.
        var byLag = lag > 1 + Tolerance ? ByRatio(sample.Replicas, Math.Min(2, lag)) : 1;
        return Math.Max(byCpu, byLag);
    }

    private static int ByRatio(int replicas, double ratio) =>
        Math.Abs(ratio - 1) <= Tolerance ? replicas : Math.Max(1, (int)Math.Ceiling(replicas * ratio));
}
