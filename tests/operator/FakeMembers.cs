using NetSniff.Operator.Control;

namespace NetSniff.Tests.Operator;

/// <summary>Sensors and workers that say what a test wants.</summary>
internal sealed class FakeMembers : IClusterMembers
{
    private readonly Lock _lock = new();
    private readonly List<MemberState> _members = [];
    private readonly List<FindingNotice> _findings = [];
    private readonly Dictionary<(MemberKind Kind, string Scope), Planned> _plans = [];

    public event Action<MemberKind>? Changed;

    public List<string> Purged { get; } = [];

    public List<string> Touched { get; } = [];

    public IReadOnlyList<MemberState> Members(MemberKind kind)
    {
        lock (_lock) return [.. _members.Where(one => one.Kind == kind)];
    }

    public bool SetPlan(
        MemberKind kind, string scope, MemberPlan plan, Func<MemberPlan, string, MemberPlan>? ofNode = null)
    {
        lock (_lock) _plans[(kind, scope)] = new Planned(plan, ofNode);
        return true;
    }

    public MemberPlan? PlanOf(MemberKind kind, string scope, string? node = null)
    {
        lock (_lock)
        {
            if (!_plans.TryGetValue((kind, scope), out var found)) return null;

            return node is null || found.OfNode is null ? found.Plan : found.OfNode(found.Plan, node);
        }
    }

    public void Touch(string node)
    {
        lock (_lock) Touched.Add(node);
    }

    public int PurgedCount
    {
        get
        {
            lock (_lock) return Purged.Count;
        }
    }

    /// <summary>What a purge waits for.</summary>
    public Task Purging { get; set; } = Task.CompletedTask;

    public async Task<IReadOnlyList<string>> PurgeAsync(string scope, TimeSpan deadline, CancellationToken cancel)
    {
        lock (_lock) Purged.Add(scope);
        await Purging.WaitAsync(cancel);
        return ["node-1"];
    }

    public IReadOnlyList<FindingNotice> TakeFindings(int most)
    {
        lock (_lock)
        {
            List<FindingNotice> taken = [.. _findings.Take(most)];
            _findings.RemoveRange(0, taken.Count);
            return taken;
        }
    }

    /// <summary>A worker tells of a finding.</summary>
    public void Find(FindingNotice notice)
    {
        lock (_lock) _findings.Add(notice);
        Changed?.Invoke(MemberKind.Worker);
    }

    public void Say(MemberState state)
    {
        lock (_lock)
        {
            _members.RemoveAll(one => one.Kind == state.Kind && one.Pod == state.Pod);
            _members.Add(state);
        }

        Changed?.Invoke(state.Kind);
    }

    private sealed record Planned(MemberPlan Plan, Func<MemberPlan, string, MemberPlan>? OfNode);
}
