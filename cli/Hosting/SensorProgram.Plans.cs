using System.Text;
using NetSniff.Cli.Commands;
using NetSniff.Config;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Sensor.Config;
using NetSniff.Sensor.Governor;
using NetSniff.Storage.Config;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Hosting;

/// <content>What a sensor is told: by files, by its operator, and to end and leave nothing.</content>
internal sealed partial class SensorProgram
{
    private const string ConfigFile = "sensor.json";
    private const string WorkersFile = "workers";

    /// <summary>Addresses of the machine are looked at so often: interfaces come and go.</summary>
    private static readonly TimeSpan s_ownEvery = TimeSpan.FromSeconds(30);

    private readonly Lock _purgeLock = new();
    private OperatorTalk? _operator;
    private CaptureWish _wish;
    private Task? _purging;
    private string _rungReason = "";
    private bool _wasReady;
    private long _ownAt;

    /// <summary>It was told to leave nothing behind, and waits for its end.</summary>
    public bool IsPurged => Volatile.Read(ref _purging) is not null;

    /// <summary>Where it stands, and why.</summary>
    public (string Name, string Reason) Rung => (Ladder.NameOf(_steering.Depth), _rungReason);

    /// <summary>Captures no more, ships what it can within its usual time, and deletes what it keeps: spool, packets,
    /// plan. Called again, it is the same once.</summary>
    public Task PurgeAsync()
    {
        lock (_purgeLock)
        {
            if (_purging is null) Volatile.Write(ref _purging, Task.Run(PurgeOnceAsync));
            return _purging!;
        }
    }

    private async Task PurgeOnceAsync()
    {
        _terminal.Say("told to leave nothing behind: capturing ends");
        await Host.StopAsync().ConfigureAwait(false);
        _dispatching.End();
        await _stopWatching.CancelAsync().ConfigureAwait(false);
        await _configuring.ConfigureAwait(false);
        await Host.DisposeAsync().ConfigureAwait(false);
        _capturing.Set(false, "Purged", "waits for its end");
        _plans?.Purge();
        if (Directory.Exists(_settings.Folder)) Directory.Delete(_settings.Folder, recursive: true);
        _terminal.Say($"{_settings.Folder} is deleted");
    }

    private (PlanKeeper? Plans, FolderRoad? Road, ConfigWatch<SensorConfig>? Watch) Configured()
    {
        if (_settings.PlanFolder is not { } kept)
        {
            return (null, null, _settings.ConfigFolder is { } folder ? Watch(folder) : null);
        }

        var plans = new PlanKeeper(new PlanFolder(kept), Check);
        var road = _settings.ConfigFolder is { } mounted
            ? new FolderRoad(
                plans, ConfigFile,
                [new PlanSource(mounted, "", static name => name is ConfigFile or WorkersFile)], LabelOf)
            : null;
        road?.Look();
        OperatorTalk.Tell(_terminal, plans);
        var watch = Watch(kept, "nothing is captured yet");
        plans.Apply = watch.LookNow;
        return (plans, road, watch);
    }

    private ConfigWatch<SensorConfig> Watch(string folder, string otherwise = "what silence means goes on") => new(
        _terminal, folder, ConfigFile, Board, ConfigReader.Read, _steering.Apply, static config => config.Revision,
        otherwise);

    private static IReadOnlyList<ConfigProblem> Check(MemberFiles plan)
    {
        if (!plan.Files.TryGetValue(ConfigFile, out var text)) return [new ConfigProblem("", $"has no {ConfigFile}")];

        var config = ConfigReader.Read(Encoding.UTF8.GetBytes(text), out var problems);
        // Before captures are open nobody else would notice, and then they could not be opened.
        return config?.Capture.BpfFilter is { Length: > 0 } filter && ProblemOf(filter) is { } why
            ? [new ConfigProblem("capture.bpfFilter", why)]
            : problems;
    }

    /// <summary>Why a sensor does not take a filter; null where it does.</summary>
    public static string? ProblemOf(string filter)
    {
        try
        {
            _ = FilterCompiler.FilterWithoutNames(filter);
            return null;
        }
        catch (CaptureException problem)
        {
            return problem.Message;
        }
    }

    private static (long Sequence, string Revision)? LabelOf(IReadOnlyDictionary<string, string> files) =>
        ConfigReader.Read(Encoding.UTF8.GetBytes(files[ConfigFile]), out _) is { } config
            ? (config.Sequence, config.Revision)
            : null;

    private Task WatchAsync(CancellationToken stop) => new PlanWatch(
        _terminal, _config is null ? null : _config.RunAsync, _plans, _road, () => _operator).RunAsync(stop);

    private void Attend()
    {
        if (_settings.Operator is not { } settings || _plans is null) return;

        _operator = new OperatorTalk(
            _terminal, settings, new CertificateFiles(_settings.Certificates, _terminal.Clock), Board,
            new AttendingSensor(_terminal, settings, this, _plans));
    }

    private IReadOnlyList<PacketCapture> Open(SensorConfig config)
    {
        if (_settings.Files.Count > 0) return [.. _settings.Files.Select(static file => PcapFileCapture.Open(file))];

        var cpus = SensorSteering.BudgetOf(config.Budget, LimitsOf(_settings.Budget)).CpuMax;
        var opening = CaptureOpening.Of(config.Capture, _settings.Live, cpus);
        var name = _settings.Backend == Captures.AnyBackend ? opening.Backend : _settings.Backend;
        var found = Captures.FindLive(name)
            ?? throw new UsageException($"--backend is {Captures.AnyBackend}, "
                + $"{string.Join(" or ", Captures.LiveNames)}, not '{_settings.Backend}'");
        var live = opening.In(_settings.Live, canShare: found.Info.Name != LibPcapCapture.Info.Name);
        try
        {
            return found.Open!(CaptureWish.Of(config).In(live));
        }
        catch (CaptureException problem) when (config.Capture.BpfFilter.Length > 0 && live.Filter is null)
        {
            throw new UsageException($"capture.bpfFilter of {_settings.ConfigFolder}: {problem.Message}");
        }
    }

    /// <summary>All captures take frames in another way, or none.</summary>
    private string? ChangeCapture(CaptureWish wish)
    {
        if (_settings.Files.Count > 0) return null; // files are read as they are

        var done = 0;
        try
        {
            var options = wish.In(_settings.Live);
            for (; done < _captures.Count; done++) _captures[done].Change(options);
            _wish = wish;
            return null;
        }
        catch (CaptureException problem)
        {
            var before = _wish.In(_settings.Live);
            while (--done >= 0) _captures[done].Change(before);
            return problem.Message;
        }
    }

    private void LookAtOwn()
    {
        if (_ownAt != 0 && _terminal.Clock.GetElapsedTime(_ownAt) < s_ownEvery) return;

        _ownAt = _terminal.Clock.GetTimestamp();
        if (OwnAddresses.Read() is { Count: > 0 } own) _steering.SetOwn(own);
    }

    private void TellReadiness()
    {
        var isReady = Board.IsReady;
        if (isReady != _wasReady) _operator?.Changed();
        _wasReady = isReady;
    }
}
