using System.Diagnostics;
using NetSniff.Sensor.Governor;
using NetSniff.Storage.Config;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Health;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Hosting;

/// <summary>What sensors and workers say of themselves in the same words: readiness, plan, what they use.</summary>
internal sealed class MemberReport(HealthBoard board, PlanKeeper? plans)
{
    /// <summary>CPU time is told over at least so long.</summary>
    private static readonly TimeSpan s_useOver = TimeSpan.FromSeconds(1);

    private readonly long _began = Stopwatch.GetTimestamp();
    private long _usedAt = Stopwatch.GetTimestamp();
    private OwnUse _use = OwnUse.Read();
    private double _cpus;

    public ClusterReport New()
    {
        var report = new ClusterReport
        {
            UpMillis = (long)Stopwatch.GetElapsedTime(_began).TotalMilliseconds, IsReady = board.IsReady,
        };
        if (plans?.Current is { } plan) (report.Sequence, report.Revision) = (plan.Sequence, plan.Revision);
        if (plans?.Refused is var (refused, why))
        {
            (report.RefusedRevision, report.Refused) = (refused.Revision, ClusterLimits.Cut(why));
        }

        foreach (var condition in board.Conditions.Where(static one => !one.State.Holds)
            .Take(ClusterLimits.ConditionsMax))
        {
            report.Unmet.Add(new ConditionReport
            {
                Name = condition.Name, Reason = condition.State.Reason, Text = ClusterLimits.Cut(condition.State.Text),
            });
        }

        (report.Cpus, report.MemoryBytes) = (Cpus(), _use.MemoryBytes);
        return report;
    }

    private double Cpus()
    {
        var passed = Stopwatch.GetElapsedTime(_usedAt);
        if (passed < s_useOver) return _cpus;

        var use = OwnUse.Read();
        _cpus = (use.Cpu - _use.Cpu) / passed;
        (_use, _usedAt) = (use, Stopwatch.GetTimestamp());
        return _cpus;
    }
}
