using System.Net;
using System.Security.Cryptography;
using Grpc.Core;
using NetSniff.Json;
using NetSniff.Tests.Worker.Serve.Authorizing;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Authorizing;
using NetSniff.Worker.Serve.Cutting;
using NetSniff.Worker.Serve.Keeping;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Tests.Worker.Serve.Keeping;

/// <summary>Kept files go to who may have packets of their namespaces, from whichever worker has them.</summary>
public sealed class FetchTests : IAsyncLifetime
{
    private static readonly byte[] s_bytes = RandomNumberGenerator.GetBytes(600_000);

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly ListedAuthority _people = new ListedAuthority()
        .Allow("alice", Permission.Flows(""), Permission.Files("shop"))
        .Allow("bob", Permission.Flows(""))
        .Allow("root", Permission.Flows(""), Permission.Files(""));

    private KeptFiles _kept = null!;
    private TestWorker _one = null!;
    private TestWorker _two = null!;

    /// <summary>Whatever does not come by then does not come.</summary>
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async ValueTask InitializeAsync()
    {
        _kept = new KeptFiles(_folder["two"], TimeProvider.System);
        _two = await StartAsync("w2", null, _kept);
        _one = await StartAsync(
            "w1", new OneOther(_two, _authority), new KeptFiles(_folder["one"], TimeProvider.System));
        await KeepAsync(new KeptFile { Session = "shop/web", Name = "web.pcapng", Namespaces = { "shop" } });
        await KeepAsync(new KeptFile { Finding = "abcd", Name = "abcd.pcapng", Namespaces = { "bank", "shop" } });
        await KeepAsync(new KeptFile { Finding = "ef01", Name = "ef01.pcapng", Namespaces = { "bank" } });
        await KeepAsync(new KeptFile { Finding = "0000", Name = "0000.pcapng" });
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("alice", "captures/ABCD", "shop", HttpStatusCode.OK)]
    [InlineData("alice", "captures/ef01", "shop", HttpStatusCode.Forbidden)]
    [InlineData("alice", "captures/ef01", "bank", HttpStatusCode.Forbidden)]
    [InlineData("alice", "captures/0000", "shop", HttpStatusCode.Forbidden)]
    [InlineData("alice", "captures/abcd", "", HttpStatusCode.Forbidden)]
    [InlineData("alice", "captures/9999", "shop", HttpStatusCode.NotFound)]
    [InlineData("alice", "sessions/shop/web/web.pcapng", "", HttpStatusCode.OK)]
    [InlineData("alice", "sessions/shop/web/web.pcapng", "bank", HttpStatusCode.OK)] // the path says which
    [InlineData("alice", "sessions/bank/web/web.pcapng", "shop", HttpStatusCode.Forbidden)]
    [InlineData("alice", "sessions/shop/web/other", "", HttpStatusCode.NotFound)]
    [InlineData("bob", "captures/abcd", "shop", HttpStatusCode.Forbidden)]
    [InlineData("bob", "sessions/shop/web/web.pcapng", "", HttpStatusCode.Forbidden)]
    [InlineData("root", "captures/0000", "", HttpStatusCode.OK)]
    public async Task A_file_goes_to_who_may_have_it(
        string who, string path, string namespaces, HttpStatusCode expected)
    {
        foreach (var worker in (TestWorker[])[_one, _two])
        {
            using var http = worker.Http(ListedAuthority.TokenOf(who));
            if (namespaces.Length > 0) http.DefaultRequestHeaders.Add("x-netsniff-namespace", namespaces);
            using var answer = await http.GetAsync("/api/v1/" + path);
            Assert.Equal(expected, answer.StatusCode);
            if (expected != HttpStatusCode.OK) continue;

            Assert.Equal(s_bytes, await answer.Content.ReadAsByteArrayAsync());
            Assert.Equal(
                Convert.ToHexStringLower(SHA256.HashData(s_bytes)),
                answer.Headers.GetValues("x-netsniff-sha256").Single());
        }
    }

    [Fact]
    public async Task The_same_over_gRPC()
    {
        var headers = new Metadata { { "x-netsniff-namespace", "shop" } };
        using var call = _one.Client(ListedAuthority.TokenOf("alice"))
            .Fetch(new FetchRequest { Finding = "abcd" }, headers);
        List<byte> bytes = [];
        while (await call.ResponseStream.MoveNext(Patience)) bytes.AddRange(call.ResponseStream.Current.Data);
        Assert.Equal(s_bytes, bytes);
    }

    [Fact]
    public async Task Only_the_operator_has_files_made_and_thrown_away()
    {
        var root = _one.Client(ListedAuthority.TokenOf("root"));
        var problem = await Assert.ThrowsAsync<RpcException>(
            async () => await root.ForgetAsync(new ForgetRequest { Session = "shop/web" }));
        Assert.Equal(StatusCode.PermissionDenied, problem.StatusCode);
        Assert.Contains("CaptureSession", problem.Status.Detail);
        using var keep = root.Keep(
            new KeepRequest { Session = "shop/web", Name = "a", Packets = new PacketsRequest() });
        problem = await Assert.ThrowsAsync<RpcException>(() => keep.ResponseStream.MoveNext(Patience));
        Assert.Equal(StatusCode.PermissionDenied, problem.StatusCode);

        using var certificate = _authority.Issue("operator");
        var answer = await _one.Client(token: null, certificate)
            .ForgetAsync(new ForgetRequest { Session = "shop/web" });
        Assert.Equal((1u, 3), (answer.Files, _kept.Count));
    }

    private async Task KeepAsync(KeptFile file)
    {
        var now = TimeProvider.System.GetUtcNow();
        (file.CreatedNanos, file.ExpiresNanos) = (Timestamps.Nanos(now), Timestamps.Nanos(now.AddHours(1)));
        using var writing = _kept.Begin(file);
        await writing.WriteAsync(s_bytes, default);
        writing.Finish(1);
    }

    private Task<TestWorker> StartAsync(string name, IWorkerMembers? members, KeptFiles kept) => TestWorker.StartAsync(
        name, null, _authority, members,
        authorizing: new AuthorizingOptions(_people, new HashSet<string> { "operator" }),
        packets: new PacketServing { Links = new SensorLinks(), Names = new HashSet<string> { "operator" } },
        kept: kept);

    private sealed class OneOther(TestWorker worker, TestAuthority authority) : IWorkerMembers
    {
        private readonly Query.QueryClient _client = worker.Client(token: null, authority.Issue("w2"));

        public IReadOnlyList<WorkerMember> Others { get; } = [new WorkerMember(worker.Name, worker.Endpoint)];

        public Query.QueryClient ClientOf(WorkerMember member) => _client;
    }
}
