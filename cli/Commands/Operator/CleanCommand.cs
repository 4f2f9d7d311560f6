using System.CommandLine;
using NetSniff.Operator.Cleaning;

namespace NetSniff.Cli.Commands.Operator;

/// <summary>`netsniff operator clean`: takes away what an operator made, before it is uninstalled.</summary>
internal static class CleanCommand
{
    private const string About =
        """
        Take away everything that the operator made, on the nodes as well with --nodes, and let go of our objects. What
        cannot be taken away in time is told, and that is no failure: an uninstallation should not hang on it.

        Examples:
          netsniff operator clean --config /etc/netsniff/operator --nodes --timeout 120s
        """;

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    public static Command Make(CommandRunner runner)
    {
        var arguments = new OperatorArguments();
        var nodes = new Option<bool>("--nodes")
        {
            Description = "Delete what sensors keep on each node as well.",
        };
        var timeout = TextOption.Of("--timeout", "TIME", "Give up after so long (2m).");
        var command = new Command("clean", About);
        arguments.AddFileTo(command);
        command.Add(nodes);
        command.Add(timeout);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var length = Durations.ParseOption("--timeout", result.GetValue(timeout)) ?? s_timeout;
            using var cluster = arguments.Cluster(result).Open();
            var cleaning = new ClusterCleaning(
                cluster, arguments.Settings(result), terminal.Clock, terminal.Say)
            {
                WithNodes = result.GetValue(nodes),
            };
            var left = cleaning.RunAsync(length, interrupts.Token).GetAwaiter().GetResult();
            foreach (var what in left) terminal.Warn($"left: {what}");
            terminal.Say(left.Count == 0 ? "everything is gone" : "the rest has to be deleted by hand");
            return ExitCode.Ok;
        });
        return command;
    }
}
