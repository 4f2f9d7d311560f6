using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Operator.Cleaning;

namespace NetSniff.Cli.Commands.Operator;

/// <summary>`netsniff operator clean-node`: what sensors left in a node's folder goes.</summary>
internal static class CleanNodeCommand
{
    private const string About =
        """
        Remove what sensors left in a folder of a node: spools, packet rings, plans. `operator clean --nodes` runs it on
        each node.

        Examples:
          netsniff operator clean-node /var/lib/netsniff
        """;

    public static Command Make(CommandRunner runner)
    {
        var folder = new Argument<string>("folder") { Description = "The folder of all placement classes." };
        var wait = new Option<bool>("--wait") { Description = "Go on until stopped, for a pod that is not to end." };
        var command = new Command("clean-node", About) { folder, wait };
        runner.Set(command, (result, terminal, interrupts) =>
        {
            foreach (var line in NodeFolder.Clean(result.GetValue(folder)!)) terminal.Say($"left: {line}");
            if (result.GetValue(wait)) interrupts.StoppedAsync().GetAwaiter().GetResult();
            return ExitCode.Ok;
        });
        return command;
    }
}
