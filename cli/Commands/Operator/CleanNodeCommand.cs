using System.CommandLine;

namespace NetSniff.Cli.Commands.Operator;

/// <summary>`netsniff operator clean-node`: what a cleaning pod runs on each node.</summary>
internal static class CleanNodeCommand
{
    private const string About =
        """
        Delete a folder of this machine with everything in it: what sensors kept there. `operator clean --nodes` runs it
        on every node.

        Example:
          netsniff operator clean-node /host/netsniff
        """;

    /// <summary>`/var/lib/netsniff` has three; a folder of the root's own is nobody's to delete.</summary>
    private const int DepthMin = 2;

    public static Command Make(CommandRunner runner)
    {
        var folder = new Argument<string>("folder") { Description = "What is deleted; it need not be there." };
        var wait = new Option<bool>("--wait")
        {
            Description = "Then wait to be told to end, so that whoever looks sees that it is done.",
        };
        var command = new Command("clean-node", About) { folder, wait };
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var path = Path.GetFullPath(result.GetValue(folder)!);
            if (path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Length < DepthMin)
            {
                throw new UsageException($"{path} is too near to the root to be deleted");
            }

            var isThere = Directory.Exists(path);
            if (isThere) Directory.Delete(path, recursive: true);
            terminal.Say(isThere ? $"{path} is deleted" : $"there is no {path}");
            if (result.GetValue(wait)) interrupts.StoppedAsync().GetAwaiter().GetResult();
            return ExitCode.Ok;
        });
        return command;
    }
}
