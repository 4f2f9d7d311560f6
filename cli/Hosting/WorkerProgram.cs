using NetSniff.Wire.Health;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Security;
using NetSniff.Worker;
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
    private readonly WorkerNames? _names;
    private IMembership? _workers;
    private QueryServer? _query;
    private HealthListener? _health;

    /// <exception cref="IOException">A folder is in use, or has no room, or the certificates cannot be read.
    /// </exception>
    public WorkerProgram(Terminal terminal, WorkerSettings settings, HealthBoard board)
    {
        (_terminal, _settings, Board) = (terminal, settings, board);
        _certificates = new CertificateFiles(settings.Certificates, terminal.Clock);
        _ = _certificates.Current; // told at once when there are none
        var limits = new ServeLimits();
        _store = new DuckDbStore(new DuckDbOptions
        {
            Folder = Path.Combine(settings.Folder, "store"),
            AgeMax = settings.AgeMax,
            BytesMax = settings.StoreBytesMax,
            Clock = terminal.Clock,
        });
        board.Add(new StoreMetrics(_store, terminal.Clock));
        _feed = new RecordFeed(limits);
        _members = Members();
        _names = WorkerNames.Of(settings, terminal, board);
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
                Enrichers = _names is null ? [] : [_names.NewEnricher()],
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
        await _host.StartAsync().ConfigureAwait(false);
        _query = await QueryServer.StartAsync(new QueryOptions
        {
            Listen = _settings.Query,
            Tls = () => QueryTls.Options(_certificates),
            Token = _settings.TokenFile is { } token ? new BearerToken(token, _terminal.Clock) : null,
            Store = _store,
            Feed = _feed,
            Account = new WorkerAccount(_host),
            Members = _members,
            Clock = _terminal.Clock,
        }).ConfigureAwait(false);
        if (_settings.Health is { } health)
        {
            _health = await HealthListener.StartAsync(
                new HealthOptions { Address = health.Address, Port = health.Port }, Board).ConfigureAwait(false);
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
        if (_query is not null) await _query.DisposeAsync().ConfigureAwait(false);
        await _host.DisposeAsync().ConfigureAwait(false);
        if (_health is not null) await _health.DisposeAsync().ConfigureAwait(false);
        _feed.Dispose();
        _members?.Dispose();
        if (_workers is IAsyncDisposable workers) await workers.DisposeAsync().ConfigureAwait(false);
        if (_names is not null) await _names.DisposeAsync().ConfigureAwait(false);
        _store.Dispose();
    }

    private MemberChannels? Members()
    {
        _workers = WorkerList.Of(_settings.Workers, _settings.Cluster, WorkerList.QueryPort, _terminal.Clock);
        return _workers is null ? null : new MemberChannels(_settings.Name, _workers, _certificates);
    }

    private sealed class FeedOfStored(RecordFeed feed) : IRecordFeed
    {
        public void Publish(in StoreBatch batch) => feed.Publish(in batch);
    }
}
