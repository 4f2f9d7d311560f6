using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Hosting;
using NetSniff.Wire.Health;
using NetSniff.Wire.Telemetry;

namespace NetSniff.Cli.Commands.Operator;

/// <summary>`netsniff operator`: makes of CaptureProfiles what captures.</summary>
internal static class OperatorCommand
{
    private const string About =
        """
        Make of a cluster's CaptureProfiles what they ask for. Sensors, workers and what they run come of them, and of
        DetectionRules and CaptureSessions. Of several replicas one leads; the others wait. SIGTERM gives leadership to
        the next.

        Examples:
          netsniff operator --config /etc/netsniff/operator
          netsniff operator --config ./config --kubeconfig ~/.kube/config --health 127.0.0.1:9464
          netsniff operator clean --config /etc/netsniff/operator --nodes
        """;

    public static Command Make(CommandRunner runner)
    {
        var arguments = new OperatorArguments();
        var command = new Command("operator", About);
        arguments.AddTo(command);
        command.Add(CleanCommand.Make(runner));
        command.Add(CleanNodeCommand.Make(runner));
        runner.Set(command, (result, terminal, interrupts) =>
            RunAsync(terminal, interrupts, arguments.Read(result), arguments.Cluster(result)).GetAwaiter().GetResult());
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, Interrupts interrupts, OperatorProgramSettings settings, ClusterSettings cluster)
    {
        var board = new HealthBoard("operator", ProgramVersion.Text, terminal.Clock);
        using var telemetry = OwnTelemetry.Start(board, settings.Identity);
        terminal = terminal.Through(telemetry, "netsniff.operator");
        try
        {
            var program = new OperatorProgram(terminal, settings, cluster.Open(), board);
            await using (program.ConfigureAwait(false))
            {
                using var last = telemetry;
                await program.StartAsync().ConfigureAwait(false);
                var names = settings.Operator;
                terminal.Say($"operator {settings.Identity} of {names.Instance} in {names.Namespace}, sensors in "
                    + $"{names.SensorsNamespace}; members at {settings.Listen}");
                await interrupts.StoppedAsync().ConfigureAwait(false);
                return ExitCode.Ok;
            }
        }
        catch (Exception problem) when (OwnLog.Passes(terminal, problem))
        {
            throw;
        }
    }
}
