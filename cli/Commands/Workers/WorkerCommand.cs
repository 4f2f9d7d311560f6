using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Hosting;
using NetSniff.Wire.Health;
using NetSniff.Wire.Querying;
using NetSniff.Wire.Security;
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
        """;

    private const long StoreBytesMin = 256L << 20;

    public static Command Make(CommandRunner runner)
    {
        var name = TextOption.Of("--name", "NAME", "What the worker is called, the same after every start.");
        var data = TextOption.Of("--data", "FOLDER", "Where the log and the store are.");
        var tls = TextOption.Of("--tls", "FOLDER", "Holds ca.crt, tls.crt and tls.key; read again when they change.");
        var token = TextOption.Of("--token-file", "FILE", "Secret that lets people ask who have no certificate.");
        var names = TextOption.Of(
            "--names", "FILE", "YAML that says which pod, service or host an address was (docs/identity.md).");
        var workers = TextOption.Of("--workers", "LIST", "Query ports of all workers: NAME=HOST:PORT,...");
        var workersFile = TextOption.Of("--workers-file", "FILE", "The same from a file that may change.");
        var keep = TextOption.Of("--keep", "AGE", "How long records are kept (7d).");
        var storeBytes = TextOption.Of("--store-bytes", "SIZE", "How much they may take on disk (50Gi).");
        var config = TextOption.Of(
            "--config", "FOLDER", "Holds worker.json (docs/operating.md); what changes in it holds at once.");
        var settings = new WorkerSettings { Name = "", Folder = "", Certificates = CertificatePaths.In("") };
        var ingest = new EndpointOption("--listen", "Where sensors connect", settings.Ingest);
        var query = new EndpointOption("--query", "Where questions are asked", settings.Query);
        var health = new EndpointOption("--health", "Health and metrics, or off", settings.Health);
        var command = new Command("worker", About)
        {
            name, data, tls, token, names, workers, workersFile, keep, storeBytes, config, ingest.Option, query.Option,
            health.Option,
        };
        runner.Set(command, (result, terminal, interrupts) => Run(terminal, interrupts, settings with
        {
            Name = result.GetValue(name) ?? Environment.MachineName,
            Folder = TextOption.Required(result, data),
            Certificates = CertificatePaths.In(TextOption.Required(result, tls)),
            TokenFile = result.GetValue(token),
            IdentityFile = result.GetValue(names),
            Workers = result.GetValue(workers),
            WorkersFile = result.GetValue(workersFile),
            AgeMax = Durations.ParseOption(keep.Name, result.GetValue(keep)) ?? settings.AgeMax,
            StoreBytesMax = ByteSizes.ParseOption(storeBytes.Name, result.GetValue(storeBytes), StoreBytesMin)
                ?? settings.StoreBytesMax,
            ConfigFolder = result.GetValue(config),
            Ingest = ingest.Read(result)!,
            Query = query.Read(result)!,
            Health = health.Read(result, mayBeOff: true),
        }));
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
