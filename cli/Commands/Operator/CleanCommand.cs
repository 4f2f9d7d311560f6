using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Kube.Objects;
using NetSniff.Operator.Cleaning;

namespace NetSniff.Cli.Commands.Operator;

/// <summary>`netsniff operator clean`: what an operator made goes, before its installation does.</summary>
internal static class CleanCommand
{
    private const string About =
        """
        Remove from a cluster what an operator made there: sensors, workers, their configuration and certificates, what
        came with the installation, and finalizers of every profile, rule and session. The operator is scaled down
        first. What cannot be removed in time is said, and the exit code is 0 all the same: `helm uninstall` runs this.

        Examples:
          netsniff operator clean --config /etc/netsniff/operator --nodes --timeout 120s
        """;

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(2);

    public static Command Make(CommandRunner runner)
    {
        var arguments = new OperatorArguments();
        var timeout = TextOption.Of("--timeout", "TIME", "How long it may take (2m).");
        var nodes = new Option<bool>("--nodes") { Description = "Also the files that sensors left on nodes." };
        var command = new Command("clean", About) { timeout, nodes };
        arguments.AddFileTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var timeMax = Durations.ParseOption(timeout.Name, result.GetValue(timeout)) ?? s_timeMax;
            var settings = arguments.Settings(result);
            using var cluster = arguments.Cluster(result).Open();
            var cleaning = new ClusterCleaning(settings, new ObjectClient(cluster), terminal.Clock, (line, isLeft) =>
            {
                if (isLeft) terminal.Warn($"left: {line}");
                else terminal.Say($"removed: {line}");
            });
            var run = cleaning.RunAsync(result.GetValue(nodes), timeMax, interrupts.Token);
            terminal.Say(run.GetAwaiter().GetResult() ? "nothing is left" : "what is left has to be deleted by hand");
            return ExitCode.Ok;
        });
        return command;
    }
}
