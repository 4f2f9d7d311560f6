using Google.Protobuf;
using Grpc.Core;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;
using AggregateRow = NetSniff.Worker.Store.AggregateRow;

namespace NetSniff.Tests.Worker.Serve;

/// <summary>Any worker answers for all, and says who did not answer.</summary>
public sealed class FanOutTests : IAsyncLifetime
{
    private readonly TestAuthority _authority = new();
    private readonly Members _members = new();
    private TestWorker _one = null!;
    private TestWorker _two = null!;

    public async ValueTask InitializeAsync()
    {
        var limits = new ServeLimits
        {
            MemberWait = TimeSpan.FromSeconds(20), MemberPause = TimeSpan.FromMilliseconds(100),
        };
        _one = await TestWorker.StartAsync("w1", limits, _authority, _members);
        _two = await TestWorker.StartAsync("w2", limits, _authority);
        _members.Add(_two);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("everything", 0, 0, "0 1 2 3 4 5 6 7 8 9")]
    [InlineData("the first", 3, 0, "0 1 2")]
    [InlineData("the last", 0, 3, "7 8 9")]
    public async Task Their_pasts_are_merged_by_time(string about, uint first, uint last, string expected)
    {
        Assert.NotEmpty(about);
        Spread();
        var (numbers, completeness) = await AskAsync(new ObserveRequest { First = first, Last = last });
        Assert.Equal(expected, string.Join(' ', numbers));
        Assert.Equal(2u, completeness.Workers);
        Assert.Empty(completeness.Absent);
    }

    [Fact]
    public async Task What_comes_to_any_of_them_comes_to_who_follows_one()
    {
        Spread();
        using var call = _one.Client().Observe(new ObserveRequest { Follow = true, Last = 2 }, deadline: Deadline());
        List<int> numbers = [];
        while (numbers.Count < 6 && await call.ResponseStream.MoveNext(default))
        {
            var answer = call.ResponseStream.Current;
            if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Batch) numbers.AddRange(TestWorker.Numbers(answer));
            else if (answer.Completeness.Absent.Count == 0)
            {
                _one.Add(20, 2);
                _two.Add(30, 2);
            }
        }

        Assert.Equal([8, 9], numbers[..2]);
        Assert.Equal([20, 21, 30, 31], numbers[2..].Order());
    }

    [Fact]
    public async Task Who_goes_while_one_follows_is_named_and_so_is_its_return()
    {
        using var call = _one.Client().Observe(new ObserveRequest { Follow = true }, deadline: Deadline());
        Assert.Empty((await NextAsync(call)).Completeness.Absent);
        var port = _two.Server.Address.Port;
        Task<ObserveAnswer>? gone = null;
        await _two.RestartAsync(port, () =>
        {
            gone = NextAsync(call);
            Assert.Equal("w2", gone.GetAwaiter().GetResult().Completeness.Absent.Single().Worker);
        });
        Assert.Empty((await NextAsync(call)).Completeness.Absent);
        _two.Add(40, 1);
        Assert.Equal([40], TestWorker.Numbers(await NextAsync(call)));
    }

    [Fact]
    public async Task A_worker_that_is_away_is_named_in_every_answer()
    {
        Spread();
        _members.Add("w3", "127.0.0.1:1");
        var (numbers, completeness) = await AskAsync(new ObserveRequest());
        Assert.Equal(10, numbers.Count);
        Check(completeness);
        Check((await _one.Client().StatusAsync(new StatusRequest())).Completeness);
        Check((await _one.Client().AggregateAsync(new AggregateRequest { Kind = "http" })).Completeness);
        _one.Store.Queries = _two.Store.Queries = _ => new SqlResult([("n", "INTEGER")], [["1"]], false);
        Check((await SqlAsync()).Completeness);

        static void Check(Completeness completeness)
        {
            Assert.Equal(3u, completeness.Workers);
            var absence = Assert.Single(completeness.Absent);
            Assert.Equal("w3", absence.Worker);
            Assert.Contains("refused", absence.Why);
        }
    }

    [Fact]
    public async Task A_worker_that_hangs_is_given_up()
    {
        var limits = new ServeLimits { MemberWait = TimeSpan.FromMilliseconds(500) };
        await using var one = await TestWorker.StartAsync("w1", limits, _authority, _members);
        using var held = new ManualResetEventSlim();
        _two.Store.Reading = _ => held.Wait();
        _two.Store.Aggregates = _ =>
        {
            held.Wait();
            return [];
        };
        Spread();
        var (_, completeness) = await AskAsync(new ObserveRequest(), one);
        Assert.Equal("no answer in time", Assert.Single(completeness.Absent).Why);
        var answer = await one.Client().AggregateAsync(new AggregateRequest { Kind = "http" });
        Assert.Contains("no answer within 0.5 s", Assert.Single(answer.Completeness.Absent).Why);
        held.Set();
    }

    [Fact]
    public async Task Rows_of_SQL_say_whose_they_are()
    {
        _one.Store.Queries = _ => new SqlResult([("n", "INTEGER")], [["1"]], false);
        _two.Store.Queries = _ => new SqlResult([("n", "INTEGER")], [["2"], ["3"]], false);
        var answer = await SqlAsync();
        Assert.Equal(["worker", "n"], answer.Columns.Select(column => column.Name));
        Assert.Equal(
            ["\"w1\" 1", "\"w2\" 2", "\"w2\" 3"], answer.Rows.Select(row => string.Join(' ', row.Values)));
        _two.Store.Queries = _ => new SqlResult([("m", "INTEGER")], [["2"]], false);
        answer = await SqlAsync();
        Assert.Equal("its columns are others", Assert.Single(answer.Completeness.Absent).Why);
    }

    [Fact]
    public async Task Sums_are_added_up_and_percentiles_read_off_buckets()
    {
        _one.Store.Aggregates = query => query.Heat is null
            ? [Row("GET", 0, 10, 100, 1, 9), Row("PUT", 0, 1, 5, 2, 2)]
            : [Row("GET", 1, 50), Row("GET", 1024, 40)];
        _two.Store.Aggregates = query => query.Heat is null
            ? [Row("GET", 0, 20, 50, 3, 12), Row("POST", 0, 7, 7, double.NaN, double.NaN)]
            : [Row("GET", 1024, 10)];
        var answer = await _one.Client().AggregateAsync(new AggregateRequest
        {
            Kind = "http", By = { "http.method" },
            Measures =
            {
                "count", "sum(http.status)", "min(http.status)", "max(http.status)", "p25(http.latency)",
                "p99(http.latency)",
            },
        });
        Assert.Equal(["GET", "POST", "PUT"], answer.Rows.Select(row => row.By[0]));
        var get = answer.Rows[0].Values;
        Assert.Equal([30, 150, 1, 12], get.Take(4));
        Assert.InRange(get[4], 1, 1.05);
        Assert.InRange(get[5], 1024, 1024 * 1.05);
        Assert.True(double.IsNaN(answer.Rows[1].Values[2]));
        Assert.True(double.IsNaN(answer.Rows[2].Values[4]));
        Assert.Equal(2u, answer.Completeness.Workers);

        var problem = await Assert.ThrowsAsync<RpcException>(async () => await _one.Client().AggregateAsync(
            new AggregateRequest { Kind = "http", Measures = { "p50(http.latency)" }, Heat = "http.status" }));
        Assert.Contains("cannot be put together from 2 workers", problem.Status.Detail);
    }

    private static AggregateRow Row(string by, double heat, params double[] values) => new([by], 0, heat, values);

    private void Spread()
    {
        for (var number = 0; number < 10; number++) (number % 3 == 0 ? _one : _two).Add(number, 1);
    }

    private static DateTime Deadline() => DateTime.UtcNow.AddSeconds(60);

    private static async Task<ObserveAnswer> NextAsync(AsyncServerStreamingCall<ObserveAnswer> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(default));
        return call.ResponseStream.Current;
    }

    private async Task<(List<int>, Completeness)> AskAsync(ObserveRequest request, TestWorker? worker = null)
    {
        using var call = (worker ?? _one).Client().Observe(request, deadline: Deadline());
        List<int> numbers = [];
        Completeness? completeness = null;
        while (await call.ResponseStream.MoveNext(default))
        {
            var answer = call.ResponseStream.Current;
            if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Batch) numbers.AddRange(TestWorker.Numbers(answer));
            else completeness = answer.Completeness;
        }

        return (numbers, completeness!);
    }

    private async Task<SqlAnswer> SqlAsync()
    {
        using var call = _one.Client().Sql(new SqlRequest { Sql = "SELECT n" }, deadline: Deadline());
        var whole = new SqlAnswer();
        while (await call.ResponseStream.MoveNext(default)) whole.MergeFrom(call.ResponseStream.Current);
        return whole;
    }

    private sealed class Members : IWorkerMembers
    {
        private readonly Dictionary<string, Query.QueryClient> _clients = [];
        private readonly List<WorkerMember> _others = [];

        public IReadOnlyList<WorkerMember> Others => _others;

        public Query.QueryClient ClientOf(WorkerMember member) => _clients[member.Name];

        public void Add(TestWorker worker)
        {
            _others.Add(new WorkerMember(worker.Name, worker.Endpoint));
            _clients[worker.Name] = worker.Client();
        }

        public void Add(string name, string address)
        {
            _others.Add(new WorkerMember(name, address));
            _clients[name] = QueryChannel.To(new QueryEndpoint { Address = address }).Client;
        }
    }
}
