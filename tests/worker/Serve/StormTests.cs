using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Serve;

/// <summary>Whoever asks badly, much, or never reads: the worker stays up, bounded and polite to all others. The long run
/// of it is `make chaos-api`.</summary>
public sealed class StormTests
{
    private const int Seed = 4711;

    [Fact]
    public async Task Who_never_reads_is_ended_and_others_do_not_notice()
    {
        var limits = new ServeLimits { StallMax = TimeSpan.FromSeconds(1), CallsPerCallerMax = 500 };
        await using var worker = await TestWorker.StartAsync(limits: limits);
        var deaf = worker.Client().Observe(new ObserveRequest { Follow = true });
        using var other = worker.Client().Observe(new ObserveRequest { Follow = true });
        Assert.True(await deaf.ResponseStream.MoveNext(default));
        Assert.True(await other.ResponseStream.MoveNext(default));
        Assert.Equal(2, worker.Feed.Followers);
        var next = 0;
        var numbers = new List<int>();
        for (var left = 4000; worker.Feed.Followers == 2 && left > 0; left--)
        {
            worker.Add(next, 1000);
            next += 1000;
            while (numbers.Count < next)
            {
                Assert.True(await other.ResponseStream.MoveNext(default));
                numbers.AddRange(TestWorker.Numbers(other.ResponseStream.Current));
            }
        }

        Assert.Equal(1, worker.Feed.Followers);
        Assert.Equal(Enumerable.Range(0, next), numbers);
        var problem = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await deaf.ResponseStream.MoveNext(default)) { }
        });
        Assert.Equal(StatusCode.ResourceExhausted, problem.StatusCode);
        deaf.Dispose();
    }

    [Fact]
    public async Task Requests_of_chance_are_refused_and_nothing_else_happens()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 10);
        worker.Store.Queries = _ => throw new SqlException("no");
        var random = new Random(Seed);
        using var http = worker.Http();
        string[] methods = ["Observe", "Aggregate", "Sql", "Status", "None"];
        var codes = new HashSet<string>();
        for (var round = 0; round < 400; round++)
        {
            var body = new byte[random.Next(200)];
            random.NextBytes(body);
            // Mostly framed as gRPC wants it, so that the message is what is wrong.
            if (body.Length >= 5 && random.Next(4) > 0) (body[0], body[1], body[2], body[3], body[4]) =
                (0, 0, 0, 0, (byte)(body.Length - 5));
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            using var request = new HttpRequestMessage(
                HttpMethod.Post, "/netsniff.v1.Query/" + methods[random.Next(methods.Length)])
            {
                Content = content, Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.TE.ParseAdd("trailers");
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            // A message of chance may ask to follow, and that has no end.
            if (answer.Headers.TryGetValues("grpc-status", out var status)) codes.Add(status.First());
        }

        Assert.Subset(new HashSet<string> { "0", "2", "3", "5", "8", "12", "13" }, codes);
        for (var round = 0; round < 400; round++)
        {
            var query = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(33, 127))]);
            string[] names = ["where", "since", "fields", "kind", "first", "q", "by", "measure", ""];
            var name = names[random.Next(names.Length)];
            string[] paths = ["records", "aggregate", "sql", "status"];
            var path = $"/api/v1/{paths[random.Next(paths.Length)]}?first=1&{name}={Uri.EscapeDataString(query)}";
            using var answer = await http.GetAsync(path);
            Assert.True((int)answer.StatusCode is 200 or 400, $"{path}: {answer.StatusCode}");
        }

        Assert.Equal(10L, (await worker.Client().StatusAsync(new StatusRequest())).Workers[0].Kinds[0].Records);
    }

    [Fact]
    public async Task Filters_made_to_hurt_are_refused_in_words()
    {
        await using var worker = await TestWorker.StartAsync();
        string[] filters =
        [
            new('(', 4000), string.Join(" or ", Enumerable.Repeat("http.status == 1", 1000)),
            "http.uri matches /((a{999}){999}){999}/", "http.uri matches /(a+)+$(?<x>b)/", new('!', 4000),
        ];
        foreach (var filter in filters)
        {
            using var call = worker.Client().Observe(new ObserveRequest { Where = filter, Follow = true });
            var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
            Assert.Equal(StatusCode.InvalidArgument, problem.StatusCode);
            Assert.InRange(problem.Status.Detail.Length, 10, 1000);
        }
    }

    [Fact]
    public async Task A_hundred_slow_followers_cost_the_memory_of_one()
    {
        var limits = new ServeLimits
        {
            CallsPerCallerMax = 500, FollowBytesMax = 1 << 20, StallMax = TimeSpan.FromMinutes(10),
        };
        await using var worker = await TestWorker.StartAsync(limits: limits);
        var client = worker.Client();
        var calls = Enumerable.Range(0, 100)
            .Select(_ => client.Observe(new ObserveRequest { Follow = true, Where = "http.status == 200" })).ToList();
        foreach (var call in calls) Assert.True(await call.ResponseStream.MoveNext(default));
        for (var batch = 0; batch < 50; batch++) worker.Add(batch * 1000, 1000);
        for (var left = 600; worker.Feed.IsBusy && left > 0; left--) await Task.Delay(50);
        Assert.InRange(worker.Feed.BytesWaiting, 1, limits.FollowBytesMax);

        worker.Add(50_000, 1);
        foreach (var call in calls)
        {
            var (told, missed) = (0L, 0L);
            while (told + missed < 50_001 && await call.ResponseStream.MoveNext(default))
            {
                missed += (long)call.ResponseStream.Current.Missed;
                told += TestWorker.Numbers(call.ResponseStream.Current).Count;
            }

            Assert.Equal(50_001, told + missed);
            call.Dispose();
        }
    }
}
