using NetSniff.Cli.Commands;
using NetSniff.Config;
using NetSniff.Pipeline;
using NetSniff.Sensor;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Config;
using NetSniff.Sensor.Governor;
using NetSniff.Sensor.Health;
using NetSniff.Sensor.Keeping;
using NetSniff.Storage.Config;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Health;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Security;
using NetSniff.Worker.Health;

namespace NetSniff.Cli.Hosting;

/// <summary>A sensor put together: captures, shards, spool, delivery, governor, health.</summary>
internal sealed partial class SensorProgram : IAsyncDisposable
{
    /// <summary>A capture that is alive comes round every tenth of a second, packets or not.</summary>
    private static readonly TimeSpan s_captureBeatMax = TimeSpan.FromSeconds(5);

    /// <summary>It comes round twice a second, but waits for senders to end.</summary>
    private static readonly TimeSpan s_dispatcherBeatMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_governorBeatMax = TimeSpan.FromSeconds(10);

    private readonly Terminal _terminal;
    private readonly SensorSettings _settings;
    private readonly IReadOnlyList<PacketCapture> _captures;
    private readonly DepthDial _dial = new();
    private readonly DepthFloor _floor = new();
    private readonly PacketKeeping _packets;
    private readonly IMembership? _members;
    private readonly GovernorLoop? _governor;
    private readonly SensorSteering _steering;
    private readonly ConfigWatch<SensorConfig>? _config;
    private readonly PlanKeeper? _plans;
    private readonly FolderRoad? _road;
    private readonly Heartbeat _dispatching;
    private readonly CancellationTokenSource _stopWatching = new();
    private GovernorOptions _budget;
    private readonly TurnTimes _turns = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Condition _delivers;
    private HealthListener? _health;
    private Task _governing = Task.CompletedTask;
    private Task _configuring = Task.CompletedTask;
    private readonly Condition _capturing;
    private readonly Condition _keeps;
    private string? _toldKeeping;
    private (string? Heard, string? Told) _membersProblem;
    private readonly Lock _telling = new();
    private HashSet<string> _toldProblems = [];
    private readonly WorkerTalk _workerTalk;
    private readonly LossTalk _lossTalk = LossTalk.OfSensor();
    private ITimer? _look;

    /// <param name="membership">Who the workers are; null for what the settings say.</param>
    /// <exception cref="IOException">The spool's folder is in use, or has no room.</exception>
    /// <exception cref="CaptureException">An interface, a right or a library is missing.</exception>
    public SensorProgram(
        Terminal terminal, SensorSettings settings, HealthBoard board, IMembership? membership = null)
    {
        (_terminal, _settings, Board) = (terminal, settings, board);
        _workerTalk = new WorkerTalk(terminal.Clock);
        membership ??= _members =
            WorkerList.Of(settings.Workers, settings.Cluster, WorkerList.IngestPort, terminal.Clock)
            ?? throw new UsageException("which workers? --workers NAME=HOST:PORT,... or --workers-file FILE");
        var certificates = new CertificateFiles(settings.Certificates, terminal.Clock);
        _ = certificates.Current; // told at once when there are none
        _budget = settings.Budget;
        _packets = new PacketKeeping(settings.Folder, terminal.Clock);
        _steering = new SensorSteering(_dial, LimitsOf(settings.Budget))
        {
            BudgetChanged = Spend, ChangeCapture = ChangeCapture, Floor = _floor,
            Packets = (_packets, settings.Packets),
        };
        _steering.SetOwn(OwnAddresses.Read());
        // Who waits for a plan looks at nothing before it has one.
        var otherwise = new SensorConfig { Suspend = settings.PlanFolder is not null };
        _steering.Apply(otherwise);
        // In force before the first packet. A bad one is told, and what silence means goes on.
        (_plans, _road, _config) = Configured();
        var inForce = _config?.Current ?? otherwise;
        _captures = Open(inForce);
        _wish = CaptureWish.Of(inForce);
        _steering.Opened(_wish);
        // One for each: a thread that hangs is not hidden by another that goes round.
        var beats = _captures.Select((capture, number) => (capture, number)).ToDictionary(
            static one => one.capture, one => board.AddLoop($"capture {one.number}", s_captureBeatMax));
        var dispatcher = _dispatching = board.AddLoop("dispatcher", s_dispatcherBeatMax);
        try
        {
            Host = new SensorHost(Options(certificates), _captures, membership, Parts(beats, dispatcher));
        }
        catch
        {
            foreach (var capture in _captures) capture.Dispose();
            throw;
        }

        _ = Host.Captured.ContinueWith(_ => EndAll(beats.Values), TaskScheduler.Default);
        _delivers = board.AddCondition("delivery");
        _capturing = board.AddCondition("captures");
        _keeps = board.AddCondition("packets");
        board.Add(_packets);
        board.AddLedger(Host.Ledger);
        if (_members is ServiceMembers service) board.Add(new WatchMetrics([service.Watch], terminal.Clock));
        board.Add(new SensorMetrics(
            () => _captures.Select(static capture => capture.Counters), () => Host.Shards, _turns));
        _governor = new GovernorLoop(_budget, _dial, Tally, Say, terminal.Clock);
        board.Add(_governor);
    }

    public HealthBoard Board { get; }

    public SensorHost Host { get; }

    public string Interfaces => string.Join(", ", _captures.Select(static capture => capture.Name).Distinct());

    /// <summary>Tells what is wrong with the captures, once while it lasts: an interface is down, a file is cut.
    /// </summary>
    /// <returns>Whether a file could not be read to its end. An interface may come back.</returns>
    public bool TellProblems()
    {
        lock (_telling)
        {
            var problems = _captures.Select(static one => one.Problem?.Text).OfType<string>().ToHashSet();
            foreach (var text in problems.Where(text => !_toldProblems.Contains(text))) _terminal.Warn(text);
            _toldProblems = problems; // one that passes and comes again is news again
            var isFine = problems.Count == 0;
            _capturing.Set(isFine, isFine ? "Capturing" : "SourceProblem", string.Join("; ", problems));
            return !isFine && _settings.Files.Count > 0;
        }
    }

    /// <exception cref="IOException">The health port cannot be had.</exception>
    public async Task StartAsync()
    {
        _configuring = WatchAsync(_stopWatching.Token);
        Host.Start();
        // Files have no wire that would run over: they are read as fast as they are understood.
        if (_settings.Files.Count == 0)
        {
            _governing = _governor!.RunAsync(Board.AddLoop("governor", s_governorBeatMax), _stop.Token);
        }

        Attend();
        _look = _terminal.Clock.CreateTimer(_ => Look(), null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        if (_settings.Health is { } health)
        {
            _health = await Opening.AtAsync("--health", health, HealthListener.StartAsync(
                new HealthOptions { Address = health.Address, Port = health.Port }, Board)).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_operator is not null) await _operator.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _stopWatching.CancelAsync().ConfigureAwait(false);
        await _governing.ConfigureAwait(false);
        await _configuring.ConfigureAwait(false);
        if (_look is not null) await _look.DisposeAsync().ConfigureAwait(false);
        if (IsPurged) await PurgeAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else await Host.DisposeAsync().ConfigureAwait(false);
        _packets.Dispose();
        if (_members is IAsyncDisposable members) await members.DisposeAsync().ConfigureAwait(false);
        if (_health is not null) await _health.DisposeAsync().ConfigureAwait(false);
        foreach (var capture in _captures) capture.Dispose();
        _turns.Dispose();
        _stop.Dispose();
        _stopWatching.Dispose();
    }

    private SensorParts Parts(Dictionary<PacketCapture, Heartbeat> beats, Heartbeat dispatcher) => new SensorParts
    {
        BeforeBatch = shard =>
        {
            _steering.Before(shard);
            _turns.Begin();
        },
        Progressed = capture =>
        {
            _turns.End();
            beats[capture].Beat();
        },
        Dispatched = dispatcher.Beat,
        Gate = _steering.NewGate,
        GateLedger = _steering.Ledger,
        Packets = _packets,
        Floor = _floor,
        Rung = () => Ladder.NameOf(_steering.Depth),
        ConfigRevision = () => _config?.Revision ?? "",
    };

    private static void EndAll(IEnumerable<Heartbeat> beats)
    {
        foreach (var beat in beats) beat.End();
    }

    private static CgroupLimits LimitsOf(GovernorOptions budget) => new(
        budget.MemoryBytesMax > 0 ? budget.MemoryBytesMax : null, budget.CpuMax > 0 ? budget.CpuMax : null);

    private void Spend(GovernorOptions budget)
    {
        _budget = budget;
        _governor?.Change(budget); // not there yet while the first is put in force
    }

    private SensorOptions Options(CertificateFiles certificates)
    {
        var limit = _budget.MemoryBytesMax;
        var shard = new ShardOptions();
        if (limit > 0) shard = MemoryPlan.For(limit, _captures.Count, shard, _settings.Live.RingMebibytes).Shard;
        return new SensorOptions
        {
            Node = _settings.Node,
            Version = ProgramVersion.Text,
            Folder = _settings.Folder,
            SpoolIdPrefix = SensorName.Of(certificates.Current.Certificate) is [var name, ..]
                ? SensorName.IdPrefix(name)
                : "",
            Security = new ClientSecurity(certificates) { ServerName = _settings.ServerName },
            Shard = shard,
            Spool = new QueueOptions { SegmentBytes = 2 << 20, BytesMax = _settings.SpoolBytesMax },
            IsLive = _settings.Files.Count == 0,
            DrainMax = _settings.DrainMax,
            Clock = _terminal.Clock,
        };
    }

    public PacketTally Tally()
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

    private void Say(GovernorStep step)
    {
        _rungReason = step.To == ShardDepth.Full ? "" : step.Why;
        _terminal.Say($"{step.Why}: now {Ladder.NameOf(step.To)}, {Ladder.CostOf(step.To)}");
        _operator?.Changed();
    }

    private void Look()
    {
        if (IsPurged) return;

        LookAtOwn();
        TellProblems();
        TellMembers();
        foreach (var line in _lossTalk.Hear(Host.SpoolLedger())) _terminal.Warn(line);
        var keeping = _packets.Problem;
        if (keeping is not null && keeping != _toldKeeping) _terminal.Say($"packets are not kept: {keeping}");
        _toldKeeping = keeping;
        _keeps.Set(
            keeping is null, keeping is not null ? "NotKept" : _packets.Plan.IsOn ? "Keeping" : "Off", keeping ?? "");
        var workers = Host.Workers;
        foreach (var (line, isTrouble) in _workerTalk.Hear(workers, _terminal.Clock.GetTimestamp()))
        {
            if (isTrouble) _terminal.Warn(line);
            else _terminal.Say(line);
        }

        var isUp = workers.Any(static worker => worker.IsUp);
        var problem = Host.Problem
            ?? workers.Select(static worker => worker.Problem).FirstOrDefault(static text => text is not null);
        var text = isUp ? Host.Problem ?? "" : problem ?? _members?.Problem ?? "no worker is known";
        _delivers.Set(isUp, isUp ? "Connected" : "NoWorker", text);
        TellReadiness();
    }

    /// <summary>Tells why it is not known who the workers are. What passes within a look is not worth a word: a watch
    /// that expired, a file half written.</summary>
    private void TellMembers()
    {
        var problem = _members?.Problem;
        var (heard, told) = _membersProblem;
        var isNews = problem is not null && problem == heard && problem != told;
        if (isNews) _terminal.Warn($"workers: {problem}");
        _membersProblem = (problem, isNews || problem is null ? problem : told);
    }
}
