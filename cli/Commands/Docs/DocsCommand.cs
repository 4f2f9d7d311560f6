using System.CommandLine;

namespace NetSniff.Cli.Commands.Docs;

/// <summary>`netsniff docs`, for `make docs` and not for the help: prints the page of protocols.</summary>
internal static class DocsCommand
{
    public static Command Make(CommandRunner runner)
    {
        var command = new Command("docs", "Print docs/protocols.md.") { Hidden = true };
        runner.Set(command, static (_, terminal, _) => Run(terminal));
        return command;
    }

    private static int Run(Terminal terminal)
    {
        terminal.Output.Write(System.Text.Encoding.UTF8.GetBytes(ProtocolsPage.Text()));
        return ExitCode.Ok;
    }
}
