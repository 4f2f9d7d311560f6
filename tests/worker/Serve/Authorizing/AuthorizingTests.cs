using System.Net;
using Grpc.Core;
using NetSniff.Wire.Control;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Authorizing;
using NetSniff.Worker.Serve.Cutting;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;
using AggregateRow = NetSniff.Worker.Store.AggregateRow;

namespace NetSniff.Tests.Worker.Serve.Authorizing;

/// <summary>Who may see records of one namespace sees those, by every way that leads to them, and nothing else.
/// </summary>
public sealed class AuthorizingTests : IAsyncLifetime
{
    private const string Header = "x-netsniff-namespace";

    private readonly ListedAuthority _people = new ListedAuthority()
        .Allow("alice", Permission.Flows("shop"), Permission.Files("shop"))
        .Allow("bob", Permission.Flows("shop"), Permission.Flows("bank"))
        .Allow("root", Permission.Flows(""), Permission.Files(""), Permission.Sensors);

    private readonly List<string> _audit = [];
    private TestWorker _worker = null!;

    public async ValueTask InitializeAsync()
    {
        _worker = await StartAsync();
        _worker.AddBetween(1, "shop", "shop");
        _worker.AddBetween(2, "bank", "bank");
        _worker.AddBetween(3, "bank", "shop");
        _worker.AddBetween(4, "", "bank");
        _worker.AddBetween(5, "", "");
    }

    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    /// <summary>Whatever does not come by then does not come.</summary>
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Theory]
    [InlineData("root", "", "", "1 2 3 4 5")]
    [InlineData("root", "shop", "", "1 3")] // who names namespaces means those
    [InlineData("alice", "shop", "", "1 3")]
    [InlineData("alice", "shop", "http.method == GET and not src.namespace == shop", "3")]
    [InlineData("bob", "shop,bank", "", "1 2 3 4")]
    [InlineData("bob", "bank", "", "2 3 4")]
    [InlineData("alice", "shop", "namespace == bank or true", "1 3")]
    [InlineData("alice", "shop", "not namespace == shop", "")]
    [InlineData("alice", "shop", "true or kind == http or (http.status == 200)", "1 3")]
    public async Task Records_have_an_end_where_the_caller_may_look(
        string who, string namespaces, string where, string expected)
    {
        var request = new ObserveRequest { Where = where };
        Assert.Equal(expected, string.Join(' ', await ObserveAsync(_worker, who, namespaces, request)));
        using var http = _worker.Http(ListedAuthority.TokenOf(who));
        if (namespaces.Length > 0) http.DefaultRequestHeaders.Add(Header, namespaces);
        var lines = await http.GetStringAsync($"/api/v1/records?where={Uri.EscapeDataString(where)}");
        Assert.Equal(expected, NumbersOf(lines));
    }

    [Theory]
    [InlineData("true) or (true")]
    [InlineData("true ) or namespace == 'bank' or (false")]
    [InlineData("http.uri == '/cart' or http.uri == '")]
    [InlineData("http.uri matches /a/ or http.uri matches /")]
    [InlineData("(true")]
    [InlineData("true or \\")]
    [InlineData("true #")]
    public async Task A_filter_that_is_none_by_itself_is_none(string where)
    {
        var problem = await Assert.ThrowsAsync<RpcException>(
            () => ObserveAsync(_worker, "alice", "shop", new ObserveRequest { Where = where }));
        Assert.Equal(StatusCode.InvalidArgument, problem.StatusCode);
    }

    [Fact]
    public async Task Who_follows_is_shown_no_more_than_who_asks_for_the_past()
    {
        using var call = Client("alice").Observe(new ObserveRequest { Follow = true }, In("shop"));
        Assert.True(await call.ResponseStream.MoveNext(Patience));
        // Another who asks the same of everything shares nothing with it.
        using var other = Client("root").Observe(new ObserveRequest { Follow = true });
        Assert.True(await other.ResponseStream.MoveNext(Patience));
        _worker.AddBetween(20, "bank", "bank");
        _worker.AddBetween(21, "bank", "shop");
        Assert.True(await call.ResponseStream.MoveNext(Patience));
        Assert.Equal([21], TestWorker.Numbers(call.ResponseStream.Current));
        Assert.True(await other.ResponseStream.MoveNext(Patience));
        Assert.Equal(20, TestWorker.Numbers(other.ResponseStream.Current)[0]);
    }

    [Fact]
    public async Task Sums_are_of_what_may_be_seen()
    {
        string? asked = null;
        _worker.Store.Aggregates = query =>
        {
            asked = query.Where;
            return [new AggregateRow([], 0, 0, [7])];
        };
        var request = new AggregateRequest { Kind = "http", Where = "http.status == 200", Heat = "http.latency" };
        await Client("alice").AggregateAsync(request, In("shop"));
        Assert.Equal("( http.status == 200 ) and namespace in ('shop')", asked);
        using var http = _worker.Http(ListedAuthority.TokenOf("bob"));
        await http.GetStringAsync("/api/v1/aggregate?kind=flow&namespace=shop,bank");
        Assert.Equal("namespace in ('shop', 'bank')", asked);
        await Client("root").AggregateAsync(new AggregateRequest { Kind = "http" });
        Assert.Null(asked);
    }

    [Fact]
    public async Task Another_worker_that_is_asked_as_well_holds_to_it()
    {
        using var authority = new TestAuthority();
        await using var two = await StartAsync("w2", authority);
        var members = new OneOther(two, authority);
        await using var one = await StartAsync("w1", authority, members);
        one.AddBetween(1, "shop", "");
        one.AddBetween(2, "bank", "");
        two.AddBetween(11, "", "shop");
        two.AddBetween(12, "", "bank");
        Assert.Equal([1, 11], await ObserveAsync(one, "alice", "shop", new ObserveRequest()));
        Assert.Equal([1, 2, 11, 12], await ObserveAsync(one, "root", "", new ObserveRequest()));

        List<string?> asked = [];
        one.Store.Aggregates = two.Store.Aggregates = query =>
        {
            lock (asked) asked.Add(query.Where);
            return [];
        };
        await one.Client(ListedAuthority.TokenOf("alice")).AggregateAsync(
            new AggregateRequest { Kind = "http", Measures = { "p99(http.latency)", "count" } }, In("shop"));
        Assert.Equal(4, asked.Count);
        Assert.All(asked, static where => Assert.Equal("namespace in ('shop')", where));
    }

    [Fact]
    public async Task What_tells_of_everything_needs_the_right_to_everything()
    {
        _worker.Store.Queries = _ => new SqlResult([("n", "INTEGER")], [["1"]], false);
        foreach (var who in (string[])["alice", "nobody"])
        {
            using var sql = Client(who).Sql(new SqlRequest { Sql = "SELECT 1" }, In("shop"));
            await DeniedAsync(() => sql.ResponseStream.MoveNext(Patience), "cannot be narrowed");
            await DeniedAsync(
                async () => await Client(who).StatusAsync(new StatusRequest(), In("shop")), "cannot be narrowed");
            using var http = _worker.Http(ListedAuthority.TokenOf(who));
            foreach (var path in (string[])["sql?q=SELECT%201", "status", "status/?namespace=shop"])
            {
                using var answer = await http.GetAsync("/api/v1/" + path);
                Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            }
        }

        using var all = Client("root").Sql(new SqlRequest { Sql = "SELECT 1" }, In("shop"));
        Assert.True(await all.ResponseStream.MoveNext(Patience));
        Assert.Single((await Client("root").StatusAsync(new StatusRequest())).Workers);
    }

    [Fact]
    public async Task Refusals_say_what_is_missing_and_how_it_is_given()
    {
        var problem = await DeniedAsync(() => ObserveAsync(_worker, "alice", "shop,bank", new ObserveRequest()));
        Assert.StartsWith("alice may not see records of namespace bank.", problem, StringComparison.Ordinal);
        Assert.Contains("kind: RoleBinding\nmetadata: {name: netsniff-records, namespace: bank}", problem);
        Assert.Contains("rules: [{apiGroups: [netsniff.io], resources: [flows], verbs: [get]}]", problem);
        Assert.Contains("kind: User, name: \"alice\"}", problem);
        problem = await DeniedAsync(() => ObserveAsync(_worker, "alice", "", new ObserveRequest()));
        Assert.Contains("x-netsniff-namespace", problem);
        Assert.Contains("kind: ClusterRoleBinding", problem);
        problem = await DeniedAsync(
            () => ObserveAsync(_worker, "system:serviceaccount:ci:robot", "shop", new ObserveRequest()));
        Assert.Contains("subjects: [{kind: ServiceAccount, name: robot, namespace: ci}]", problem);
    }

    [Theory]
    [InlineData("Shop")]
    [InlineData("shop') or true or namespace in ('bank")]
    [InlineData("a.b")]
    public async Task What_is_no_namespace_is_refused(string name)
    {
        var problem = await Assert.ThrowsAsync<RpcException>(
            () => ObserveAsync(_worker, "root", name, new ObserveRequest()));
        Assert.Equal(StatusCode.InvalidArgument, problem.StatusCode);
    }

    [Fact]
    public async Task Packets_are_a_right_of_their_own_and_leave_a_line()
    {
        using (var denied = Client("bob").Packets(new PacketsRequest(), In("shop")))
        {
            var text = await DeniedAsync(() => denied.ResponseStream.MoveNext(Patience));
            Assert.Contains("bob may not have raw packets of namespace shop", text);
            Assert.Contains("resources: [capturesessions/files]", text);
        }

        // There are no sensors here; that it gets so far is what counts, and with which filter.
        using var call = Client("alice").Packets(new PacketsRequest { Where = "port == 80" }, In("shop"));
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Patience));
        Assert.Equal(StatusCode.NotFound, problem.StatusCode);
        Assert.Equal(
            [
                "audit: packets: bob at 127.0.0.1 is refused",
                "audit: packets: alice at 127.0.0.1 asks for connections of records where ( port == 80 ) and namespace "
                    + "in ('shop')",
                "audit: packets: alice at 127.0.0.1 got 0 packets in 0 bytes: failed: no sensor is known",
            ],
            _audit);
        using var relay = Client("root").Relay();
        await DeniedAsync(() => relay.ResponseStream.MoveNext(Patience), "only workers");
        using var depth = Client("alice").Depth(new DepthRequest { Rung = "flows", Seconds = 1 });
        await DeniedAsync(() => depth.ResponseStream.MoveNext(Patience), "update captureprofiles");
    }

    [Fact]
    public async Task Who_asks_too_often_is_refused_without_a_line()
    {
        await using var worker = await StartAsync(limits: new ServeLimits { CallsPerCallerMax = 1 });
        var client = worker.Client(ListedAuthority.TokenOf("bob"));
        using var open = client.Observe(new ObserveRequest { Follow = true }, In("shop"));
        Assert.True(await open.ResponseStream.MoveNext(Patience));
        using var second = client.Packets(new PacketsRequest(), In("shop"));
        var problem = await Assert.ThrowsAsync<RpcException>(() => second.ResponseStream.MoveNext(Patience));
        Assert.Equal(StatusCode.ResourceExhausted, problem.StatusCode);
        Assert.Empty(_audit);
    }

    [Fact]
    public async Task A_sensors_certificate_reads_nothing()
    {
        foreach (var (name, isLetIn) in ((string, bool)[])[("netsniff-sensor", false), ("operator", true)])
        {
            using var certificate = _worker.Authority.Issue(name);
            var client = _worker.Client(token: null, certificate);
            if (isLetIn) await client.StatusAsync(new StatusRequest());
            else await DeniedAsync(async () => await client.StatusAsync(new StatusRequest()), "netsniff-sensor");
        }
    }

    [Fact]
    public async Task Who_is_unknown_is_told_so_and_a_cluster_that_is_away_is_named()
    {
        var problem = await Assert.ThrowsAsync<RpcException>(
            async () => await _worker.Client("made up by somebody").StatusAsync(new StatusRequest()));
        Assert.Equal(StatusCode.Unauthenticated, problem.StatusCode);
        _people.Away = "the API server cannot be asked";
        problem = await Assert.ThrowsAsync<RpcException>(
            async () => await Client("root").StatusAsync(new StatusRequest()));
        Assert.Equal((StatusCode.Unavailable, _people.Away), (problem.StatusCode, problem.Status.Detail));
    }

    [Fact]
    public async Task A_right_that_is_taken_away_ends_what_goes_on()
    {
        await using var worker = await StartAsync(lookAgain: TimeSpan.FromMilliseconds(20));
        using var call = worker.Client(ListedAuthority.TokenOf("alice"))
            .Observe(new ObserveRequest { Follow = true }, In("shop"));
        Assert.True(await call.ResponseStream.MoveNext(Patience));
        // That it cannot be asked for a moment ends nothing.
        _people.Away = "away";
        await Task.Delay(100);
        worker.AddBetween(30, "shop", "");
        Assert.True(await call.ResponseStream.MoveNext(Patience));
        _people.Away = null;
        _people.Forbid("alice");
        await DeniedAsync(() => call.ResponseStream.MoveNext(Patience), "no longer");
    }

    private async Task<TestWorker> StartAsync(
        string name = "w1", TestAuthority? authority = null, IWorkerMembers? members = null,
        ServeLimits? limits = null, TimeSpan? lookAgain = null) => await TestWorker.StartAsync(
        name, limits, authority, members,
        authorizing: new AuthorizingOptions(_people, new HashSet<string> { "operator" })
        {
            LookAgain = lookAgain ?? TimeSpan.FromMinutes(5),
        },
        packets: new PacketServing { Links = new SensorLinks(), Audit = Say });

    private void Say(string line)
    {
        lock (_audit) _audit.Add(line);
    }

    private Query.QueryClient Client(string who) => _worker.Client(ListedAuthority.TokenOf(who));

    private static Metadata In(string namespaces) => new() { { Header, namespaces } };

    private static async Task<List<int>> ObserveAsync(
        TestWorker worker, string who, string namespaces, ObserveRequest request)
    {
        using var call = worker.Client(ListedAuthority.TokenOf(who))
            .Observe(request, namespaces.Length == 0 ? null : In(namespaces));
        List<int> numbers = [];
        while (await call.ResponseStream.MoveNext(Patience))
        {
            if (call.ResponseStream.Current.WhatCase != ObserveAnswer.WhatOneofCase.Batch) continue;

            numbers.AddRange(TestWorker.Numbers(call.ResponseStream.Current));
        }

        return numbers;
    }

    private static async Task<string> DeniedAsync(Func<Task> call, string text = "")
    {
        var problem = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.PermissionDenied, problem.StatusCode);
        Assert.Contains(text, problem.Status.Detail);
        return problem.Status.Detail;
    }

    private static string NumbersOf(string lines) => string.Join(' ', lines.Split('\n')
        .Where(static line => line.Contains("\"flow.id\"", StringComparison.Ordinal))
        .Select(static line => System.Text.Json.Nodes.JsonNode.Parse(line)!["flow.id"]!.ToString()));

    private sealed class OneOther(TestWorker worker, TestAuthority authority) : IWorkerMembers
    {
        private readonly Query.QueryClient _client = worker.Client(token: null, authority.Issue("w2"));

        public IReadOnlyList<WorkerMember> Others { get; } = [new WorkerMember(worker.Name, worker.Endpoint)];

        public Query.QueryClient ClientOf(WorkerMember member) => _client;
    }
}
