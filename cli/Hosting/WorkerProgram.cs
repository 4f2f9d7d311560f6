using NetSniff.Config;
using NetSniff.Pipeline;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;
using NetSniff.Worker;
using NetSniff.Worker.Config;
using NetSniff.Worker.Health;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Feed;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Cli.Hosting;

/// <summary>A worker put together: log, names, store, answers, health.</summary>
internal sealed class WorkerProgram : IAsyncDisposable
{
    private readonly Terminal _terminal;
    private readonly WorkerSettings _settings;
    private readonly CertificateFiles _certificates;
    private readonly DuckDbStore _store;
    private readonly RecordFeed _feed;
    private readonly WorkerHost _host;
    private readonly MemberChannels? _members;
    private readonly ServeLimits _limits;
    private readonly NamesWatch? _names;
    private readonly ConfigWatch<WorkerConfig>? _config;
    private readonly CancellationTokenSource _stop = new();
    private QueryServer? _query;
    private HealthListener? _health;
    private Task _configuring = Task.CompletedTask;

    /// <exception cref="IOException">A folder is in use, or has no room, or the certificates cannot be read.
    /// </exception>
    public WorkerProgram(Terminal terminal, WorkerSettings settings, HealthBoard board)
    {
        (_terminal, _settings, Board) = (terminal, settings, board);
        _certificates = new CertificateFiles(settings.Certificates, terminal.Clock);
        _ = _certificates.Current; // told at once when there are none
        _limits = new ServeLimits();
        _store = new DuckDbStore(new DuckDbOptions
        {
            Folder = Path.Combine(settings.Folder, "store"),
            AgeMax = settings.AgeMax,
            BytesMax = settings.StoreBytesMax,
            Clock = terminal.Clock,
        });
        board.Add(new StoreMetrics(_store, terminal.Clock));
        _feed = new RecordFeed(_limits);
        board.AddLedger(() =>
            [new LedgerLine("feed", "records that followers were not shown", _feed.RecordsSkipped, IsLoss: false)]);
        _members = Members();
        if (settings.IdentityFile is not null || settings.ConfigFolder is not null)
        {
            _names = new NamesWatch(terminal, board, settings.IdentityFile);
        }

        if (settings.ConfigFolder is { } folder) _config = Configured(folder);
        _host = new WorkerHost(
            new WorkerOptions
            {
                Name = settings.Name,
                Version = ProgramVersion.Text,
                Folder = settings.Folder,
                Listen = settings.Ingest.ToString(),
                Security = new ServerSecurity(_certificates),
            },
            _store,
            new WorkerParts
            {
                Enrichers = _names is null ? [] : [_names],
                Feeds = [new FeedOfStored(_feed)],
                Health = board,
                Clock = terminal.Clock,
            });
    }

    public HealthBoard Board { get; }

    public WorkerHost Host => _host;

    /// <summary>Where questions are asked, once it has started.</summary>
    public string QueryAddress => _query!.Address.ToString();

    /// <exception cref="IOException">A port cannot be had.</exception>
    public async Task StartAsync()
    {
        await Opening.AtAsync("--listen", _settings.Ingest, _host.StartAsync()).ConfigureAwait(false);
        _query = await Opening.AtAsync("--query", _settings.Query, QueryServer.StartAsync(new QueryOptions
        {
            Listen = _settings.Query,
            Tls = () => QueryTls.Options(_certificates),
            Token = _settings.TokenFile is { } token ? new BearerToken(token, _terminal.Clock) : null,
            Store = _store,
            Feed = _feed,
            Limits = _limits,
            Account = new WorkerAccount(_host),
            Members = _members,
            Clock = _terminal.Clock,
        })).ConfigureAwait(false);
        if (_config is not null) _configuring = _config.RunAsync(_stop.Token);
        if (_settings.Health is { } health)
        {
            _health = await Opening.AtAsync("--health", health, HealthListener.StartAsync(
                new HealthOptions { Address = health.Address, Port = health.Port }, Board)).ConfigureAwait(false);
        }
    }

    /// <summary>Takes no more, stores what is in the log, ends.</summary>
    public async Task StopAsync()
    {
        await _host.StopAsync().ConfigureAwait(false);
        if (_query is not null) await _query.DisposeAsync().ConfigureAwait(false);
        _query = null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _configuring.ConfigureAwait(false);
        if (_query is not null) await _query.DisposeAsync().ConfigureAwait(false);
        await _host.DisposeAsync().ConfigureAwait(false);
        if (_health is not null) await _health.DisposeAsync().ConfigureAwait(false);
        _feed.Dispose();
        _members?.Dispose();
        _names?.Dispose();
        _store.Dispose();
        _stop.Dispose();
    }

    /// <summary>In force before the first batch. A bad one is told, and the command line goes on.</summary>
    private ConfigWatch<WorkerConfig> Configured(string folder)
    {
        var steering = new WorkerSteering(
            _store.Retention, retention => _store.Retention = retention, _limits,
            file => _names!.Change(file.Length == 0 ? "" : Path.Combine(folder, file)));
        return new ConfigWatch<WorkerConfig>(
            _terminal, folder, "worker.json", Board, WorkerConfigReader.Read, steering.Apply);
    }

    private MemberChannels? Members() => WorkerList.Of(_settings.Workers, _settings.WorkersFile, _terminal.Clock)
        is { } workers ? new MemberChannels(_settings.Name, workers, _certificates) : null;

    private sealed class FeedOfStored(RecordFeed feed) : IRecordFeed
    {
        public void Publish(in StoreBatch batch) => feed.Publish(in batch);
    }
}
