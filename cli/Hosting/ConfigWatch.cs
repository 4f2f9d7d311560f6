using NetSniff.Config;
using NetSniff.Storage.Config;
using NetSniff.Wire.Health;

namespace NetSniff.Cli.Hosting;

/// <summary>Keeps a program on the configuration that lies in a folder, and says what became of it.</summary>
internal sealed class ConfigWatch<T> where T : class
{
    private static readonly TimeSpan s_beatMax = TimeSpan.FromSeconds(10);

    private readonly Terminal _terminal;
    private readonly string _file;
    private readonly ConfigFolder<T> _folder;
    private readonly ConfigHealth _health;
    private readonly Heartbeat _beat;
    private readonly string _otherwise;
    private readonly Lock _telling = new();
    private ConfigState _told = ConfigState.Nothing;

    /// <summary>Looks at once.</summary>
    /// <param name="file">Name of the file in the folder.</param>
    /// <param name="apply">Puts one in force, or says why not.</param>
    /// <param name="nameOf">What a configuration calls itself, if it does.</param>
    /// <param name="otherwise">What goes on while there is none.</param>
    public ConfigWatch(
        Terminal terminal, string folder, string file, HealthBoard board, ConfigParse<T> parse,
        Func<T, IReadOnlyList<ConfigProblem>> apply, Func<T, string>? nameOf = null,
        string otherwise = "what silence means goes on")
    {
        (_terminal, _file, _otherwise) = (terminal, file, otherwise);
        _folder = new ConfigFolder<T>(folder, file, parse, apply, nameOf);
        _beat = board.AddLoop("config", s_beatMax);
        _folder.Look();
        _health = new ConfigHealth(board, () => _folder.State);
        Tell();
    }

    public string Revision => _folder.State.Revision;

    /// <summary>The one in force; null before the first good one.</summary>
    public T? Current => _folder.Current;

    /// <summary>Looks now instead of within a second. Any thread.</summary>
    /// <returns>What is wrong with what lies there; nothing when it is in force.</returns>
    public IReadOnlyList<ConfigProblem> LookNow()
    {
        _folder.Look();
        Tell();
        return _folder.State.Problems;
    }

    public async Task RunAsync(CancellationToken stop)
    {
        await _folder.RunAsync(_terminal.Clock, Tell, stop).ConfigureAwait(false);
        _beat.End();
    }

    private void Tell()
    {
        _beat.Beat();
        _health.Look();
        lock (_telling) Tell(_folder.State);
    }

    private void Tell(ConfigState state)
    {
        if (state == _told) return;

        if (state.Revision != _told.Revision) _terminal.Say($"configuration {state.Revision} is in force");
        foreach (var problem in state.Problems.Except(_told.Problems))
        {
            var goesOn = state.Revision.Length == 0 ? _otherwise : $"{state.Revision} goes on";
            _terminal.Warn($"{_file} is refused, {goesOn}: {problem}");
        }

        _told = state;
    }
}
