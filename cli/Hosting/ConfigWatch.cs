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
    private ConfigState _told = ConfigState.Nothing;

    /// <summary>Looks at once.</summary>
    /// <param name="file">Name of the file in the folder.</param>
    /// <param name="apply">Puts one in force, or says why not.</param>
    public ConfigWatch(
        Terminal terminal, string folder, string file, HealthBoard board, ConfigParse<T> parse,
        Func<T, IReadOnlyList<ConfigProblem>> apply)
    {
        (_terminal, _file) = (terminal, file);
        _folder = new ConfigFolder<T>(folder, file, parse, apply);
        _beat = board.AddLoop("config", s_beatMax);
        _folder.Look();
        _health = new ConfigHealth(board, () => _folder.State);
        Tell();
    }

    public string Revision => _folder.State.Revision;

    /// <summary>The one in force; null before the first good one.</summary>
    public T? Current => _folder.Current;

    public async Task RunAsync(CancellationToken stop)
    {
        await _folder.RunAsync(_terminal.Clock, Tell, stop).ConfigureAwait(false);
        _beat.End();
    }

    private void Tell()
    {
        _beat.Beat();
        _health.Look();
        var state = _folder.State;
        if (state == _told) return;

        if (state.Revision != _told.Revision) _terminal.Say($"configuration {state.Revision} is in force");
        foreach (var problem in state.Problems.Except(_told.Problems))
        {
            var goesOn = state.Revision.Length == 0 ? "what silence means goes on" : $"{state.Revision} goes on";
            _terminal.Warn($"{_file} is refused, {goesOn}: {problem}");
        }

        _told = state;
    }
}
