using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Hosting;
using NetSniff.Wire.Health;
using NetSniff.Wire.Telemetry;

namespace NetSniff.Cli.Commands.Workers;

/// <summary>`netsniff worker`: takes records from sensors, keeps them, answers questions.</summary>
internal static class WorkerCommand
{
    private const string About =
        """
        Take records from sensors, name their ends, store them, and answer whoever asks.
        SIGTERM ends it in order: nothing that a sensor was told is safe is lost.

        Examples:
          netsniff certificates tls worker-0
          netsniff worker --name worker-0 --data /var/lib/netsniff --tls tls/worker-0
          netsniff worker --name worker-0 --data /var/lib/netsniff --tls tls/worker-0 --names pods.yaml --keep 3d
          netsniff worker --data /var/lib/netsniff --tls tls/worker-0 --parquet /mnt/lake
          netsniff worker --data /var/lib/netsniff --tls tls/worker-0 \
            --store clickhouse://netsniff@ch.example:8123/netsniff --store-password-file /run/secrets/clickhouse
          netsniff worker --data /var/lib/netsniff --tls tls/worker-0 --kubernetes --kubeconfig ~/.kube/config
        """;

    public static Command Make(CommandRunner runner)
    {
        var arguments = new WorkerArguments();
        var command = new Command("worker", About);
        arguments.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) => Run(terminal, interrupts, arguments.Read(result)));
        return command;
    }

    private static int Run(Terminal terminal, Interrupts interrupts, WorkerSettings settings) =>
        RunAsync(terminal, interrupts, settings).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(Terminal terminal, Interrupts interrupts, WorkerSettings settings)
    {
        var board = new HealthBoard("worker", ProgramVersion.Text, terminal.Clock);
        using var telemetry = OwnTelemetry.Start(board, settings.Name);
        terminal = terminal.Through(telemetry, "netsniff.worker");
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
        Terminal terminal, Interrupts interrupts, WorkerSettings settings, HealthBoard board, OwnTelemetry? telemetry)
    {
        var worker = new WorkerProgram(terminal, settings, board);
        await using (worker.ConfigureAwait(false))
        {
            // The last numbers are sent while those who are asked for them are there.
            using var last = telemetry;
            await worker.StartAsync().ConfigureAwait(false);
            terminal.Say(
                $"worker {settings.Name}: sensors at {worker.Host.Address}, questions at {worker.QueryAddress}");
            await interrupts.StoppedAsync().ConfigureAwait(false);
            terminal.Say("storing what is in the log");
            await worker.StopAsync().ConfigureAwait(false);
            terminal.Say(
                $"{worker.Host.RecordsStored} records stored, {worker.Host.LogRecordsWaiting} wait in the log");
            return ExitCode.Ok;
        }
    }
}
