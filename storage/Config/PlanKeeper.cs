using NetSniff.Config;

namespace NetSniff.Storage.Config;

/// <summary>Keeps a member on the newest plan, by whichever road it comes: written to its folder whole, put in force
/// whole by those who watch that folder, or refused whole while the last good one goes on.</summary>
public sealed class PlanKeeper
{
    private readonly PlanFolder _folder;
    private readonly Func<MemberFiles, IReadOnlyList<ConfigProblem>> _check;
    private readonly Lock _lock = new();
    private MemberFiles? _current;
    private MemberFiles? _refused;
    private string _why = "";

    /// <summary>Nothing is wrong with the refused plan itself: the disk would not take it.</summary>
    private bool _mayPass;

    private bool _isClosed;

    /// <summary>Goes on with what the folder holds.</summary>
    /// <param name="check">What is wrong with a plan, as far as its files say.</param>
    public PlanKeeper(PlanFolder folder, Func<MemberFiles, IReadOnlyList<ConfigProblem>> check)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(check);
        (_folder, _check) = (folder, check);
        // One that a program of another version kept and this one cannot run is no plan.
        _current = folder.Read() is { } kept && check(kept) is [] ? kept : null;
    }

    /// <summary>Has those who watch the folder look now, and says what they refuse. Null while nobody does yet.
    /// </summary>
    public Func<IReadOnlyList<ConfigProblem>>? Apply { get; set; }

    /// <summary>The plan that runs; null before the first.</summary>
    public MemberFiles? Current
    {
        get
        {
            lock (_lock) return _current;
        }
    }

    /// <summary>The plan that was refused since, and why; null where the last was not.</summary>
    public (MemberFiles Plan, string Why)? Refused
    {
        get
        {
            lock (_lock) return _refused is null ? null : (_refused, _why);
        }
    }

    /// <summary>Takes a plan, if it is newer than the one that runs. Any thread.</summary>
    /// <returns>Whether something is other than before: a plan in force, or one refused.</returns>
    public bool Offer(MemberFiles plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        lock (_lock)
        {
            if (_isClosed || !plan.IsNewerThan(_current)) return false;
            if (_refused is { } known && known.Sequence == plan.Sequence && known.HasSameFiles(plan)) return false;

            Settle(plan, Try(plan));
            return true;
        }
    }

    /// <summary>Tries again what was refused for want of room on the disk and not for what it says.</summary>
    /// <returns>Whether it is in force now.</returns>
    public bool Retry()
    {
        lock (_lock)
        {
            if (_isClosed || !_mayPass || _refused is not { } plan || !plan.IsNewerThan(_current)) return false;

            Settle(plan, Try(plan));
            return _refused is null;
        }
    }

    /// <summary>What is kept on disk is deleted, and nothing more is taken.</summary>
    public void Purge()
    {
        lock (_lock)
        {
            _isClosed = true;
            _folder.Delete();
        }
    }

    private void Settle(MemberFiles plan, IReadOnlyList<ConfigProblem> problems)
    {
        if (problems is []) (_current, _refused, _why) = (plan, null, "");
        else (_refused, _why) = (plan, string.Join("; ", problems));
    }

    private IReadOnlyList<ConfigProblem> Try(MemberFiles plan)
    {
        _mayPass = false;
        if (plan.Files.Keys.FirstOrDefault(static name => !MemberFiles.IsName(name)) is { } name)
        {
            return [new ConfigProblem("", $"no file is called '{name}'")];
        }

        var problems = _check(plan);
        if (problems is not []) return problems;

        try
        {
            _folder.Write(plan);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            _mayPass = true;
            return [new ConfigProblem("", $"cannot be kept: {problem.Message}")];
        }

        problems = Apply?.Invoke() ?? [];
        if (problems is []) return problems;

        _folder.Revert();
        Apply?.Invoke(); // those who took over already go back
        return problems;
    }
}
