using NetSniff.Config;
using NetSniff.Sensor.Config;
using NetSniff.Storage.Config;
using NetSniff.Wire.Health;

namespace NetSniff.Cli.Hosting;

/// <summary>Keeps a sensor on the configuration that lies in a folder, and says what became of it.</summary>
internal sealed class ConfigWatch
{
    private const string FileName = "sensor.json";
    private static readonly TimeSpan s_beatMax = TimeSpan.FromSeconds(10);

    private readonly Terminal _terminal;
    private readonly ConfigFolder<SensorConfig> _folder;
    private readonly ConfigHealth _health;
    private readonly Heartbeat _beat;
    private ConfigState _told = ConfigState.Nothing;

    /// <summary>Looks at once.</summary>
    public ConfigWatch(Terminal terminal, string folder, HealthBoard board, SensorSteering steering)
    {
        _terminal = terminal;
        _folder = new ConfigFolder<SensorConfig>(folder, FileName, ConfigReader.Read, steering.Apply);
        _beat = board.AddLoop("config", s_beatMax);
        _folder.Look();
        _health = new ConfigHealth(board, () => _folder.State);
        Tell();
    }

    public string Revision => _folder.State.Revision;

    /// <summary>Packets to capture, as the configuration in force says.</summary>
    public string Filter => _folder.Current?.Capture.BpfFilter ?? "";

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
            _terminal.Warn($"{FileName} is refused, {goesOn}: {problem}");
        }

        _told = state;
    }
}
