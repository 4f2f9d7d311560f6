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
          netsniff worker --data /var/lib/netsniff --tls tls/worker-0 --parquet /mnt/lake
          netsniff worker --data /var/lib/netsniff --tls tls/worker-0 \
            --store clickhouse://netsniff@ch.example:8123/netsniff --store-password-file /run/secrets/clickhouse
        """;

    public static Command Make(CommandRunner runner)
    {
        var name = TextOption.Of("--name", "NAME", "What the worker is called, the same after every start.");
        var data = TextOption.Of("--data", "FOLDER", "Where the log and the store are.");
        var tls = TextOption.Of("--tls", "FOLDER", "Holds ca.crt, tls.crt and tls.key; read again when they change.");
        var token = TextOption.Of("--token-file", "FILE", "Secret that lets people ask who have no certificate.");
        var packetsToken = TextOption.Of(
            "--packets-token-file", "FILE", "Secret that also lets have raw packets (docs/packets.md).");
        var packetsFor = TextOption.Of(
            "--packets-for", "NAMES", "Certificates that may have raw packets, by name: alice,bob.");
        var names = TextOption.Of(
            "--names", "FILE", "YAML that says which pod, service or host an address was (docs/identity.md).");
        var rules = TextOption.Of("--rules", "DIR", "Detection rules, read again when they change (docs/rules.md).");
        var workers = TextOption.Of("--workers", "LIST", "Query ports of all workers: NAME=HOST:PORT,...");
        var workersFile = TextOption.Of("--workers-file", "FILE", "The same from a file that may change.");
        var store = new StoreOptions();
        var settings = new WorkerSettings { Name = "", Folder = "", Certificates = CertificatePaths.In("") };
        var ingest = new EndpointOption("--listen", "Where sensors connect", settings.Ingest);
        var query = new EndpointOption("--query", "Where questions are asked", settings.Query);
        var health = new EndpointOption("--health", "Health and metrics, or off", settings.Health);
        var command = new Command("worker", About)
        {
            name, data, tls, token, packetsToken, packetsFor, names, rules, workers, workersFile, ingest.Option,
            query.Option, health.Option,
        };
        store.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) => Run(terminal, interrupts, settings with
        {
            Name = result.GetValue(name) ?? Environment.MachineName,
            Folder = TextOption.Required(result, data),
            Certificates = CertificatePaths.In(TextOption.Required(result, tls)),
            TokenFile = result.GetValue(token),
            PacketsTokenFile = result.GetValue(packetsToken),
            PacketsFor = Names(result.GetValue(packetsFor)),
            IdentityFile = result.GetValue(names),
            RulesFolder = result.GetValue(rules),
            Workers = result.GetValue(workers),
            WorkersFile = result.GetValue(workersFile),
            Store = store.Read(result),
            Lake = store.Lake(result),
            Ingest = ingest.Read(result)!,
            Query = query.Read(result)!,
            Health = health.Read(result, mayBeOff: true),
        }));
        return command;
    }

    private static HashSet<string> Names(string? text) => new(
        (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        StringComparer.Ordinal);

    private static int Run(Terminal terminal, Interrupts interrupts, WorkerSettings settings) =>
        RunAsync(terminal, interrupts, settings).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(Terminal terminal, Interrupts interrupts, WorkerSettings settings)
    {
        var board = new HealthBoard("worker", ProgramVersion.Text, terminal.Clock);
        using var telemetry = OwnTelemetry.Start(board, settings.Name);
        var worker = new WorkerProgram(terminal, settings, board);
        await using (worker.ConfigureAwait(false))
        {
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
