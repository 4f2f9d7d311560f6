using System.Net.Security;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols.Http;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Querying;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Cutting;
using NetSniff.Worker.Serve.Feed;
using NetSniff.Worker.Serve.Keeping;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Serve;

/// <summary>A worker's query side over a store in memory, on loopback.</summary>
internal sealed class TestWorker : IWorkerAccount, IAsyncDisposable
{
    /// <summary>2026-01-31T09:00:00Z.</summary>
    public const long Nine = 1_769_850_000_000_000_000;

    public const string Secret = "a secret of enough letters";

    private readonly TemporaryFolder _folder = new();
    private readonly List<QueryChannel> _channels = [];
    private QueryServer? _server;
    private QueryOptions? _options;
    private ulong _sequence;

    private TestWorker(string name, ServeLimits limits, TestAuthority authority, string secret)
    {
        (Name, Authority) = (name, authority);
        authority.IssueTo(_folder["certificates"], name);
        Feed = new RecordFeed(limits);
        File.WriteAllText(_folder["token"], secret + "\n");
    }

    public TestAuthority Authority { get; }

    public string Name { get; }

    public string Version => "0.0-test";

    public long StartedNanos => Nine;

    public long LagNanos => 0;

    public List<LedgerLine> Lines { get; } = [];

    public List<SensorState> SensorStates { get; } = [];

    public MemoryStore Store { get; } = new();

    public RecordFeed Feed { get; }

    public string Endpoint => $"127.0.0.1:{_server!.Address.Port}";

    public QueryServer Server => _server!;

    public static async Task<TestWorker> StartAsync(
        string name = "w1", ServeLimits? limits = null, TestAuthority? authority = null, IWorkerMembers? members = null,
        Func<Caller, string, string?>? refuses = null, AuthorizingOptions? authorizing = null,
        PacketServing? packets = null, string secret = Secret, KeptFiles? kept = null)
    {
        _ = global::NetSniff.Protocols.Protocols.Records;
        limits ??= new ServeLimits();
        var worker = new TestWorker(name, limits, authority ?? new TestAuthority(), secret);
        var certificates = new CertificateFiles(CertificatePaths.In(worker._folder["certificates"]));
        worker._options = new QueryOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Tls = () => QueryTls.Options(certificates),
            Token = new BearerToken(worker._folder["token"], TimeProvider.System),
            Store = worker.Store,
            Feed = worker.Feed,
            Account = worker,
            Members = members,
            Limits = limits,
            Refuses = refuses,
            Authorizing = authorizing,
            OwnCertificate = () => name,
            Packets = packets,
            Kept = kept,
        };
        worker._server = await QueryServer.StartAsync(worker._options);
        return worker;
    }

    /// <summary>Goes away and comes back at the same port.</summary>
    public async Task RestartAsync(int port, Action meanwhile)
    {
        await _server!.DisposeAsync();
        meanwhile();
        _server = await QueryServer.StartAsync(_options! with { Listen = new IPEndPoint(IPAddress.Loopback, port) });
    }

    public IEnumerable<LedgerLine> Ledger() => Lines;

    public IEnumerable<SensorState> Sensors() => SensorStates;

    public Query.QueryClient Client(string? token = Secret, X509Certificate2? certificate = null)
    {
        var channel = QueryChannel.To(new QueryEndpoint
        {
            Address = Endpoint, Authorities = Authority.Roots, Token = token,
            Identity = certificate is null
                ? null
                : SslStreamCertificateContext.Create(certificate, null, offline: true),
        });
        _channels.Add(channel);
        return channel.Client;
    }

    /// <summary>Over HTTP, with the token or without.</summary>
    public HttpClient Http(string? token = Secret)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(Authority.Roots);
        var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = policy } };
        var client = new HttpClient(handler) { BaseAddress = new Uri("https://" + Endpoint) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    /// <summary>Stores and publishes one batch of HTTP records, a microsecond apart.</summary>
    public void Add(int first, int count, string method = "GET", bool publishes = true)
    {
        var sink = TestRecords.NewSink();
        Emit(sink, first, count, method);
        var batch = new StoreBatch
        {
            Lane = new LaneId("5e", "w1/0"), Sequence = ++_sequence, Records = sink.Bytes, Count = sink.Count,
        };
        Store.Append(batch);
        Store.Commit();
        if (publishes) Feed.Publish(batch);
    }

    /// <summary>Stores and publishes one record between pods of two namespaces.</summary>
    public void AddBetween(int number, string source, string target)
    {
        var sink = TestRecords.NewSink();
        Emit(sink, number, 1, "GET", PodOf(source), PodOf(target));
        var batch = new StoreBatch
        {
            Lane = new LaneId("5e", "w1/0"), Sequence = ++_sequence, Records = sink.Bytes, Count = sink.Count,
        };
        Store.Append(batch);
        Store.Commit();
        Feed.Publish(batch);
    }

    /// <summary>Stores one batch, to be published later.</summary>
    public Action AddUnpublished(int first, int count)
    {
        var sink = TestRecords.NewSink();
        Emit(sink, first, count, "GET");
        var (bytes, sequence, records) = (sink.Bytes.ToArray(), ++_sequence, sink.Count);
        var lane = new LaneId("5e", "w1/0");
        Store.Append(new StoreBatch { Lane = lane, Sequence = sequence, Records = bytes, Count = records });
        Store.Commit();
        return () => Feed.Publish(
            new StoreBatch { Lane = lane, Sequence = sequence, Records = bytes, Count = records });
    }

    public static List<string> LinesOf(BatchDecoder decoder)
    {
        List<string> lines = [];
        foreach (var record in new RecordWalker(decoder.Records)) lines.Add(TestRecords.Line(record));
        return lines;
    }

    /// <summary>Numbers of the records in a batch, in the order they came.</summary>
    public static List<int> Numbers(ObserveAnswer answer)
    {
        var decoder = new BatchDecoder { TakesPeers = true };
        Assert.True(decoder.TryRead(answer.Batch.Span));
        List<int> numbers = [];
        foreach (var record in new RecordWalker(decoder.Records)) numbers.Add((int)record.Header.FlowId);
        return numbers;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels) channel.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        Feed.Dispose();
        _folder.Dispose();
    }

    /// <summary>0 for an end without a name.</summary>
    private static uint PodOf(string inNamespace) => inNamespace.Length == 0
        ? Peers.Unnamed : Peers.Add(new Peer { Kind = PeerKind.Pod, Name = "web", Namespace = inNamespace });

    public static void Emit(
        RecordSink sink, int first, int count, string method, uint source = Peers.Unnamed, uint target = Peers.Unnamed)
    {
        for (var number = first; number < first + count; number++)
        {
            sink.Context = new RecordHeader
            {
                FlowId = (ulong)number, Protocol = 6, ClientPeer = source, ServerPeer = target, ClientPort = 40000,
                ServerPort = 80,
                Client = Address.FromBytes([10, 0, 0, 1]), Server = Address.FromBytes([10, 0, 0, 2]),
            };
            sink.Emit(
                new HttpRecord
                {
                    Method = System.Text.Encoding.ASCII.GetBytes(method), Uri = "/cart"u8, Host = "shop"u8,
                    Version = "1.1"u8, HasRequest = true,
                    HasResponse = true, Status = 200, LatencyNanos = 1_000_000, HasLatency = true, ResponseBytes = 2,
                },
                Nine + number * 1000L);
        }
    }
}
