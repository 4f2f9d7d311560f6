using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Hosting;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Wire.Health;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Telemetry;
using NetSniff.Worker.Store.ClickHouse;

namespace NetSniff.Cli.Commands.Up;

/// <summary>`netsniff up`: sensor and worker of this machine in one process, kept running.</summary>
internal static class UpCommand
{
    private const string About =
        """
        Capture what passes this machine and keep it: a sensor and a worker in one process, records in a DuckDB store
        in a folder, or on a ClickHouse server. Other terminals ask it. Started again by itself when it crashes; Ctrl-C
        ends it in order.

        Examples:
          netsniff up
          netsniff up -i eth0 --keep 2d --store-bytes 5Gi
          netsniff up --store clickhouse://netsniff@ch.example:8123/netsniff --store-password-file secret
          netsniff flows --follow
          netsniff sql 'SELECT dst_ip, count(*) FROM flow GROUP BY ALL ORDER BY 2 DESC LIMIT 10'
        """;

    public static Command Make(CommandRunner runner)
    {
        var arguments = new UpArguments();
        var command = new Command("up", About);
        arguments.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var (worker, sensor) = (arguments.Worker(result), arguments.Sensor(result));
            return arguments.IsChild(result)
                ? RunAsync(terminal, interrupts, worker, sensor, arguments.Folder(result)).GetAwaiter().GetResult()
                : Supervise(result, terminal, interrupts);
        });
        return command;
    }

    private static int Supervise(ParseResult result, Terminal terminal, Interrupts interrupts)
    {
        var words = result.Tokens.Select(static token => token.Value).ToList();
        return new Supervisor(terminal, interrupts, () =>
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!)
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
            };
            foreach (var word in (IEnumerable<string>)[.. words, UpArguments.ChildSwitch]) start.ArgumentList.Add(word);
            return start;
        }).Run();
    }

    private static async Task<int> RunAsync(
        Terminal terminal, Interrupts interrupts, WorkerSettings workerSettings, SensorSettings sensorSettings,
        string folder)
    {
        var secrets = UpSecrets.In(folder, workerSettings, terminal.Clock.GetUtcNow());
        var board = new HealthBoard("netsniff", ProgramVersion.Text, terminal.Clock);
        using var telemetry = OwnTelemetry.Start(board, sensorSettings.Node);
        terminal = terminal.Through(telemetry, "netsniff.up");
        try
        {
            return await RunAsync(
                terminal, interrupts, workerSettings, sensorSettings, folder, secrets, board, telemetry)
                .ConfigureAwait(false);
        }
        catch (Exception problem) when (OwnLog.Passes(terminal, problem))
        {
            throw;
        }
    }

    private static async Task<int> RunAsync(
        Terminal terminal, Interrupts interrupts, WorkerSettings workerSettings, SensorSettings sensorSettings,
        string folder, (string Authority, string Token, string PacketsToken) secrets, HealthBoard board,
        OwnTelemetry? telemetry)
    {
        var worker = new WorkerProgram(terminal, workerSettings, board);
        await using (worker.ConfigureAwait(false))
        {
            await worker.StartAsync().ConfigureAwait(false);
            var here = new FixedMembers([new RingMember(UpArguments.WorkerName, worker.Host.Address)]);
            sensorSettings = sensorSettings with
            {
                Live = sensorSettings.Live with { Filter = NotOurselves(worker, workerSettings.Store.Elsewhere) },
            };
            var sensor = new SensorProgram(terminal, sensorSettings, board, here);
            await using (sensor.ConfigureAwait(false))
            {
                // The last numbers are sent while those who are asked for them are there.
                using var last = telemetry;
                await sensor.StartAsync().ConfigureAwait(false);
                var client = new ClientFile(worker.QueryAddress, secrets.Authority, secrets.Token)
                {
                    PacketsToken = secrets.PacketsToken,
                };
                var isAsked = !IsAnotherRunning(terminal, client, folder);
                if (isAsked) client.Write();
                terminal.Output.Write([.. System.Text.Encoding.ASCII.GetBytes(Supervisor.ReadyLine), (byte)'\n']);
                terminal.Output.Flush();
                terminal.Say($"capturing on {sensor.Interfaces}, keeping records in {folder}");
                terminal.Say(
                    "ask from another terminal: netsniff http -f, netsniff flows, netsniff sql, netsniff status, "
                    + $"netsniff top --server {worker.QueryAddress}");
                // The end of standard input is the end of whoever keeps us running.
                var orphaned = Task.Run(static () => Console.In.ReadLine());
                await Task.WhenAny(interrupts.StoppedAsync(), sensor.Host.Captured, orphaned).ConfigureAwait(false);
                var isHome = await sensor.Host.StopAsync().ConfigureAwait(false);
                await worker.StopAsync().ConfigureAwait(false);
                if (isAsked) client.Remove();
                SensorTalk.Balance(terminal, sensor.Host.Ledger());
                var rest = isHome ? "" : "; the rest waits in the spool";
                terminal.Say($"{worker.Host.RecordsStored} records stored in this run{rest}");
                return sensor.Host.Failure is null ? ExitCode.Ok : ExitCode.Failed;
            }
        }
    }

    /// <summary>Our own questions and answers are not what anybody wants to see.</summary>
    private static CaptureFilter? NotOurselves(WorkerProgram worker, ClickHouseAddress? store)
    {
        try
        {
            string[] addresses = [worker.QueryAddress, worker.Host.Address];
            var ports = addresses.Select(static address => "tcp port " + address.Split(':')[^1]);
            var filter = $"not (host 127.0.0.1 and ({string.Join(" or ", ports)}))";
            // What is stored elsewhere passes by again, and would be stored for ever.
            if (store is not null) filter += $" and not (host {store.Server.IdnHost} and tcp port {store.Server.Port})";
            return FilterCompiler.Filter(filter);
        }
        catch (CaptureException)
        {
            return null; // without libpcap there is nobody to compile it
        }
    }

    /// <summary>Another `up` that runs keeps the file that says where to ask.</summary>
    private static bool IsAnotherRunning(Terminal terminal, ClientFile ours, string folder)
    {
        if (ClientFile.Read() is not { } known || known.Address == ours.Address) return false;

        var isEndpoint = IPEndPoint.TryParse(known.Address, out var endpoint);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (!isEndpoint) return false;
            socket.Connect(endpoint!);
        }
        catch (SocketException)
        {
            return false;
        }

        terminal.Say($"another netsniff answers at {known.Address}; ask this one with --server {ours.Address} "
            + $"--ca {folder}/tls/ca.crt --token-file {folder}/token");
        return true;
    }
}
