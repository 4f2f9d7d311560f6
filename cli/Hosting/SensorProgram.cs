using NetSniff.Cli.Commands;
using NetSniff.Pipeline;
using NetSniff.Sensor;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Sensor.Governor;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Health;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Hosting;

/// <summary>A sensor put together: captures, shards, spool, delivery, governor, health.</summary>
internal sealed class SensorProgram : IAsyncDisposable
{
    /// <summary>A capture that is alive comes round every tenth of a second, packets or not.</summary>
    private static readonly TimeSpan s_captureBeatMax = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_governorBeatMax = TimeSpan.FromSeconds(10);

    private readonly Terminal _terminal;
    private readonly SensorSettings _settings;
    private readonly IReadOnlyList<PacketCapture> _captures;
    private readonly DepthDial _dial = new();
    private readonly GovernorLoop _governor;
    private readonly CancellationTokenSource _stop = new();
    private readonly Condition _delivers;
    private HealthListener? _health;
    private Task _governing = Task.CompletedTask;
    private ITimer? _look;

    /// <param name="membership">Who the workers are; null for what the settings say.</param>
    /// <exception cref="IOException">The spool's folder is in use, or has no room.</exception>
    /// <exception cref="CaptureException">An interface, a right or a library is missing.</exception>
    public SensorProgram(
        Terminal terminal, SensorSettings settings, HealthBoard board, IMembership? membership = null)
    {
        (_terminal, _settings, Board) = (terminal, settings, board);
        membership ??= WorkerList.Of(settings.Workers, settings.WorkersFile, terminal.Clock)
            ?? throw new UsageException("which workers? --workers NAME=HOST:PORT,... or --workers-file FILE");
        var certificates = new CertificateFiles(settings.Certificates, terminal.Clock);
        _ = certificates.Current; // told at once when there are none
        _captures = Open();
        var beat = board.AddLoop("capture", s_captureBeatMax);
        try
        {
            Host = new SensorHost(Options(certificates), _captures, membership, new SensorParts
            {
                BeforeBatch = shard => shard.Depth = _dial.Depth,
                Progressed = _ => beat.Beat(),
                Rung = () => Ladder.NameOf(_dial.Depth),
            });
        }
        catch
        {
            foreach (var capture in _captures) capture.Dispose();
            throw;
        }

        _ = Host.Captured.ContinueWith(_ => beat.End(), TaskScheduler.Default);
        _delivers = board.AddCondition("delivery");
        board.AddLedger(Host.Ledger);
        _governor = new GovernorLoop(settings.Budget, _dial, Tally, Say, terminal.Clock);
        board.Add(_governor);
    }

    public HealthBoard Board { get; }

    public SensorHost Host { get; }

    public string Interfaces => string.Join(", ", _captures.Select(static capture => capture.Name).Distinct());

    /// <exception cref="IOException">The health port cannot be had.</exception>
    public async Task StartAsync()
    {
        Host.Start();
        // Files have no wire that would run over: they are read as fast as they are understood.
        if (_settings.Files.Count == 0)
        {
            _governing = _governor.RunAsync(Board.AddLoop("governor", s_governorBeatMax), _stop.Token);
        }

        _look = _terminal.Clock.CreateTimer(_ => Look(), null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        if (_settings.Health is { } health)
        {
            _health = await HealthListener.StartAsync(
                new HealthOptions { Address = health.Address, Port = health.Port }, Board).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _governing.ConfigureAwait(false);
        if (_look is not null) await _look.DisposeAsync().ConfigureAwait(false);
        await Host.DisposeAsync().ConfigureAwait(false);
        if (_health is not null) await _health.DisposeAsync().ConfigureAwait(false);
        foreach (var capture in _captures) capture.Dispose();
        _stop.Dispose();
    }

    private IReadOnlyList<PacketCapture> Open()
    {
        if (_settings.Files.Count > 0) return [.. _settings.Files.Select(static file => PcapFileCapture.Open(file))];

        var found = Captures.FindLive(_settings.Backend)
            ?? throw new UsageException($"--backend is {Captures.AnyBackend}, "
                + $"{string.Join(" or ", Captures.LiveNames)}, not '{_settings.Backend}'");
        return found.Open!(_settings.Live);
    }

    private SensorOptions Options(CertificateFiles certificates)
    {
        var limit = _settings.Budget.MemoryBytesMax;
        var shard = new ShardOptions();
        if (limit > 0) shard = MemoryPlan.For(limit, _captures.Count, shard, _settings.Live.RingMebibytes).Shard;
        return new SensorOptions
        {
            Node = _settings.Node,
            Version = ProgramVersion.Text,
            Folder = _settings.Folder,
            Security = new ClientSecurity(certificates) { ServerName = _settings.ServerName },
            Shard = shard,
            Spool = new QueueOptions { SegmentBytes = 2 << 20, BytesMax = _settings.SpoolBytesMax },
            IsLive = _settings.Files.Count == 0,
            Clock = _terminal.Clock,
        };
    }

    private PacketTally Tally()
    {
        var (offered, lost) = (0L, 0L);
        foreach (var capture in _captures)
        {
            var counters = capture.Counters;
            offered += counters.Received + counters.Lost;
            lost += counters.Lost;
        }

        return new PacketTally(offered, lost);
    }

    private void Say(GovernorStep step) =>
        _terminal.Say($"{step.Why}: now {Ladder.NameOf(step.To)}, {Ladder.CostOf(step.To)}");

    private void Look()
    {
        var workers = Host.Workers;
        var isUp = workers.Any(static worker => worker.IsUp);
        var problem = workers.Select(static worker => worker.Problem).FirstOrDefault(static text => text is not null);
        _delivers.Set(isUp, isUp ? "Connected" : "NoWorker", isUp ? "" : problem ?? "no worker is known");
    }
}
