using System.Net;
using System.Security.Cryptography;
using NetSniff.Kube;
using NetSniff.Operator;
using NetSniff.Operator.Control;
using NetSniff.Operator.Health;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Hosting;

/// <param name="Listen">Where members connect.</param>
/// <param name="Identity">What this replica is called in the lease.</param>
/// <param name="PastPrefix">What earlier runs of the same pod were called, up to what differs.</param>
internal sealed record OperatorProgramSettings(
    NetSniff.Operator.Config.OperatorSettings Operator,
    IPEndPoint Listen,
    IPEndPoint? Health,
    string Identity,
    string PastPrefix);

/// <summary>An operator put together: reconcilers, the channel to members, health.</summary>
internal sealed class OperatorProgram : IAsyncDisposable
{
    /// <summary>The lease is looked at twice a second; a request may take two.</summary>
    private static readonly TimeSpan s_electionBeatMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Allocated since the last time that memory was given back.</summary>
    private const long GiveBackBytes = 32L << 20;

    private static readonly TimeSpan s_giveBackEvery = TimeSpan.FromMinutes(1);

    private readonly Terminal _terminal;
    private readonly OperatorProgramSettings _settings;
    private readonly ClusterClient _cluster;
    private readonly HealthBoard _board;
    private readonly ClusterMembers _members;
    private readonly Condition _synced;
    private readonly Condition _certified;
    private readonly Condition _planned;
    private string? _toldPlans;
    private ControlServer? _control;
    private HealthListener? _health;
    private ITimer? _look;
    private ITimer? _givingBack;
    private long _allocated;

    public OperatorProgram(
        Terminal terminal, OperatorProgramSettings settings, ClusterClient cluster, HealthBoard board)
    {
        (_terminal, _settings, _cluster, _board) = (terminal, settings, cluster, board);
        _members = new ClusterMembers(terminal.Clock);
        Host = new OperatorHost(
            new OperatorOptions
            {
                Settings = settings.Operator,
                Cluster = cluster,
                Identity = settings.Identity,
                PastPrefix = settings.PastPrefix,
                CompileFilter = FilterCompiler.IsSupported ? SensorProgram.ProblemOf : null,
                Clock = terminal.Clock,
                Random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue)),
                Say = Say,
            },
            _members);
        var beat = board.AddLoop("election", s_electionBeatMax);
        Host.Looked = beat.Beat;
        (_synced, _certified) = (board.AddCondition("caches"), board.AddCondition("certificates"));
        _planned = board.AddCondition("plans");
        board.Add(new OperatorMetrics(Host, terminal.Clock));
        board.AddLedger(_members.Ledger);
    }

    public OperatorHost Host { get; }

    /// <exception cref="IOException">A port cannot be had.</exception>
    public async Task StartAsync()
    {
        _control = await Opening.AtAsync("--listen", _settings.Listen, ControlServer.StartAsync(
            new ControlOptions
            {
                Listen = _settings.Listen,
                Security = new ServerSecurity(Host.Certificates),
                IsLeader = () => Host.IsLeading,
                MayLeadSoon = () => Host.MayLeadSoon,
                Version = ProgramVersion.Text,
                Clock = _terminal.Clock,
            },
            _members)).ConfigureAwait(false);
        if (_settings.Health is { } health)
        {
            _health = await Opening.AtAsync("--health", health, HealthListener.StartAsync(
                new HealthOptions { Address = health.Address, Port = health.Port }, _board)).ConfigureAwait(false);
        }

        if (!FilterCompiler.IsSupported) Say("no libpcap is here: sensors say what is wrong with a bpfFilter", false);
        Host.Start();
        _look = _terminal.Clock.CreateTimer(_ => Look(), null, TimeSpan.Zero, s_lookEvery);
        _givingBack = _terminal.Clock.CreateTimer(_ => GiveBack(), null, s_giveBackEvery, s_giveBackEvery);
    }

    public async ValueTask DisposeAsync()
    {
        if (_look is not null) await _look.DisposeAsync().ConfigureAwait(false);
        if (_givingBack is not null) await _givingBack.DisposeAsync().ConfigureAwait(false);
        // Not ready first: nobody new comes while the rest ends.
        _synced.Set(false, "Ending", "told to end");
        await Host.DisposeAsync().ConfigureAwait(false);
        if (_control is not null) await _control.DisposeAsync().ConfigureAwait(false);
        if (_health is not null) await _health.DisposeAsync().ConfigureAwait(false);
        _members.Dispose();
        _cluster.Dispose();
    }

    private void Look()
    {
        var isSynced = Host.IsSynced;
        var troubled = Host.Watches.FirstOrDefault(static watch => watch.State.Failure is not null);
        var text = troubled is null ? "" : $"{troubled.Plural}: {troubled.State.Failure!.Value.Text}";
        // What was once known stays good while the server is away.
        _synced.Set(isSynced, isSynced ? text.Length == 0 ? "Synced" : "ServerAway" : "Pending", text);
        var isCertified = Host.HasCertificates;
        _certified.Set(isCertified, isCertified ? "Held" : "Pending", isCertified ? "" : "the leader makes them");
        // Of some node; that is no reason for the others to have no operator.
        var unplanned = _members.Problem;
        _planned.Set(true, unplanned is null ? "Made" : "NotMade", unplanned ?? "");
        if (unplanned is not null && unplanned != _toldPlans) _terminal.Warn(unplanned);
        _toldPlans = unplanned;
    }

    /// <summary>To compile rules and run their tests takes many times what is kept of them, and the runtime keeps the
    /// room for the next time, which may be next week.</summary>
    private void GiveBack()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocated < GiveBackBytes) return;

        _allocated = allocated;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private void Say(string text, bool isTrouble)
    {
        if (isTrouble) _terminal.Warn(text);
        else _terminal.Say(text);
    }
}
