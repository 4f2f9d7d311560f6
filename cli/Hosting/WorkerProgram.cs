using NetSniff.Cli.Commands;
using NetSniff.Config;
using NetSniff.Pipeline;
using NetSniff.Storage.Config;
using NetSniff.Wire.Health;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;
using NetSniff.Worker;
using NetSniff.Worker.Config;
using NetSniff.Worker.Health;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Cutting;
using NetSniff.Worker.Serve.Feed;
using NetSniff.Worker.Serve.Keeping;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;

namespace NetSniff.Cli.Hosting;

/// <summary>A worker put together: log, names, store, answers, health.</summary>
internal sealed partial class WorkerProgram : IAsyncDisposable
{
    /// <summary>Each commit is a part of each table on a server, which it must merge again.</summary>
    internal static readonly CommitOptions CommitElsewhere = new()
    {
        Every = TimeSpan.FromSeconds(1), EveryBusy = TimeSpan.FromSeconds(5), RecordsMax = 1 << 19,
        BytesMax = 128 << 20,
    };

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private readonly Terminal _terminal;
    private readonly WorkerSettings _settings;
    private readonly CertificateFiles _certificates;
    private readonly IRecordStore _store;
    private readonly RecordFeed _feed;
    private readonly WorkerHost _host;
    private readonly MemberChannels? _members;
    private readonly RuleWatch? _rules;
    private readonly ServeLimits _limits;
    private readonly IWorkerNames? _names;
    private readonly ConfigWatch<WorkerConfig>? _config;
    private readonly ClusterDoor? _door;
    private readonly KeptFiles _kept;
    private readonly FindingCaptures? _captures;
    private Task _capturing = Task.CompletedTask;
    private readonly PlanKeeper? _plans;
    private readonly FolderRoad? _road;
    private readonly CancellationTokenSource _stop = new();
    private IMembership? _workers;
    private QueryServer? _query;
    private HealthListener? _health;
    private ITimer? _look;
    private Task _watching = Task.CompletedTask;
    private Task _exporting = Task.CompletedTask;
    private Task _configuring = Task.CompletedTask;

    /// <exception cref="IOException">A folder is in use, or has no room, or the certificates cannot be read.
    /// </exception>
    public WorkerProgram(Terminal terminal, WorkerSettings settings, HealthBoard board)
    {
        (_terminal, _settings, Board) = (terminal, settings, board);
        _certificates = new CertificateFiles(settings.Certificates, terminal.Clock);
        _ = _certificates.Current; // told at once when there are none
        _limits = new ServeLimits();
        _store = settings.Store.Open(settings.Folder, terminal.Clock);
        board.Add(new StoreMetrics(_store, terminal.Clock));
        _feed = new RecordFeed(_limits);
        board.AddLedger(() =>
            [new LedgerLine("feed", "records that followers were not shown", _feed.RecordsSkipped, IsLoss: false)]);
        _members = Members();
        (_plans, _road) = Planned();
        if (RulesWatched is { } rules) _rules = new RuleWatch(terminal, rules, board, _store);
        _kept = new KeptFiles(Path.Combine(settings.Folder, "captures"), terminal.Clock);
        board.AddLedger(_kept.Ledger);
        _captures = Captures();
        _names = NamesOf(settings);
        if (settings.IsAuthorizedByCluster) _door = new ClusterDoor(settings.Cluster!.Open(), terminal.Clock);
        if ((settings.PlanFolder ?? settings.ConfigFolder) is { } folder) _config = Configured(folder);
        if (_plans is not null) _plans.Apply = ApplyPlan;
        Gather();
        _host = new WorkerHost(
            new WorkerOptions
            {
                Name = settings.Name,
                Version = ProgramVersion.Text,
                Folder = settings.Folder,
                Listen = settings.Ingest.ToString(),
                Security = new ServerSecurity(_certificates),
                Commit = settings.Store.Elsewhere is null ? new CommitOptions() : CommitElsewhere,
            },
            _store,
            new WorkerParts
            {
                Enrichers = _names is null ? [] : [_names],
                Detector = _rules?.Stage,
                Feeds = _rules is null ? [new FeedOfStored(_feed)] : [new FeedOfStored(_feed), _rules.Stage],
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
        if (_rules is not null) _watching = Task.Run(() => _rules.RunAsync(_stop.Token));
        if (_settings.Lake is { } lake) _exporting = Export(lake);
        _query = await Opening.AtAsync("--query", _settings.Query, QueryServer.StartAsync(new QueryOptions
        {
            Listen = _settings.Query,
            Tls = () => QueryTls.Options(_certificates),
            Token = _settings.TokenFile is { } token ? new BearerToken(token, _terminal.Clock) : null,
            Authorizing = _door?.Options(_settings.PacketsFor),
            OwnCertificate = () => _certificates.Current.Name,
            Store = _store,
            Feed = _feed,
            Limits = _limits,
            Account = new WorkerAccount(_host),
            Members = _members,
            Packets = Packets(),
            Kept = _kept,
            Clock = _terminal.Clock,
        })).ConfigureAwait(false);
        var talk = LossTalk.OfWorker();
        _look = _terminal.Clock.CreateTimer(_ => Tell(talk), null, TimeSpan.Zero, s_lookEvery);
        if (_captures is not null) _capturing = Task.Run(() => _captures.RunAsync(_stop.Token));
        _configuring = WatchAsync(_stop.Token);
        Attend();
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
        if (_operator is not null) await _operator.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_look is not null) await _look.DisposeAsync().ConfigureAwait(false);
        await _capturing.ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        await _exporting.ConfigureAwait(false);
        await _configuring.ConfigureAwait(false);
        if (_query is not null) await _query.DisposeAsync().ConfigureAwait(false);
        await _host.DisposeAsync().ConfigureAwait(false);
        if (_health is not null) await _health.DisposeAsync().ConfigureAwait(false);
        _feed.Dispose();
        _members?.Dispose();
        if (_workers is IAsyncDisposable workers) await workers.DisposeAsync().ConfigureAwait(false);
        _door?.Dispose();
        if (_names is not null) await _names.DisposeAsync().ConfigureAwait(false);
        _store.Dispose();
    }

    private void Tell(LossTalk talk)
    {
        lock (talk)
        {
            foreach (var line in talk.Hear(_host.Ledger())) _terminal.Warn(line);
        }
    }

    /// <summary>In force before the first batch. A bad one is told, and the command line goes on.</summary>
    private ConfigWatch<WorkerConfig> Configured(string folder)
    {
        var steering = new WorkerSteering(
            _store.Retention, retention => _store.Retention = retention, _limits,
            file => _names!.Change(file.Length == 0 ? "" : Path.Combine(_settings.ConfigFolder ?? folder, file)));
        return new ConfigWatch<WorkerConfig>(
            _terminal, folder, ConfigFile, Board, WorkerConfigReader.Read, steering.Apply,
            static config => config.Revision);
    }

    /// <returns>Null where there is no source of names and none can come.</returns>
    private IWorkerNames? NamesOf(WorkerSettings settings)
    {
        if (settings is { IsNamedByCluster: true, IdentityFile: not null })
        {
            throw new UsageException("--names and --kubernetes both say whose addresses are whose: give one of them");
        }

        if (settings.IsNamedByCluster) return new ClusterNames(_terminal, Board, settings.Cluster!.Open());
        return settings.IdentityFile is not null || (settings.PlanFolder ?? settings.ConfigFolder) is not null
            ? new FileNames(_terminal, Board, settings.IdentityFile)
            : null;
    }

    private MemberChannels? Members()
    {
        _workers = WorkerList.Of(_settings.Workers, _settings.Cluster, WorkerList.QueryPort, _terminal.Clock);
        return _workers is null ? null : new MemberChannels(_settings.Name, _workers, _certificates);
    }

    /// <summary>Hours into a lake, each in a file with this worker's name.</summary>
    private Task Export(string lake)
    {
        var file = string.Concat(_settings.Name.Select(letter =>
            char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_')) + ".parquet";
        var condition = Board.AddCondition("exports");
        string? told = null;
        var export = new HourlyExport(
            _store, new ParquetExport { Folder = lake, FileName = file },
            Path.Combine(_settings.Folder, "exported-hours"), _terminal.Clock);
        export.Looked = () =>
        {
            var problem = export.Problem;
            condition.Set(problem is null, problem is null ? "Exporting" : "ExportFails", problem ?? "");
            if (problem is not null && problem != told) _terminal.Say($"{lake}: {problem}; tried again each minute");
            told = problem;
        };
        return Task.Run(() => export.RunAsync(_stop.Token));
    }

    /// <summary>Findings whose rules ask for the packets around them.</summary>
    private FindingCaptures? Captures()
    {
        if (_rules?.Stage is not { } stage) return null;

        var captures = new FindingCaptures(
            () => stage.Rules, KeepAsync, _terminal.Clock)
        {
            Say = _terminal.Say,
        };
        stage.FoundBy = [.. stage.FoundBy, captures];
        Board.AddLedger(captures.Ledger);
        return captures;
    }

    private Task KeepAsync(KeptFile about, PacketsRequest request, CancellationToken cancel) =>
        _query?.KeepAsync(about, request, cancel)
        ?? Task.FromException(new IOException("the worker begins or ends just now"));

    private PacketServing Packets()
    {
        var packets = new PacketServing
        {
            Links = _host.Links,
            Token = _settings.PacketsTokenFile is { } token ? new BearerToken(token, _terminal.Clock) : null,
            Names = _door is null ? _settings.PacketsFor : ClusterDoor.WithOperator(_settings.PacketsFor),
            NameOf = _names is null ? null : _names.NameOf,
            Audit = _terminal.Say,
        };
        Board.Add(packets.Counters);
        return packets;
    }

    private sealed class FeedOfStored(RecordFeed feed) : IRecordFeed
    {
        public void Publish(in StoreBatch batch) => feed.Publish(in batch);
    }
}
