using System.Net;
using NetSniff.Operator.Control;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Operator.Control;

/// <summary>Both halves of the cluster channel, over a real connection.</summary>
public sealed class ClusterChannelTests : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ClusterMembers _members = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(ClusterLink Link, Task Running)> _links = [];
    private ControlServer? _server;
    private volatile bool _isLeader = true;
    private volatile bool _mayLeadSoon;
    private int _asked;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var (link, running) in _links)
        {
            await running;
            link.Dispose();
        }

        if (_server is not null) await _server.DisposeAsync();
        _members.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_member_is_told_its_plan_and_the_plan_of_its_node()
    {
        await ServeAsync();
        _members.SetPlan(
            MemberKind.Sensor, "all", Plan(1), static (plan, node) => plan with
            {
                Files = new Dictionary<string, string> { ["sensor.json"] = plan.Files["sensor.json"] + node },
            });
        var sensor = Join(new TestMember(ClusterKind.Sensor, "s-1", "node-1"));
        var worker = Join(new TestMember(ClusterKind.Worker, "w-0", "node-2"));
        _members.SetPlan(MemberKind.Worker, "", Plan(7));
        await UntilAsync(() => Revision(MemberKind.Sensor) == "rev-1" && Revision(MemberKind.Worker) == "rev-7");
        Assert.Equal("plan 1 node-1", sensor.Plans[^1].Files.Single().Text);
        Assert.Equal("plan 7 ", worker.Plans[^1].Files.Single().Text);

        var told = sensor.Plans.Count;
        _members.Touch("node-2");
        _members.Touch("node-1"); // nothing is other for it: it is not told again
        _members.SetPlan(MemberKind.Sensor, "all", Plan(2));
        await UntilAsync(() => Revision(MemberKind.Sensor) == "rev-2");
        Assert.Equal(told + 1, sensor.Plans.Count);
        Assert.Single(worker.Plans);
    }

    [Fact]
    public async Task A_plan_that_cannot_be_made_keeps_nobody_else_from_theirs_and_is_told_while_it_lasts()
    {
        await ServeAsync();
        var isBad = true;
        _members.SetPlan(
            MemberKind.Sensor, "all", Plan(1),
            (plan, node) => isBad && node != "node-3" ? throw new InvalidDataException("no such label") : plan);
        Join(new TestMember(ClusterKind.Sensor, "s-1", "node-1"));
        Join(new TestMember(ClusterKind.Sensor, "s-2", "node-2"));
        await UntilAsync(() => _members.Problem
            == "the plan of node node-1 cannot be made: no such label; and 1 more");
        // One whose plan can be made, and a worker on a node whose plan cannot, take nothing of it back.
        _members.SetPlan(MemberKind.Worker, "", Plan(7));
        var well = Join(new TestMember(ClusterKind.Sensor, "s-3", "node-3"));
        var worker = Join(new TestMember(ClusterKind.Worker, "w-0", "node-1"));
        await UntilAsync(() => well.Plans.Count == 1 && worker.Plans.Count == 1);
        Assert.StartsWith("the plan of node node-1", _members.Problem);
        Assert.True(_members.Ledger().Single(static line => line.Reason == "plans that could not be made").Count >= 2);

        isBad = false;
        _members.Touch("node-1");
        await UntilAsync(() => _members.Problem == "the plan of node node-2 cannot be made: no such label");
        _members.Touch("node-2");
        await UntilAsync(() => _members.Problem is null);
    }

    [Fact]
    public async Task Of_many_plans_in_a_row_the_last_is_always_told()
    {
        await ServeAsync();
        var sensor = Join(new TestMember(ClusterKind.Sensor, "s-1", "node-1"));
        for (var sequence = 1; sequence <= 500; sequence++) _members.SetPlan(MemberKind.Sensor, "all", Plan(sequence));
        await UntilAsync(() => Revision(MemberKind.Sensor) == "rev-500");
        Assert.Equal(sensor.Plans.Select(static plan => plan.Sequence).Order(), sensor.Plans.Select(p => p.Sequence));
    }

    [Fact]
    public async Task A_replica_that_does_not_lead_takes_nobody_and_sends_away_who_is_there()
    {
        _isLeader = false;
        await ServeAsync();
        _members.SetPlan(MemberKind.Sensor, "all", Plan(1));
        var sensor = Join(new TestMember(ClusterKind.Sensor, "s-1", "node-1"));
        await UntilAsync(() => _links[0].Link.Problem?.Contains("does not lead") == true);
        Assert.Empty(_members.Members(MemberKind.Sensor));

        _isLeader = true;
        await UntilAsync(() => sensor.Plans.Count == 1);
        _isLeader = false;
        await UntilAsync(() => !_links[0].Link.IsUp);
        await UntilAsync(() => _members.Members(MemberKind.Sensor) is [{ IsReady: false }]);
        _isLeader = true;
        await UntilAsync(() => sensor.Plans.Count == 2);
    }

    [Fact]
    public async Task A_replica_that_may_lead_in_a_moment_keeps_who_comes()
    {
        (_isLeader, _mayLeadSoon) = (false, true);
        await ServeAsync();
        _members.SetPlan(MemberKind.Sensor, "all", Plan(1));
        var sensor = Join(new TestMember(ClusterKind.Sensor, "s-1", "node-1"));
        await UntilAsync(() => Volatile.Read(ref _asked) > 3);
        Assert.Equal("not connected yet", _links[0].Link.Problem);
        Assert.Empty(_members.Members(MemberKind.Sensor));
        _isLeader = true;
        await UntilAsync(() => sensor.Plans.Count == 1);
        Assert.Equal(1, _links[0].Link.Connections);
    }

    [Fact]
    public async Task A_plan_that_is_too_large_is_counted_and_the_one_before_stays()
    {
        await ServeAsync();
        Assert.True(_members.SetPlan(MemberKind.Worker, "", Plan(1)));
        var worker = Join(new TestMember(ClusterKind.Worker, "w-0", "node-1"));
        await UntilAsync(() => worker.Plans.Count == 1);
        var large = new Dictionary<string, string> { ["rules/a"] = new('x', ClusterLimits.PlanBytesMax) };
        Assert.False(_members.SetPlan(MemberKind.Worker, "", Plan(2) with { Files = large }));
        var many = Enumerable.Range(0, ClusterLimits.PlanFilesMax + 1).ToDictionary(n => $"rules/{n}", _ => "");
        Assert.False(_members.SetPlan(MemberKind.Worker, "", Plan(3) with { Files = many }));
        // Of one node too, whatever the common one is.
        Assert.True(_members.SetPlan(MemberKind.Worker, "", Plan(4), (plan, _) => plan with { Files = large }));
        await UntilAsync(() => _members.Ledger().Any(
            line => line is { Reason: "plans not sent, too large", Count: 3 }));
        Assert.Contains("bytes in all", _members.Problem);
        Assert.True(_members.SetPlan(MemberKind.Worker, "", Plan(5)));
        await UntilAsync(() => worker.Plans.Count == 2);
        Assert.Equal(5, worker.Plans[^1].Sequence);
    }

    [Fact]
    public async Task A_purge_names_the_nodes_that_did_it()
    {
        await ServeAsync();
        Join(new TestMember(ClusterKind.Sensor, "s-1", "node-1"));
        var failing = Join(new TestMember(ClusterKind.Sensor, "s-2", "node-2"));
        failing.Work = static (_, _) => Task.FromResult<string?>("the disk says no");
        Join(new TestMember(ClusterKind.Sensor, "s-3", "node-3", "other"));
        await UntilAsync(() => _members.Members(MemberKind.Sensor).Count == 3);
        Assert.Equal(["node-1"], await _members.PurgeAsync("all", TimeSpan.FromSeconds(1), default));
        failing.Work = static (_, _) => Task.FromResult<string?>(null);
        Assert.Equal(["node-1", "node-2"], (await _members.PurgeAsync("all", s_patience, default)).Order());
    }

    [Fact]
    public async Task A_task_ends_when_it_is_cancelled_and_when_the_line_is_cut()
    {
        await ServeAsync();
        var began = new SemaphoreSlim(0);
        var ended = new SemaphoreSlim(0);
        var sensor = Join(new TestMember(ClusterKind.Sensor, "s-1", "node-1"));
        sensor.Work = async (_, cancel) =>
        {
            began.Release();
            await Task.Delay(Timeout.Infinite, cancel).ContinueWith(_ => ended.Release(), TaskScheduler.Default);
            return "cancelled";
        };
        await UntilAsync(() => _members.Members(MemberKind.Sensor).Count == 1);
        using var cancel = new CancellationTokenSource();
        var purging = _members.PurgeAsync("all", s_patience, cancel.Token);
        Assert.True(await began.WaitAsync(s_patience));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => purging);
        Assert.True(await ended.WaitAsync(s_patience));

        purging = _members.PurgeAsync("all", s_patience, default);
        Assert.True(await began.WaitAsync(s_patience));
        _isLeader = false;
        Assert.True(await ended.WaitAsync(s_patience));
        sensor.Work = static (_, _) => Task.FromResult<string?>(null);
        _isLeader = true;
        Assert.Equal(["node-1"], await purging); // the sensor comes again and is asked again
    }

    [Fact]
    public async Task Certificates_say_who_may_be_what()
    {
        using var authority = Certificates.NewAuthority("test", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        var held = new HeldCertificates();
        await ServeAsync(new ServerSecurity(held));
        var (certificate, key) = authority.Issue("someone-else");
        held.Replace(authority.AuthorityPem, certificate, key);
        Join(new TestMember(ClusterKind.Sensor, "s-1", "node-1"), Security(authority, "netsniff-sensor"));
        await UntilAsync(() => _links[0].Link.Problem?.Contains("not made out to the operator's name") == true);

        // Replaced while it runs: the next try finds the right one.
        (certificate, key) = authority.Issue(ClusterOptions.OperatorName);
        held.Replace(authority.AuthorityPem, certificate, key);
        await UntilAsync(() => _links[0].Link.IsUp);
        Join(new TestMember(ClusterKind.Worker, "w-0", "node-1"), Security(authority, "netsniff-sensor"));
        await UntilAsync(() => _links[1].Link.Problem?.Contains("not that of a Worker") == true);
        Join(new TestMember(ClusterKind.Worker, "w-0", "node-1"), Security(authority, "netsniff-worker"));
        await UntilAsync(() => _links[2].Link.IsUp);
    }

    [Fact]
    public async Task Reports_are_what_reconcilers_see()
    {
        await ServeAsync();
        var changes = 0;
        _members.Changed += _ => Interlocked.Increment(ref changes);
        var worker = new TestMember(ClusterKind.Worker, "w-0", "node-1")
        {
            Next = new ClusterReport
            {
                IsReady = false, Packets = 5, HasRules = true, Refused = "no such field", LagMillis = 1500,
                Unmet = { new ConditionReport { Name = "stores", Reason = "StoreFails", Text = "disk full" } },
                Rules = { new RuleReport { Name = "a/b", Findings = 3, Suppressed = 2, MeanNanos = 700 } },
                Findings = { new FindingReport { Rule = "a/b", Text = "seen", Pod = "web", PodNamespace = "shop" } },
            },
        };
        Join(worker);
        await UntilAsync(() => _members.Members(MemberKind.Worker) is [{ Packets: 5 }]);
        var state = _members.Members(MemberKind.Worker)[0];
        Assert.Equal(
            ("stores: disk full", "no such field", 1.5), (state.NotReady, state.Refused, state.Lag.TotalSeconds));
        var rule = Assert.Single(state.Rules);
        Assert.Equal(("a/b", 3, 2, 7), (rule.Name, rule.Findings, rule.Suppressed, rule.MeanEvaluation.Ticks));
        Assert.True(Volatile.Read(ref changes) > 0);
        var finding = Assert.Single(_members.TakeFindings(1));
        Assert.Equal(("a/b", "shop", "web", 1), (finding.Rule, finding.PodNamespace, finding.Pod, finding.Count));
    }

    private static MemberPlan Plan(long sequence) => new(
        sequence, $"rev-{sequence}", new Dictionary<string, string> { ["sensor.json"] = $"plan {sequence} " });

    private static ClientSecurity Security(Certificates authority, string name)
    {
        var held = new HeldCertificates();
        var (certificate, key) = authority.Issue(name);
        held.Replace(authority.AuthorityPem, certificate, key);
        return new ClientSecurity(held) { ServerName = ClusterOptions.OperatorName };
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (!holds() && Environment.TickCount64 < end) await Task.Delay(20);
        Assert.True(holds());
    }

    private string Revision(MemberKind kind) =>
        _members.Members(kind).Select(static member => member.Revision).FirstOrDefault("");

    private async Task ServeAsync(ServerSecurity? security = null) => _server = await ControlServer.StartAsync(
        new ControlOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0), IsLeader = () => _isLeader, Security = security,
            MayLeadSoon = () => Interlocked.Increment(ref _asked) > 0 && _mayLeadSoon,
            BeatEvery = TimeSpan.FromMilliseconds(200),
        },
        _members);

    private TestMember Join(TestMember member, ClientSecurity? security = null)
    {
        var link = new ClusterLink(
            new ClusterOptions { Address = _server!.Address.ToString(), Security = security }, member);
        _links.Add((link, Task.Run(() => link.RunAsync(_stop.Token))));
        return member;
    }
}
