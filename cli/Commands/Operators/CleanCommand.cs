using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Hosting;
using NetSniff.Kube.Objects;
using NetSniff.Operator.Cleaning;
using NetSniff.Operator.Config;

namespace NetSniff.Cli.Commands.Operators;

/// <summary>`netsniff operator clean`: what an operator made goes, before its installation does.</summary>
internal static class CleanCommand
{
    private const string About =
        """
        Remove from a cluster what an operator made there: sensors, workers, their configuration and certificates, what came
        with the installation, and finalizers of every profile, rule and session. The operator is scaled down first.
        What cannot be removed in time is said, and the exit code is 0 all the same: `helm uninstall` runs this.

        Examples:
          netsniff operator clean --config /etc/netsniff/operator --nodes
        """;

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(2);

    public static Command Make(CommandRunner runner)
    {
        var config = TextOption.Of("--config", "FOLDER", "Where operator.json is.");
        var timeout = TextOption.Of("--timeout", "TIME", "How long it may take, 2m unless told otherwise.");
        var nodes = new Option<bool>("--nodes") { Description = "Also the files that sensors left on nodes." };
        var cluster = new ClusterOptions();
        var command = new Command("clean", About) { config, timeout, nodes };
        cluster.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var folder = TextOption.Required(result, config);
            var timeMax = Durations.ParseOption(timeout.Name, result.GetValue(timeout)) ?? s_timeMax;
            var where = cluster.Read(result, isWanted: true, config.Name)!;
            return RunAsync(terminal, interrupts, folder, where, timeMax, result.GetValue(nodes)).GetAwaiter().GetResult();
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, Interrupts interrupts, string folder, ClusterSettings where, TimeSpan timeMax, bool withNodes)
    {
        OperatorSettings settings;
        try
        {
            settings = OperatorFile.Read(folder);
        }
        catch (InvalidDataException problem)
        {
            throw new UsageException(problem.Message);
        }

        using var client = where.Open();
        var cleaning = new ClusterCleaning(
            settings, new ObjectClient(client), terminal.Clock,
            (line, isLeft) => terminal.Say(isLeft ? $"left: {line}" : $"removed: {line}"));
        var isClean = await cleaning.RunAsync(withNodes, timeMax, interrupts.Token).ConfigureAwait(false);
        terminal.Say(isClean ? "nothing is left" : "not everything could be removed; what is left stands above");
        return ExitCode.Ok;
    }
}
