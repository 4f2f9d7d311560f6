using NetSniff.Detection.Rules;
using NetSniff.Storage.Config;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.V1;
using NetSniff.Worker.Detect;

namespace NetSniff.Cli.Hosting;

/// <summary>A worker as its operator sees it.</summary>
internal sealed class AttendingWorker(
    Terminal terminal, AttendingSettings settings, WorkerProgram worker, PlanKeeper plans, DetectStage? stage,
    FindingNotices? notices) : IClusterMember
{
    /// <summary>Rules are told of so often: there may be thousands.</summary>
    private static readonly TimeSpan s_rulesEvery = TimeSpan.FromSeconds(10);

    /// <summary>Events are not for floods: no more findings in a second, and the rest is counted.</summary>
    private const int FindingsPerSecond = 20;

    private readonly MemberReport _report = new(worker.Board, plans);
    private RuleSet? _toldOf;
    private long _rulesAt;
    private long _findingsAt;

    public ClusterHello Hello()
    {
        (_rulesAt, _toldOf) = (0, null); // another operator knows nothing yet
        return new ClusterHello
        {
            Kind = ClusterKind.Worker, Pod = settings.Pod, Node = settings.Node, Version = ProgramVersion.Text,
        };
    }

    public ClusterReport Report()
    {
        var report = _report.New();
        report.Packets = worker.Host.RecordsStored;
        report.WaitingBytes = worker.Host.LogBytesWaiting;
        report.LagMillis = worker.Host.LagNanos / 1_000_000;
        AddRules(report);
        AddFindings(report);
        return report;
    }

    public void Take(ClusterPlan plan)
    {
        if (plans.Offer(OperatorTalk.FilesOf(plan))) OperatorTalk.Tell(terminal, plans);
    }

    public Task<string?> RunAsync(ClusterTask task, CancellationToken cancel) =>
        Task.FromResult<string?>("a worker of this version cannot do that");

    private void AddRules(ClusterReport report)
    {
        var isNew = !ReferenceEquals(stage?.Rules, _toldOf);
        if (stage?.Rules is not { } rules || (!isNew && _rulesAt != 0 && Since(_rulesAt) < s_rulesEvery)) return;

        (_toldOf, _rulesAt, report.HasRules) = (rules, terminal.Clock.GetTimestamp(), true);
        foreach (var rule in rules.States().Take(ClusterLimits.RulesMax))
        {
            var counters = rule.Counters;
            var isShadow = rule.Spec.Mode == RuleMode.Shadow;
            report.Rules.Add(new RuleReport
            {
                Name = rule.Spec.FullName,
                Findings = isShadow ? 0 : counters.Raised,
                Shadowed = isShadow ? counters.Raised : 0,
                Suppressed = counters.Excepted + counters.Held + counters.OverRate,
                Evaluations = counters.Evaluated,
                LastFindingNanos = counters.LastNanos,
                MeanNanos = (long)rule.MeanNanos,
            });
        }
    }

    private void AddFindings(ClusterReport report)
    {
        if (notices is null) return;

        report.FindingsLeftOut = notices.LeftOut;
        // What came a moment ago waits for the next report; nothing of it is lost.
        if (_findingsAt != 0 && Since(_findingsAt) < TimeSpan.FromSeconds(1)) return;

        foreach (var notice in notices.Take(FindingsPerSecond))
        {
            _findingsAt = terminal.Clock.GetTimestamp();
            report.Findings.Add(new FindingReport
            {
                Rule = notice.Rule, Severity = notice.Severity, Text = ClusterLimits.Cut(notice.Text),
                PodNamespace = notice.Namespace, Pod = notice.Pod, TimeNanos = notice.TimeNanos, Count = notice.Count,
            });
        }
    }

    private TimeSpan Since(long timestamp) => terminal.Clock.GetElapsedTime(timestamp);
}
