using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;

namespace NetSniff.Tests.Worker.Serve;

/// <summary>Who gets in, and who gets what when they do not.</summary>
public sealed class AccessTests
{
    [Fact]
    public async Task The_token_or_a_certificate_of_the_authority_lets_in()
    {
        await using var worker = await TestWorker.StartAsync();
        await worker.Client().StatusAsync(new StatusRequest());
        using var certificate = worker.Authority.Issue("terminal");
        await worker.Client(token: null, certificate).StatusAsync(new StatusRequest());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a secret of enough lettera")]
    [InlineData("")]
    public async Task Without_either_nothing_is_told(string? token)
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 3);
        var problem = await Assert.ThrowsAsync<RpcException>(
            async () => await worker.Client(token).StatusAsync(new StatusRequest()));
        Assert.Equal(StatusCode.Unauthenticated, problem.StatusCode);
        using var http = worker.Http(token);
        using var answer = await http.GetAsync("/api/v1/records");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("flow.id", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_turned_away()
    {
        await using var worker = await TestWorker.StartAsync();
        using var other = new TestAuthority("another authority");
        using var certificate = other.Issue("terminal");
        // Even with the token: whoever shows a certificate is who it says or nobody.
        await Assert.ThrowsAsync<RpcException>(
            async () => await worker.Client(TestWorker.Secret, certificate).StatusAsync(new StatusRequest()));
    }

    [Fact]
    public async Task Nothing_is_said_without_TLS()
    {
        await using var worker = await TestWorker.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(worker.Server.Address);
        await client.GetStream().WriteAsync("GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        var buffer = new byte[256];
        var length = await ReadAsync(client.GetStream(), buffer);
        // A TLS alert at most.
        Assert.DoesNotContain("HTTP", System.Text.Encoding.ASCII.GetString(buffer, 0, length));
    }

    [Fact]
    public async Task What_a_rule_forbids_is_forbidden_in_both_languages()
    {
        await using var worker = await TestWorker.StartAsync(
            refuses: static (caller, path) =>
                path.EndsWith("ql", StringComparison.OrdinalIgnoreCase) ? $"no SQL for {caller.Name}" : null);
        await worker.Client().StatusAsync(new StatusRequest());
        using var call = worker.Client().Sql(new SqlRequest { Sql = "SELECT 1" });
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.PermissionDenied, problem.StatusCode);
        Assert.Equal("no SQL for token", problem.Status.Detail);
        using var http = worker.Http();
        using var answer = await http.GetAsync("/api/v1/sql?q=SELECT%201");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task What_is_forbidden_is_so_by_every_way_that_leads_to_it()
    {
        await using var worker = await TestWorker.StartAsync(
            refuses: static (_, path) => path is "/netsniff.v1.Query/Status" or "/api/v1/sql" ? "no" : null);
        using var http = worker.Http();
        foreach (var path in (string[])["/netsniff.v1.Query/Status", "/netsniff.v1.Query/Status/"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc") } },
            };
            using var answer = await http.SendAsync(request);
            Assert.Equal(["7"], answer.Headers.GetValues("grpc-status"));
        }

        using var sql = await http.GetAsync("/api/v1/sql/?q=SELECT%201");
        Assert.Equal(HttpStatusCode.Forbidden, sql.StatusCode);
    }

    [Fact]
    public async Task One_caller_may_have_only_so_many_calls_open()
    {
        await using var worker = await TestWorker.StartAsync(limits: new ServeLimits { CallsPerCallerMax = 3 });
        var client = worker.Client();
        List<AsyncServerStreamingCall<ObserveAnswer>> calls = [];
        for (var index = 0; index < 3; index++)
        {
            calls.Add(client.Observe(new ObserveRequest { Follow = true }));
            Assert.True(await calls[index].ResponseStream.MoveNext(default));
        }

        var problem = await Assert.ThrowsAsync<RpcException>(
            async () => await worker.Client().StatusAsync(new StatusRequest()));
        Assert.Equal(StatusCode.ResourceExhausted, problem.StatusCode);
        foreach (var call in calls) call.Dispose();
        await PatienceAsync(async () => await worker.Client().StatusAsync(new StatusRequest()));
    }

    [Fact]
    public async Task A_request_that_is_too_long_is_refused()
    {
        await using var worker = await TestWorker.StartAsync();
        var problem = await Assert.ThrowsAsync<RpcException>(async () =>
            await worker.Client().AggregateAsync(new AggregateRequest { Where = new string('x', 100_000) }));
        Assert.Equal(StatusCode.ResourceExhausted, problem.StatusCode);
        problem = await Assert.ThrowsAsync<RpcException>(async () => await worker.Client().AggregateAsync(
            new AggregateRequest { Kind = "http", Where = new string('(', 5_000) }));
        Assert.Equal(StatusCode.InvalidArgument, problem.StatusCode);
        Assert.Contains("4096", problem.Status.Detail);
    }

    private static async Task<int> ReadAsync(NetworkStream stream, byte[] buffer)
    {
        try
        {
            return await stream.ReadAsync(buffer);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>A call that was given up is gone a moment later.</summary>
    private static async Task PatienceAsync(Func<Task> attempt)
    {
        for (var left = 100; ; left--)
        {
            try
            {
                await attempt();
                return;
            }
            catch (RpcException) when (left > 0)
            {
                await Task.Delay(100);
            }
        }
    }
}
