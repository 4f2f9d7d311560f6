using System.Diagnostics;
using NetSniff.Config;
using NetSniff.Detection.Rules;
using NetSniff.Wire.Health;
using NetSniff.Worker.Detect;
using NetSniff.Worker.Store;

namespace NetSniff.Cli.Hosting;

/// <summary>Keeps a worker on the rules that lie in a folder, and says what became of them.</summary>
internal sealed class RuleWatch
{
    private const int ProblemsTold = 10;

    /// <summary>Records that rules are shown again after a start, so that their windows are not empty.</summary>
    private const int WarmUpRecordsMax = 200_000;

    private static readonly TimeSpan s_beatMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMinutes(10);

    private readonly Terminal _terminal;
    private readonly RuleFolder _folder;
    private readonly RuleHealth _health;
    private readonly Heartbeat _beat;
    private readonly Lock _telling = new();
    private RuleFolderState _told = RuleFolderState.Nothing;

    /// <summary>Looks at once.</summary>
    public RuleWatch(Terminal terminal, string folder, HealthBoard board, IRecordStore store)
    {
        _terminal = terminal;
        Stage = new DetectStage(store.Stored);
        _folder = new RuleFolder(folder, new RuleLoader { Clock = Nanos }, Stage.Offer);
        _beat = board.AddLoop("rules", s_beatMax);
        board.AddLedger(Stage.Ledger);
        _folder.Look();
        var shown = Stage.WarmUp(store, s_warmUp, WarmUpRecordsMax);
        _health = new RuleHealth(board, () => _folder.State, () => Stage.Rules);
        Tell();
        if (shown > 0) terminal.Say($"rules: {shown} records of the store were looked at again");
    }

    public DetectStage Stage { get; }

    /// <summary>Looks now instead of within a second. Any thread.</summary>
    /// <returns>What the rules that lie there are refused for; nothing when they are in force.</returns>
    public IReadOnlyList<ConfigProblem> LookNow()
    {
        _folder.Look();
        Tell();
        var state = _folder.State;
        return state.IsRefused
            ? [.. state.Problems.Where(static problem => !problem.IsWarning).Take(ProblemsTold)
                .Select(static problem => new ConfigProblem("rules", problem.ToString()))]
            : [];
    }

    public async Task RunAsync(CancellationToken stop)
    {
        await _folder.RunAsync(_terminal.Clock, Tell, stop).ConfigureAwait(false);
        _beat.End();
    }

    private static long Nanos() =>
        (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    private void Tell()
    {
        _beat.Beat();
        _health.Look();
        lock (_telling) Tell(_folder.State);
    }

    private void Tell(RuleFolderState state)
    {
        if (state == _told) return;

        if (state.Revision != _told.Revision) _terminal.Say($"rules {state.Revision} are in force");
        if (state.IsRefused)
        {
            var goesOn = state.Revision.Length == 0 ? "there are none" : $"{state.Revision} go on";
            _terminal.Say($"rules are refused, {goesOn}:");
            foreach (var problem in state.Problems.Where(static problem => !problem.IsWarning).Take(ProblemsTold))
            {
                _terminal.Say($"  {problem}");
            }
        }

        _told = state;
    }
}
