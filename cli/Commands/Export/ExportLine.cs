using NetSniff.Cli.Outputs;
using NetSniff.Worker.Store;

namespace NetSniff.Cli.Commands.Export;

/// <summary>How far an export is, on a line of its own that is written over.</summary>
internal sealed class ExportLine(Terminal terminal, bool isQuiet)
{
    private bool _isShown;

    public void Update(ExportProgress progress)
    {
        if (isQuiet || !terminal.IsErrorTerminal) return;
        var hours = progress.HoursAll > 0 ? $"{progress.HoursDone} of {progress.HoursAll}" : $"{progress.HoursDone}";
        terminal.Error.Write($"\r{hours} hours, {Human.Count((ulong)progress.Records)} records\e[K");
        terminal.Error.Flush();
        _isShown = true;
    }

    public void End(string text)
    {
        Clear();
        if (!isQuiet) terminal.Say(text);
    }

    public void Clear()
    {
        if (!_isShown) return;
        terminal.Error.Write("\r\e[K");
        terminal.Error.Flush();
        _isShown = false;
    }
}
