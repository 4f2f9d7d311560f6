using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetSniff.Pipeline;
using NetSniff.Wire.Delivery;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Store;

namespace NetSniff.Worker;

/// <summary>A worker: what sensors send goes into the log, from there into the store, and answers come out of it.
/// </summary>
/// <remarks>Starts with <see cref="StartAsync"/> and ends with <see cref="StopAsync"/>, after which nothing that was
/// acknowledged is missing in the store. Disposed without that it is as after a kill: the log keeps what is not stored.
/// </remarks>
public sealed class WorkerHost : IAsyncDisposable
{
    /// <summary>A batch of the largest records, packed badly.</summary>
    private const int MessageBytesMax = 8 << 20;

    private readonly WorkerOptions _options;
    private readonly IRecordStore _store;
    private readonly IngestLog _log;
    private readonly StorePump _pump;
    private readonly WebApplication _web;
    private readonly Thread _storing;
    private readonly CancellationTokenSource _stopStoring = new();
    private readonly CancellationTokenSource _stopAtOnce = new();
    private Exception? _failure;

    /// <param name="store">Owned by the caller, used by this until it is disposed.</param>
    /// <exception cref="IOException">The folder is in use, or has no room.</exception>
    public WorkerHost(WorkerOptions options, IRecordStore store, WorkerParts? parts = null)
    {
        parts ??= new WorkerParts();
        _options = options;
        _store = store;
        _log = IngestLog.Open(Path.Combine(options.Folder, "log"), options.Log);
        Inbox = NewInbox();
        _pump = new StorePump(_log, store, options.Commit, parts.Clock)
        {
            Enrichers = parts.Enrichers,
            Watchers = parts.Watchers,
            Feeds = parts.Feeds,
        };
        _web = Build(parts);
        _storing = new Thread(Store) { Name = "store" };
    }

    public Inbox Inbox { get; }

    /// <summary>Where it listens, once it has started.</summary>
    public string Address => new Uri(
        _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;

    /// <summary>Why nothing is stored now; null while all is well.</summary>
    public string? Problem => Volatile.Read(ref _failure)?.Message ?? _pump.Problem;

    public long RecordsStored => _pump.RecordsStored;

    public long LogBytesWaiting => _log.BytesWaiting;

    public IEnumerable<LedgerLine> Ledger() => [.. Inbox.Ledger(), .. _pump.Ledger()];

    public async Task StartAsync(CancellationToken cancel = default)
    {
        _storing.Start();
        await _web.StartAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Takes no more, says so to the sensors, stores what the log holds, and ends.</summary>
    public async Task StopAsync()
    {
        Inbox.Leave();
        using var limit = new CancellationTokenSource(_options.DrainMax);
        await _web.StopAsync(limit.Token).ConfigureAwait(false);
        await _stopStoring.CancelAsync().ConfigureAwait(false);
        _stopAtOnce.CancelAfter(_options.DrainMax);
        await Task.Run(_storing.Join, CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopAtOnce.CancelAsync().ConfigureAwait(false);
        await _web.DisposeAsync().ConfigureAwait(false);
        if (_storing.IsAlive) _storing.Join();
        _pump.Dispose();
        _log.Dispose();
        Inbox.Dispose();
        _stopStoring.Dispose();
        _stopAtOnce.Dispose();
    }

    private Inbox NewInbox() => new(
        new IngestOptions
        {
            Worker = _options.Name,
            Version = _options.Version,
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
        builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = MessageBytesMax);
        builder.Services.AddSingleton(new IngestService(Inbox));
        parts.AddServices?.Invoke(builder.Services);
        var web = builder.Build();
        web.MapGrpcService<IngestService>();
        parts.Map?.Invoke(web);
        return web;
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.KeepAlivePingDelay = DeliveryChannel.PingEvery;
        kestrel.Limits.Http2.KeepAlivePingTimeout = DeliveryChannel.PingEvery;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 64;
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
