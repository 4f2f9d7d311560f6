using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using NetSniff.Fuzz.Captures;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Wire.Querying;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Feed;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Fuzz.Storm;

/// <summary>A worker's query side over a real store that is written to all the while, on loopback.</summary>
internal sealed class StormWorker : IWorkerAccount, IAsyncDisposable
{
    private const string Secret = "storm-storm-storm-storm";

    private readonly string _folder = Directory.CreateTempSubdirectory("netsniff-storm-").FullName;
    private readonly Certificates _authority;
    private static readonly TimeSpan s_retryAfter = new CommitOptions().RetryAfter;

    private readonly DuckDbStore _store;
    private readonly QueryServer _server;
    private readonly byte[] _records;
    private readonly int _recordsCount;
    private readonly Origin _origin = new("node-1", "eth0");
    private ulong _sequence;

    private StormWorker(ServeLimits limits, byte[] records, int count)
    {
        (_records, _recordsCount) = (records, count);
        _authority = Certificates.NewAuthority("storm", TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        _authority.IssueTo(Path.Combine(_folder, "certificates"), "w1", "localhost", "127.0.0.1");
        File.WriteAllText(Path.Combine(_folder, "token"), Secret);
        _store = new DuckDbStore(new DuckDbOptions { Folder = Path.Combine(_folder, "store") });
        Feed = new RecordFeed(limits);
        var files = new CertificateFiles(CertificatePaths.In(Path.Combine(_folder, "certificates")));
        _server = QueryServer.StartAsync(new QueryOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Tls = () => QueryTls.Options(files),
            Token = new BearerToken(Path.Combine(_folder, "token"), TimeProvider.System),
            Store = _store, Feed = Feed, Account = this, Limits = limits,
        }).GetAwaiter().GetResult();
    }

    public RecordFeed Feed { get; }

    public string Name => "w1";

    public string Version => "storm";

    public long StartedNanos { get; } = Now();

    public long LagNanos => 0;

    public string Address => $"127.0.0.1:{_server.Address.Port}";

    public string Authority => _authority.AuthorityPem;

    public string Token { get; } = Secret;

    public long RecordsStored { get; private set; }

    /// <summary>Commits that were refused and made again.</summary>
    public int CommitsRepeated { get; private set; }

    /// <summary>The longest that whoever stores was held up by those who follow.</summary>
    public TimeSpan LongestPublish { get; private set; }

    /// <param name="capture">Whose records are stored over and over, as if they came now.</param>
    /// <param name="batch">Records stored at once, about.</param>
    public static StormWorker Start(ServeLimits limits, LoadedCapture capture, int batch)
    {
        var gathered = new Gathered();
        using var slots = new GuardedSlots(Shard.BatchMax);
        using (var run = new ShardRun(ShardRun.Options, gathered, slots))
        {
            run.Take(capture.Frames, capture.Frames.Count);
            run.Shard.Finish();
        }

        byte[] once = [.. gathered.Bytes];
        var times = Math.Max(1, batch / gathered.Count);
        return new StormWorker(
            limits, [.. Enumerable.Repeat(once, times).SelectMany(bytes => bytes)], times * gathered.Count);
    }

    public IEnumerable<LedgerLine> Ledger() =>
    [
        new("store", "stored", RecordsStored, IsLoss: false),
        new("follow", "not filtered in time", Feed.RecordsSkipped, IsLoss: false),
    ];

    public IEnumerable<SensorState> Sensors() =>
        [new() { Sensor = new string('5', 32), Node = "node-1", Worker = "w1", Version = "storm", IsConnected = true }];

    public QueryChannel Connect()
    {
        var roots = new System.Security.Cryptography.X509Certificates.X509Certificate2Collection();
        roots.ImportFromPem(Authority);
        return QueryChannel.To(new QueryEndpoint { Address = Address, Authorities = roots, Token = Secret });
    }

    /// <summary>Stores so many records a second until told to stop.</summary>
    public void Run(int rate, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var origin = Origins.Add(_origin.Node, _origin.Interface);
        while (!stop.IsCancellationRequested)
        {
            var due = (long)(clock.Elapsed.TotalSeconds * rate) - RecordsStored;
            if (due < _recordsCount)
            {
                stop.WaitHandle.WaitOne(20);
                continue;
            }

            Restamp(origin);
            var batch = new StoreBatch
            {
                Lane = new LaneId(new string('5', 32), "w1/0"), Sequence = ++_sequence, Records = _records,
                Count = _recordsCount,
            };
            if (!TryStore(in batch))
            {
                stop.WaitHandle.WaitOne(s_retryAfter);
                continue;
            }

            var before = Stopwatch.GetTimestamp();
            Feed.Publish(in batch);
            var held = Stopwatch.GetElapsedTime(before);
            if (held > LongestPublish) LongestPublish = held;
            RecordsStored += _recordsCount;
        }
    }

    /// <summary>Stores as StorePump does: what the store could not write, since questions had its memory, is tried
    /// again under the same number. The store has sent away who asked by then.</summary>
    private bool TryStore(in StoreBatch batch)
    {
        try
        {
            _store.Append(in batch);
            _store.Commit();
            return true;
        }
        catch (IOException)
        {
            CommitsRepeated++;
            _sequence = batch.Sequence - 1;
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Feed.Dispose();
        _store.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The last of them is now, and they are flows of their own.</summary>
    private void Restamp(ushort origin)
    {
        var newest = long.MinValue;
        foreach (var record in new RecordWalker(_records)) newest = Math.Max(newest, record.Header.TimeNanos);
        var shift = Now() - newest;
        for (var position = 0; position < _records.Length;)
        {
            ref var header = ref MemoryMarshal.AsRef<RecordHeader>(_records.AsSpan(position));
            header.TimeNanos += shift;
            header.FlowId += 1_000_003;
            header.Interface = origin;
            position += header.Length;
        }
    }

    private static long Now() =>
        (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private sealed class Gathered : RecordConsumer
    {
        public List<byte> Bytes { get; } = [];

        public int Count { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            Bytes.AddRange(records);
            Count += count;
        }
    }
}
