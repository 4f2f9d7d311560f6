using System.Globalization;
using NetSniff.Pipeline;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.Control;

/// <summary>Who is connected, what each is to run, and what each last said. Any thread.</summary>
public sealed partial class ClusterMembers : IClusterMembers, IDisposable
{
    public const int MembersMax = 8192;

    /// <summary>Findings that nobody has taken yet.</summary>
    public const int FindingsMax = 10_000;

    /// <summary>One that went is still shown for so long: it may be coming again.</summary>
    public static readonly TimeSpan GoneMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_pruneEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(MemberKind Kind, string Pod), Member> _members = [];
    private readonly Dictionary<(MemberKind Kind, string Scope), Plan> _plans = [];
    private readonly Dictionary<(MemberKind Kind, string Pod), string> _unplanned = [];
    private readonly Queue<FindingNotice> _findings = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _pruning;
    private long _refused;
    private long _reports;
    private long _plansSent;
    private long _plansFailed;
    private long _plansTooLarge;
    private long _findingsHeard;
    private long _findingsDropped;
    private long _tasks;

    public ClusterMembers(TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _pruning = _clock.CreateTimer(_ => Prune(), null, s_pruneEvery, s_pruneEvery);
    }

    public event Action<MemberKind>? Changed;

    /// <summary>Why what nodes are to run could not be made, the first of them by name; null while all is well.
    /// </summary>
    public string? Problem
    {
        get
        {
            lock (_lock) return _unplanned.Count == 0 ? null : ProblemOf(_unplanned.Values.Order().First());
        }
    }

    public IReadOnlyList<MemberState> Members(MemberKind kind)
    {
        lock (_lock) return [.. _members.Values.Where(one => one.State.Kind == kind).Select(static one => one.State)];
    }

    public bool SetPlan(
        MemberKind kind, string scope, MemberPlan plan, Func<MemberPlan, string, MemberPlan>? ofNode = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!HasRoom(plan)) return false;

        lock (_lock)
        {
            _plans[(kind, scope)] = new Plan(plan, ofNode);
            foreach (var line in Lines(kind, scope)) line.Plan();
        }

        return true;
    }

    public void Touch(string node)
    {
        lock (_lock)
        {
            foreach (var member in _members.Values)
            {
                if (member.Line is { } line && line.Node == node) line.Plan();
            }
        }
    }

    public IReadOnlyList<FindingNotice> TakeFindings(int most)
    {
        lock (_lock)
        {
            List<FindingNotice> taken = [];
            while (taken.Count < most && _findings.TryDequeue(out var finding)) taken.Add(finding);
            return taken;
        }
    }

    /// <summary>What came and what was left out.</summary>
    public IEnumerable<LedgerLine> Ledger()
    {
        lock (_lock)
        {
            const string Stage = "cluster";
            return
            [
                new(Stage, "members refused, too many", _refused, true),
                new(Stage, "reports", _reports, false),
                new(Stage, "plans sent", _plansSent, false),
                new(Stage, "plans that could not be made", _plansFailed, false),
                new(Stage, "plans not sent, too large", _plansTooLarge, true),
                new(Stage, "tasks given", _tasks, false),
                new(Stage, "findings for events", _findingsHeard, false),
                new(Stage, "findings for events dropped, too many", _findingsDropped, true),
            ];
        }
    }

    public void Dispose() => _pruning.Dispose();

    /// <returns>Null when there is no room. An earlier line of the same member ends.</returns>
    internal MemberLine? Open(ClusterHello hello)
    {
        var kind = hello.Kind == ClusterKind.Sensor ? MemberKind.Sensor : MemberKind.Worker;
        var line = new MemberLine(kind, hello);
        lock (_lock)
        {
            var key = (kind, hello.Pod);
            if (!_members.TryGetValue(key, out var member))
            {
                if (_members.Count >= MembersMax)
                {
                    _refused++;
                    line.Dispose();
                    return null;
                }

                _members[key] = member = new Member(MemberReading.StateOf(line, _clock.GetUtcNow()));
            }

            member.Line?.Supersede();
            (member.Line, member.GoneAt) = (line, 0);
            member.State = MemberReading.StateOf(line, _clock.GetUtcNow()) with
            {
                Revision = member.State.Revision, Sequence = member.State.Sequence, Rules = member.State.Rules,
            };
        }

        Changed?.Invoke(kind);
        return line;
    }

    internal void Close(MemberLine line)
    {
        lock (_lock)
        {
            if (_members.TryGetValue((line.Kind, line.Pod), out var member) && member.Line == line)
            {
                (member.Line, member.GoneAt) = (null, _clock.GetTimestamp());
                member.State = member.State with { IsReady = false, NotReady = "its line to the operator is cut" };
            }
        }

        line.Lose();
        Changed?.Invoke(line.Kind);
    }

    internal void Take(MemberLine line, ClusterReport report)
    {
        bool isNews;
        lock (_lock)
        {
            // A line that was superseded may have a word left.
            if (!_members.TryGetValue((line.Kind, line.Pod), out var member) || member.Line != line) return;

            _reports++;
            line.Rates.Add(report.UpMillis, report.Packets, report.Bytes, report.PacketsDropped);
            var before = member.State;
            member.State = MemberReading.StateOf(before, line.Rates, report, _clock.GetUtcNow());
            isNews = MemberReading.IsNews(before, member.State) || report.Findings.Count > 0;
            Keep(report);
        }

        if (isNews) Changed?.Invoke(line.Kind);
    }

    /// <summary>What the member is to run, where that is something else than it was last told.</summary>
    internal FromOperator? NextPlan(MemberLine line)
    {
        if (!line.TakePlanDue()) return null;

        Plan? found;
        lock (_lock) found = _plans.GetValueOrDefault((line.Kind, line.Class));
        if (found is null) return null;

        MemberPlan plan;
        try
        {
            plan = found.OfNode?.Invoke(found.Common, line.Node) ?? found.Common;
            lock (_lock) _unplanned.Remove((line.Kind, line.Pod));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // One node's must not keep the others from theirs; it is made again with the next change.
            lock (_lock)
            {
                _plansFailed++;
                _unplanned[(line.Kind, line.Pod)] = $"the plan of node {line.Node} cannot be made: {failure.Message}";
            }

            return null;
        }

        if (line.Planned is { } last && IsSame(last, plan)) return null;
        if (!ReferenceEquals(plan, found.Common) && !HasRoom(plan)) return null;

        line.Planned = plan;
        lock (_lock) _plansSent++;
        var word = new ClusterPlan { Sequence = plan.Sequence, Revision = plan.Revision };
        word.Files.AddRange(plan.Files.Select(static file => new ClusterFile { Name = file.Key, Text = file.Value }));
        return new FromOperator { Plan = word };
    }

    private string ProblemOf(string first) => _unplanned.Count == 1
        ? first : string.Create(CultureInfo.InvariantCulture, $"{first}; and {_unplanned.Count - 1} more");

    private static bool IsSame(MemberPlan left, MemberPlan right) => ReferenceEquals(left, right)
        || (left.Sequence == right.Sequence && left.Revision == right.Revision
            && left.Files.Count == right.Files.Count
            && left.Files.All(file => right.Files.TryGetValue(file.Key, out var text) && text == file.Value));

    /// <summary>Whether a member takes it; where not, it is counted and said.</summary>
    private bool HasRoom(MemberPlan plan)
    {
        if (plan.Files.Count <= ClusterLimits.PlanFilesMax && BytesOf(plan) <= ClusterLimits.PlanBytesMax) return true;

        Problem = $"plan {plan.Revision}: at most {ClusterLimits.PlanFilesMax} files of {ClusterLimits.PlanBytesMax} "
            + "bytes in all are taken";
        lock (_lock) _plansTooLarge++;
        return false;
    }

    private static long BytesOf(MemberPlan plan) =>
        plan.Files.Sum(static file => System.Text.Encoding.UTF8.GetByteCount(file.Value) + (long)file.Key.Length);

    /// <param name="scope">A sensor's class; workers have none.</param>
    private IEnumerable<MemberLine> Lines(MemberKind kind, string scope) => _members.Values
        .Select(static member => member.Line).OfType<MemberLine>()
        .Where(line => line.Kind == kind && line.Class == scope);

    private void Keep(ClusterReport report)
    {
        foreach (var finding in report.Findings)
        {
            _findingsHeard++;
            if (_findings.Count >= FindingsMax)
            {
                _findingsDropped++;
                continue;
            }

            _findings.Enqueue(MemberReading.NoticeOf(finding));
        }
    }

    private void Prune()
    {
        List<MemberKind> changed = [];
        lock (_lock)
        {
            foreach (var (key, member) in _members)
            {
                if (member.Line is not null || _clock.GetElapsedTime(member.GoneAt) < GoneMax) continue;

                _members.Remove(key);
                _unplanned.Remove(key);
                changed.Add(key.Kind);
            }
        }

        foreach (var kind in changed.Distinct()) Changed?.Invoke(kind);
    }

    private string NextTask() =>
        string.Create(CultureInfo.InvariantCulture, $"task-{Interlocked.Increment(ref _tasks)}");

    private sealed record Plan(MemberPlan Common, Func<MemberPlan, string, MemberPlan>? OfNode);

    private sealed class Member(MemberState state)
    {
        public MemberState State { get; set; } = state;

        /// <summary>Null while it is away.</summary>
        public MemberLine? Line { get; set; }

        public long GoneAt { get; set; }
    }
}
