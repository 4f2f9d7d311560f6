using System.CommandLine;
using System.Globalization;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Workers;
using NetSniff.Cli.Hosting;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Sensor.Governor;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;
using NetSniff.Wire.Telemetry;

namespace NetSniff.Cli.Commands.Sensors;

/// <summary>`netsniff sensor`: captures on this machine and ships records to workers.</summary>
internal static class SensorCommand
{
    private const string About =
        """
        Capture from network interfaces and ship flows and transactions to workers. What they cannot take waits in a spool on
        disk. SIGTERM ends it in order: what was captured is shipped, or stays in the spool for the next start.

        Examples:
          netsniff certificates tls worker-0 sensor-a
          netsniff sensor --workers worker-0=10.0.0.7:9466 --tls tls/sensor-a --spool /var/lib/netsniff/spool
          netsniff sensor trace.pcap --workers worker-0=127.0.0.1:9466 --tls tls/sensor-a --spool /tmp/spool
        """;

    private const long SpoolBytesMin = 32L << 20;

    public static Command Make(CommandRunner runner)
    {
        var files = new Argument<string[]>("file")
        {
            Description = "Capture files to ship instead; without one, what passes the interfaces.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var interfaces = new Option<string[]>("--interface", "-i")
        {
            Description = "Interface to capture from; may be given several times. Without it: all.",
            HelpName = "IF",
        };
        var node = WorkerCommand.Text("--node", "NAME", "What this machine is called in records.");
        var spool = WorkerCommand.Text("--spool", "FOLDER", "Where records wait for workers.");
        var spoolBytes = WorkerCommand.Text("--spool-bytes", "SIZE", "How much of the disk they may take (1Gi).");
        var tls = WorkerCommand.Text("--tls", "FOLDER", "Holds ca.crt, tls.crt and tls.key; read again when they change.");
        var serverName = WorkerCommand.Text(
            "--server-name", "NAME", "What the workers' certificates are made out to, if not to their names.");
        var workers = WorkerCommand.Text("--workers", "LIST", "The workers: NAME=HOST:PORT,...");
        var workersFile = WorkerCommand.Text("--workers-file", "FILE", "The same from a file that may change.");
        var filter = WorkerCommand.Text("--filter", "EXPRESSION", "Packets to look at, in the language of tcpdump.");
        var memory = WorkerCommand.Text("--memory", "SIZE", "Memory the sensor may use; without it the control group's.");
        var cpu = WorkerCommand.Text("--cpu", "CPUS", "CPUs it may use, such as 0.5: above that it looks less deep.");
        var drain = WorkerCommand.Text(
            "--drain", "LENGTH", "How long it waits at its end for what workers have not yet taken (10s).");
        var config = WorkerCommand.Text(
            "--config", "FOLDER", "Holds sensor.json (docs/operating.md); what changes in it holds at once.");
        var health = new EndpointOption("--health", "Health and metrics, or off", new SensorSettings
        {
            Node = "", Folder = "", Certificates = CertificatePaths.In(""),
        }.Health);
        var command = new Command("sensor", About)
        {
            files, interfaces, node, spool, spoolBytes, tls, serverName, workers, workersFile, filter, memory, cpu,
            drain, config, health.Option,
        };
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var names = result.GetValue(interfaces) ?? [];
            var limits = CgroupLimits.Read();
            var settings = new SensorSettings
            {
                Node = result.GetValue(node) ?? Environment.MachineName,
                Folder = WorkerCommand.Required(result, spool),
                SpoolBytesMax = ByteSizes.ParseOption(spoolBytes.Name, result.GetValue(spoolBytes), SpoolBytesMin)
                    ?? 1L << 30,
                Certificates = CertificatePaths.In(WorkerCommand.Required(result, tls)),
                ServerName = result.GetValue(serverName),
                Workers = result.GetValue(workers),
                WorkersFile = result.GetValue(workersFile),
                Files = result.GetValue(files) ?? [],
                Live = new LiveOptions
                {
                    Interfaces = names.Length == 0 ? [LiveOptions.AnyInterface] : names,
                    Filter = Filter(result.GetValue(filter)),
                },
                Budget = new GovernorOptions
                {
                    MemoryBytesMax = ByteSizes.ParseOption(memory.Name, result.GetValue(memory), MemoryPlan.LimitBytesMin)
                        ?? limits.MemoryBytes ?? 0,
                    CpuMax = Cpus(cpu.Name, result.GetValue(cpu)) ?? limits.Cpus ?? 0,
                },
                DrainMax = Durations.ParseOption(drain.Name, result.GetValue(drain)) ?? TimeSpan.FromSeconds(10),
                ConfigFolder = result.GetValue(config),
                Health = health.Read(result, mayBeOff: true),
            };
            return RunAsync(terminal, interrupts, settings).GetAwaiter().GetResult();
        });
        return command;
    }

    private static CaptureFilter? Filter(string? text)
    {
        try
        {
            return text is null ? null : FilterCompiler.Filter(text);
        }
        catch (CaptureException problem)
        {
            throw new UsageException($"--filter: {problem.Message}");
        }
    }

    private static double? Cpus(string name, string? text) =>
        text is null ? null
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus) && cpus > 0
            ? cpus
            : throw new UsageException($"{name} is a number of CPUs such as 0.5, not '{text}'");

    private static async Task<int> RunAsync(Terminal terminal, Interrupts interrupts, SensorSettings settings)
    {
        var board = new HealthBoard("sensor", ProgramVersion.Text, terminal.Clock);
        using var telemetry = OwnTelemetry.Start(board, settings.Node);
        var sensor = new SensorProgram(terminal, settings, board);
        await using (sensor.ConfigureAwait(false))
        {
            await sensor.StartAsync().ConfigureAwait(false);
            terminal.Say($"sensor {settings.Node}: capturing on {sensor.Interfaces}");
            await Task.WhenAny(interrupts.StoppedAsync(), sensor.Host.Captured).ConfigureAwait(false);
            var isHome = await sensor.Host.StopAsync().ConfigureAwait(false);
            SensorTalk.Balance(terminal, sensor.Host.Ledger());
            if (!isHome) terminal.Say("not all was shipped: the rest waits in the spool for the next start");
            if (sensor.Host.Failure is { } failure) terminal.Say(failure.Message);
            return sensor.Host.Failure is null ? ExitCode.Ok : ExitCode.Failed;
        }
    }
}
