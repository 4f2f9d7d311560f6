using Microsoft.Extensions.Logging;
using NetSniff.Wire.Telemetry;

namespace NetSniff.Cli.Hosting;

/// <summary>What a program says on its terminal goes to the collector as well, where one is named.</summary>
internal static partial class OwnLog
{
    /// <param name="name">Scope of the log records: `netsniff.worker`.</param>
    public static Terminal Through(this Terminal terminal, OwnTelemetry? telemetry, string name)
    {
        if (telemetry is null) return terminal;

        var logger = telemetry.Logs.CreateLogger(name);
        return terminal with
        {
            Heard = (text, isTrouble) =>
            {
                if (isTrouble) Trouble(logger, text);
                else Said(logger, text);
            },
        };
    }

    /// <summary>For a `catch … when`: tells of what ends the program and lets it pass.</summary>
    public static bool Passes(Terminal terminal, Exception problem)
    {
        terminal.Heard?.Invoke(problem.Message, true);
        return false;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Text}")]
    private static partial void Said(ILogger logger, string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Text}")]
    private static partial void Trouble(ILogger logger, string text);
}
