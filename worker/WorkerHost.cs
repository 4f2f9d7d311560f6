using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetSniff.Json;
using NetSniff.Pipeline;
using NetSniff.Wire.Control;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Health;
using NetSniff.Wire.V1;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Store;

namespace NetSniff.Worker;

/// <summary>A worker: what sensors send goes into the log, from there into the store, and answers come out of it.
/// </summary>
/// <remarks>Starts with <see cref="StartAsync"/> and ends with <see cref="StopAsync"/>, after which nothing that was
/// acknowledged is missing in the store. Disposed without that it is as after a kill: the log keeps what is not stored.
/// </remarks>
public sealed class WorkerHost : IWorkerAccount, IAsyncDisposable
{
    /// <summary>A batch of the largest records, packed badly.</summary>
    private const int MessageBytesMax = 8 << 20;

    private const int SensorsMax = 4096;

    /// <summary>Beside one of each sensor: those who ask, other workers, and sensors that come back before their old
    /// connection is found dead.</summary>
    private const int OtherConnectionsMax = 1024;

    /// <summary>The store's loop goes round between two batches; a commit may take a while on a slow disk.</summary>
    private static readonly TimeSpan s_beatMax = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private readonly WorkerOptions _options;
    private readonly IRecordStore _store;
    private readonly TimeProvider _clock;
    private readonly IngestLog _log;
    private readonly StorePump _pump;
    private readonly WebApplication _web;
    private readonly Thread _storing;
    private readonly CancellationTokenSource _stopStoring = new();
    private readonly CancellationTokenSource _stopAtOnce = new();
    private readonly ITimer _look;
    private (Condition Stores, Condition TakesIn)? _conditions;
    private Exception? _failure;

    /// <param name="store">Owned by the caller, used by this until it is disposed.</param>
    /// <exception cref="IOException">The folder is in use, or has no room.</exception>
    public WorkerHost(WorkerOptions options, IRecordStore store, WorkerParts? parts = null)
    {
        parts ??= new WorkerParts();
        _options = options;
        _store = store;
        _clock = parts.Clock;
        StartedNanos = Timestamps.Nanos(_clock.GetUtcNow());
        _log = IngestLog.Open(Path.Combine(options.Folder, "log"), options.Log);
        Inbox = NewInbox();
        var beat = parts.Health?.AddLoop("store", s_beatMax);
        _pump = new StorePump(
            _log,
            store,
            options.Commit,
            new StorePumpParts
            {
                Enrichers = parts.Enrichers,
                Detector = parts.Detector,
                Feeds = parts.Feeds,
                Beat = beat is null ? null : beat.Beat,
            },
            parts.Clock);
        Register(parts.Health);
        _web = Build(parts);
        _look = _clock.CreateTimer(_ => Look(), null, TimeSpan.Zero, s_lookEvery);
        _storing = new Thread(Store) { Name = "store" };
    }

    public Inbox Inbox { get; }

    /// <summary>Lines to sensors that take tasks.</summary>
    public SensorLinks Links { get; } = new();

    /// <summary>Where it listens, once it has started.</summary>
    public string Address => new Uri(
        _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First())
        .Authority;

    /// <summary>Why nothing is stored now; null while all is well.</summary>
    public string? Problem => Volatile.Read(ref _failure)?.Message ?? _pump.Problem;

    public long RecordsStored => _pump.RecordsStored;

    public long LogBytesWaiting => _log.BytesWaiting;

    public long LogRecordsWaiting => _log.Counts.Records;

    public string Name => _options.Name;

    public string Version => _options.Version;

    public long StartedNanos { get; }

    /// <summary>How long the oldest batch that waits in the log has been on its way; 0 when none waits.</summary>
    public long LagNanos => _log.Counts.OldestNanos is var oldest and > 0
        ? Math.Max(0, Timestamps.Nanos(_clock.GetUtcNow()) - oldest) : 0;

    /// <summary>Sensors that are or were connected, with the last that each told of itself.</summary>
    public IEnumerable<SensorState> Sensors()
    {
        foreach (var sensor in Inbox.Sensors())
        {
            sensor.TakesTasks = Links.Find(sensor.Sensor) is not null;
            yield return sensor;
        }
    }

    public IEnumerable<LedgerLine> Ledger() =>
    [
        .. Inbox.Ledger(),
        new("ingest", "files of the log that end torn", _log.Counts.TornSegments, true),
        .. _pump.Ledger(),
    ];

    public async Task StartAsync(CancellationToken cancel = default)
    {
        _storing.Start();
        await _web.StartAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Takes no more, says so to the sensors, stores what the log holds, and ends.</summary>
    public async Task StopAsync()
    {
        Inbox.Leave();
        Links.Leave();
        using var limit = new CancellationTokenSource(_options.DrainMax);
        await _web.StopAsync(limit.Token).ConfigureAwait(false);
        await _stopStoring.CancelAsync().ConfigureAwait(false);
        _stopAtOnce.CancelAfter(_options.DrainMax);
        await Task.Run(_storing.Join, CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _look.DisposeAsync().ConfigureAwait(false);
        await _stopAtOnce.CancelAsync().ConfigureAwait(false);
        await _web.DisposeAsync().ConfigureAwait(false);
        if (_storing.IsAlive) _storing.Join();
        _pump.Dispose();
        _log.Dispose();
        Inbox.Dispose();
        Links.Dispose();
        _stopStoring.Dispose();
        _stopAtOnce.Dispose();
    }

    private Inbox NewInbox() => new(
        new IngestOptions
        {
            Worker = _options.Name,
            Version = _options.Version,
            SensorsMax = SensorsMax,
            BacklogBytesMax = Math.Min(_options.BacklogBytesMax, _options.Log.BytesMax / 2),
        },
        _log,
        _store.Stored.Concat(_log.Positions()));

    private WebApplication Build(WorkerParts parts)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        parts.AddLogging?.Invoke(builder.Logging);
        builder.WebHost.ConfigureKestrel(Configure);
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = MessageBytesMax);
        builder.Services.AddSingleton(new IngestService(Inbox));
        builder.Services.AddSingleton(new ControlService(Links));
        parts.AddServices?.Invoke(builder.Services);
        var web = builder.Build();
        web.MapGrpcService<IngestService>();
        web.MapGrpcService<ControlService>();
        parts.Map?.Invoke(web);
        return web;
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.KeepAlivePingDelay = DeliveryChannel.PingEvery;
        kestrel.Limits.Http2.KeepAlivePingTimeout = DeliveryChannel.PingEvery;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 64;
        kestrel.Limits.MaxConcurrentConnections = SensorsMax + OtherConnectionsMax;
        // A stream that waits for credit sends nothing for hours.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Listen(IPEndPoint.Parse(_options.Listen), listen =>
        {
            var isQuic = _options.OffersQuic && _options.Security is not null && DeliveryChannel.HasQuic;
            listen.Protocols = _options.Security is null ? HttpProtocols.Http2
                : isQuic ? HttpProtocols.Http1AndHttp2AndHttp3 : HttpProtocols.Http1AndHttp2;
            _options.Security?.Use(listen);
        });
    }

    private void Register(HealthBoard? health)
    {
        if (health is null) return;

        health.AddLedger(Ledger);
        health.Add(new WorkerMetrics(this));
        _conditions = (health.AddCondition("stores"), health.AddCondition("takes-in"));
    }

    /// <summary>Sets what holds and what does not; to be called once in a while by whoever owns the clock.</summary>
    private void Look()
    {
        if (_conditions is not var (stores, takesIn)) return;

        stores.Set(Problem is null, Problem is null ? "Storing" : "StoreFails", Problem ?? "");
        var isTaking = Inbox.Weight > 0 && !Inbox.Leaving.IsCancellationRequested;
        takesIn.Set(isTaking, isTaking ? "TakingIn" : "Full", isTaking ? "" : "too much waits to be stored");
    }

    private void Store()
    {
        try
        {
            _pump.Run(_stopStoring.Token, _stopAtOnce.Token);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Told by Problem: a worker that cannot store is not ready, and takes no more once its log is full.
            Volatile.Write(ref _failure, failure);
        }
    }
}
