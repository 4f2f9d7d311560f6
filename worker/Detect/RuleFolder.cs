using NetSniff.Detection.Rules;

namespace NetSniff.Worker.Detect;

/// <summary>Which rules are in force, and what became of the last that were offered.</summary>
/// <param name="Revision">Of the files in force; empty while there are none.</param>
/// <param name="Rejected">Times that the files were refused.</param>
/// <param name="Problems">Of the files that lie there now and are not in force; warnings of those that are.</param>
public sealed record RuleFolderState(string Revision, long Rejected, IReadOnlyList<RuleProblem> Problems)
{
    public static RuleFolderState Nothing { get; } = new("", 0, []);

    public bool IsRefused => Problems.Any(static problem => !problem.IsWarning);
}

/// <summary>Watches a folder of rules: another set is tried whole and handed on whole, or refused whole while the last
/// good one goes on.</summary>
/// <remarks>It looks instead of being told, for the reasons of <see cref="Storage.Config.ConfigFolder{T}"/>.</remarks>
/// <param name="offer">Gets each good set, on the thread that looks.</param>
public sealed class RuleFolder(string folder, RuleLoader loader, Action<RuleSet> offer)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _looking = new();
    private RuleFolderState _state = RuleFolderState.Nothing;
    private string _lastSeen = "";
    private string _pending = "";

    /// <summary>Any thread may ask.</summary>
    public RuleFolderState State => Volatile.Read(ref _state);

    /// <summary>Looks once. Any thread.</summary>
    /// <returns>Whether another set came into force.</returns>
    public bool Look()
    {
        lock (_looking) return LookNow();
    }

    /// <summary>Looks once a second until told to stop.</summary>
    /// <param name="looked">Called after each look.</param>
    public async Task RunAsync(TimeProvider clock, Action? looked, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                Look();
                looked?.Invoke();
            }
        }
        catch (OperationCanceledException)
        {
            // as asked
        }
    }

    private bool LookNow()
    {
        RuleFiles files;
        try
        {
            files = RuleFiles.Read(folder);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Told once; a folder that is away for a moment is no other set.
            if (_lastSeen.Length > 0 || State.Problems is [])
            {
                (_lastSeen, _pending) = ("", "");
                Set(State with { Problems = [new RuleProblem("", 0, "", $"cannot be read: {problem.Message}")] });
            }

            return false;
        }

        if (files.Revision == _lastSeen) return false;

        // Files written one by one may be seen half written: they have to look the same twice, once there was a set.
        if (!files.IsSwapped && State.Revision.Length > 0 && files.Revision != _pending)
        {
            _pending = files.Revision;
            return false;
        }

        (_lastSeen, _pending) = (files.Revision, "");
        return Try(files);
    }

    private bool Try(RuleFiles files)
    {
        List<RuleProblem> problems = [];
        var set = loader.Load(files.Specs(problems), problems, out _);
        if (set is null)
        {
            Set(State with { Rejected = State.Rejected + 1, Problems = problems });
            return false;
        }

        offer(set);
        Set(new RuleFolderState(files.Revision, State.Rejected, problems));
        return true;
    }

    private void Set(RuleFolderState state) => Volatile.Write(ref _state, state);
}
