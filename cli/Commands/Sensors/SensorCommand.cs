using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Hosting;
using NetSniff.Wire.Health;
using NetSniff.Wire.Telemetry;

namespace NetSniff.Cli.Commands.Sensors;

/// <summary>`netsniff sensor`: captures on this machine and ships records to workers.</summary>
internal static class SensorCommand
{
    private const string About =
        """
        Capture from network interfaces and ship flows and transactions to workers. What they cannot take waits in a
        spool on disk. SIGTERM ends it in order: what was captured is shipped, or stays in the spool for the next start.

        Examples:
          netsniff certificates tls worker-0 sensor-a
          netsniff sensor --workers worker-0=10.0.0.7:9466 --tls tls/sensor-a --spool /var/lib/netsniff/spool
          netsniff sensor trace.pcap --workers worker-0=127.0.0.1:9466 --tls tls/sensor-a --spool /tmp/spool
        """;

    public static Command Make(CommandRunner runner)
    {
        var arguments = new SensorArguments();
        var command = new Command("sensor", About);
        arguments.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
            RunAsync(terminal, interrupts, arguments.Read(result)).GetAwaiter().GetResult());
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, Interrupts interrupts, SensorSettings settings)
    {
        var board = new HealthBoard("sensor", ProgramVersion.Text, terminal.Clock);
        using var telemetry = OwnTelemetry.Start(board, settings.Node);
        terminal = terminal.Through(telemetry, "netsniff.sensor");
        try
        {
            return await RunAsync(terminal, interrupts, settings, board, telemetry).ConfigureAwait(false);
        }
        catch (Exception problem) when (OwnLog.Passes(terminal, problem))
        {
            throw;
        }
    }

    private static async Task<int> RunAsync(
        Terminal terminal, Interrupts interrupts, SensorSettings settings, HealthBoard board, OwnTelemetry? telemetry)
    {
        var sensor = new SensorProgram(terminal, settings, board);
        await using (sensor.ConfigureAwait(false))
        {
            // The last numbers are sent while those who are asked for them are there.
            using var last = telemetry;
            await sensor.StartAsync().ConfigureAwait(false);
            terminal.Say($"sensor {settings.Node}: capturing on {sensor.Interfaces}");
            var stopped = interrupts.StoppedAsync();
            await Task.WhenAny(stopped, sensor.Host.Captured).ConfigureAwait(false);
            if (sensor.IsPurged)
            {
                await sensor.PurgeAsync().ConfigureAwait(false);
                await stopped.ConfigureAwait(false);
                return ExitCode.Ok;
            }

            var isHome = await sensor.Host.StopAsync().ConfigureAwait(false);
            SensorTalk.Balance(terminal, sensor.Host.Ledger());
            if (!isHome) terminal.Warn("not all was shipped: the rest waits in the spool for the next start");
            if (sensor.Host.Failure is { } failure) terminal.Warn(failure.Message);
            var isCut = sensor.TellProblems();
            return sensor.Host.Failure is null && !isCut ? ExitCode.Ok : ExitCode.Failed;
        }
    }
}
