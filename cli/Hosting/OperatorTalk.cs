using NetSniff.Config;
using NetSniff.Storage.Config;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Hosting;

/// <summary>A member's line to the operator, and what is told of it: the condition `operator`, which holds in any case,
/// for what runs goes on without.</summary>
internal sealed class OperatorTalk : IAsyncDisposable
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    /// <summary>What passes sooner is not worth a line.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(15);

    private readonly Terminal _terminal;
    private readonly AttendingSettings _settings;
    private readonly Condition _condition;
    private readonly CancellationTokenSource _stop = new();
    private readonly ClusterLink _link;
    private readonly ITimer _looking;
    private readonly Task _running;
    private long _otherSince;
    private bool _toldUp;
    private bool _hasTold;

    public OperatorTalk(
        Terminal terminal, AttendingSettings settings, CertificateFiles certificates, HealthBoard board,
        IClusterMember member)
    {
        (_terminal, _settings, _condition) = (terminal, settings, board.AddCondition("operator"));
        _condition.Set(true, "Pending", "");
        _otherSince = terminal.Clock.GetTimestamp();
        _link = new ClusterLink(
            new ClusterOptions
            {
                Address = settings.Address,
                Security = new ClientSecurity(certificates) { ServerName = ClusterOptions.OperatorName },
                Clock = terminal.Clock,
            },
            member);
        _looking = terminal.Clock.CreateTimer(_ => Look(), null, s_lookEvery, s_lookEvery);
        _running = Task.Run(() => _link.RunAsync(_stop.Token));
    }

    /// <summary>Something of the next report is news.</summary>
    public void Changed() => _link.Changed();

    /// <summary>Tells what became of a plan.</summary>
    public static void Tell(Terminal terminal, PlanKeeper plans)
    {
        if (plans.Refused is not var (plan, why)) return;

        var goesOn = plans.Current is { } current ? $"{current.Revision} goes on" : "there is none before it";
        terminal.Warn($"plan {plan.Revision} is refused, {goesOn}: {why}");
    }

    /// <summary>Files of a plan as they came.</summary>
    public static MemberFiles FilesOf(Wire.V1.ClusterPlan plan)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in plan.Files) files[file.Name] = file.Text;
        var revision = plan.Revision.Length > 0 ? plan.Revision : MemberFiles.RevisionOf(files);
        return new MemberFiles(plan.Sequence, revision, PlanRoad.Push, files);
    }

    public async ValueTask DisposeAsync()
    {
        await _looking.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _link.Dispose();
        _stop.Dispose();
    }

    private void Look()
    {
        var (isUp, problem) = (_link.IsUp, _link.Problem ?? "");
        _condition.Set(true, isUp ? "Connected" : "Away", isUp ? "" : problem);
        var now = _terminal.Clock.GetTimestamp();
        if (isUp == _toldUp && _hasTold) _otherSince = now;
        if (!isUp && _terminal.Clock.GetElapsedTime(_otherSince, now) < s_quiet) return;
        if (isUp == _toldUp && _hasTold) return;

        if (isUp) _terminal.Say($"operator {_settings.Address}: connected");
        else _terminal.Warn($"operator {_settings.Address} is away: {problem}; what was planned goes on");
        (_toldUp, _hasTold, _otherSince) = (isUp, true, now);
    }
}
