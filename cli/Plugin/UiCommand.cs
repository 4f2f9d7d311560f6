using System.CommandLine;
using NetSniff.Cli.Commands;

namespace NetSniff.Cli.Plugin;

/// <summary>`kubectl netsniff ui`, for those who look for it: there is no web console yet.</summary>
internal static class UiCommand
{
    public static Command Make(CommandRunner runner)
    {
        var command = new Command("ui", "There is no web console yet.") { Hidden = true };
        runner.Set(command, static (_, terminal, _) =>
        {
            terminal.Say(
                "there is no web console yet; `netsniff top` has talkers, protocols and errors on a full screen, and "
                + "docs/kubectl.md tells how programs ask the workers over HTTP");
            return ExitCode.Failed;
        });
        return command;
    }
}
