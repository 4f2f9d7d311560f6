using System.Globalization;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.Control;

/// <summary>From what a member says to what reconcilers see.</summary>
internal static class MemberReading
{
    private const int ConditionsTold = 3;

    private static readonly long s_lagMillisMax = (long)TimeSpan.FromDays(366).TotalMilliseconds;

    /// <summary>Whether it keeps within its bounds.</summary>
    public static bool IsSound(ClusterReport report) => report.Rules.Count <= ClusterLimits.RulesMax
        && report.Findings.Count <= ClusterLimits.FindingsMax && report.Unmet.Count <= ClusterLimits.ConditionsMax
        && report.Revision.Length <= ClusterLimits.NameLengthMax && report.Rung.Length <= ClusterLimits.NameLengthMax;

    public static MemberState StateOf(MemberLine line, DateTimeOffset now) => new()
    {
        Kind = line.Kind, Pod = line.Pod, Node = line.Node, Class = line.Class, Version = line.Version, HeardAt = now,
    };

    public static MemberState StateOf(
        MemberState before, MemberRates rates, ClusterReport report, DateTimeOffset now) => before with
    {
        HeardAt = now,
        Revision = report.Revision,
        Sequence = report.Sequence,
        Refused = ClusterLimits.Cut(report.Refused),
        IsReady = report.IsReady,
        NotReady = report.IsReady ? "" : Words(report),
        IsPurged = report.Unmet.Any(static one => one.Reason == ClusterLimits.PurgedReason),
        Packets = report.Packets,
        Bytes = report.Bytes,
        PacketsDropped = report.PacketsDropped,
        PacketsPerSecond = rates.PacketsPerSecond,
        BitsPerSecond = rates.BitsPerSecond,
        DropRatio = rates.DropRatio,
        Rung = report.Rung.Length == 0 ? before.Rung : report.Rung,
        RungReason = ClusterLimits.Cut(report.RungReason),
        Cpus = report.Cpus,
        MemoryBytes = report.MemoryBytes,
        Lag = TimeSpan.FromMilliseconds(Math.Clamp(report.LagMillis, 0, s_lagMillisMax)),
        Rules = report.HasRules ? RulesOf(report) : before.Rules,
    };

    /// <summary>What reconcilers act upon, counters left out.</summary>
    public static bool IsNews(MemberState before, MemberState after) =>
        before.IsPurged != after.IsPurged
        || (before.Revision, before.Sequence, before.Refused, before.IsReady, before.NotReady, before.Rung)
        != (after.Revision, after.Sequence, after.Refused, after.IsReady, after.NotReady, after.Rung);

    public static FindingNotice NoticeOf(FindingReport finding) => new(
        ClusterLimits.Cut(finding.Rule), ClusterLimits.Cut(finding.Severity), ClusterLimits.Cut(finding.Text),
        ClusterLimits.Cut(finding.PodNamespace), ClusterLimits.Cut(finding.Pod), TimeOf(finding.TimeNanos),
        Math.Max(1, finding.Count));

    private static DateTimeOffset TimeOf(long nanos) =>
        DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(nanos, 0, long.MaxValue - 1) / TimeSpan.NanosecondsPerTick);

    private static string Words(ClusterReport report)
    {
        var told = string.Join("; ", report.Unmet.Take(ConditionsTold).Select(static one =>
            one.Text.Length == 0 ? $"{one.Name}: {one.Reason}" : $"{one.Name}: {one.Text}"));
        if (report.Unmet.Count > ConditionsTold)
        {
            told += string.Create(CultureInfo.InvariantCulture, $"; and {report.Unmet.Count - ConditionsTold} more");
        }

        return ClusterLimits.Cut(told);
    }

    private static List<RuleState> RulesOf(ClusterReport report) =>
    [
        .. report.Rules.Select(static rule => new RuleState(
            ClusterLimits.Cut(rule.Name), rule.Findings, rule.Shadowed, rule.Suppressed,
            rule.LastFindingNanos > 0 ? TimeOf(rule.LastFindingNanos) : null,
            TimeSpan.FromTicks(Math.Max(0, rule.MeanNanos) / TimeSpan.NanosecondsPerTick),
            Math.Max(0, rule.Evaluations))),
    ];
}
