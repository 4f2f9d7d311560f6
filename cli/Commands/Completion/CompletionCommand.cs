using System.CommandLine;
using System.Text;

namespace NetSniff.Cli.Commands.Completion;

/// <summary>`netsniff completion SHELL`: what a shell reads to complete our command lines.</summary>
internal static class CompletionCommand
{
    private const string About =
        """
        Print what makes a shell complete our command lines. Names come out of the cluster. As a plugin of kubectl 1.26
        and later nothing is needed but kubectl's own completion, and kubectl_complete-netsniff beside the plugin.

        Examples:
          netsniff completion bash > ~/.local/share/bash-completion/completions/netsniff
          netsniff completion zsh > ~/.zfunc/_netsniff
          netsniff completion fish > ~/.config/fish/completions/netsniff.fish
          netsniff completion powershell >> $PROFILE
        """;

    /// <summary>A script is a file under Scripts; NAME and CALL are what we are called in it.</summary>
    private static readonly string[] s_shells = ["bash", "zsh", "fish", "powershell"];

    public static Command Make(CommandRunner runner)
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", s_shells) + "." };
        shell.CompletionSources.Add(s_shells);
        var command = new Command("completion", About) { shell };
        runner.Set(command, (result, terminal, _) =>
        {
            var asked = result.GetValue(shell)!;
            if (!s_shells.Contains(asked, StringComparer.Ordinal))
            {
                throw new UsageException($"no completion for '{asked}': {string.Join(", ", s_shells)}");
            }

            var called = runner.IsPlugin ? "kubectl-netsniff" : "netsniff";
            terminal.Output.Write(Encoding.UTF8.GetBytes(Script(asked)
                .Replace("NAME", called.Replace('-', '_'), StringComparison.Ordinal)
                .Replace("CALL", called, StringComparison.Ordinal)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Script(string shell)
    {
        using var stream = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion/{shell}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
