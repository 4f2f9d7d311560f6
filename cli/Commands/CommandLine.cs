using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using NetSniff.Cli.Commands.Completion;
using NetSniff.Cli.Commands.Helping;
using NetSniff.Filters.Expression;

namespace NetSniff.Cli.Commands;

/// <summary>From the words that were typed to the verb that is meant, or to what is wrong with them.</summary>
internal static class CommandLine
{
    /// <param name="terminal">Where commands speak.</param>
    /// <param name="listens">Whether they hear Ctrl-C and SIGTERM.</param>
    /// <param name="verbs">What there is to choose from.</param>
    public static int Run(
        string[] arguments, Terminal terminal, bool listens, Func<CommandRunner, RootCommand> verbs)
    {
        var runner = new CommandRunner(terminal, listens);
        var root = verbs(runner);
        if (terminal.Program.CompletesOnly || arguments is [Completer.Verb, ..])
        {
            return Complete(root, terminal, terminal.Program.CompletesOnly ? arguments : arguments[1..]);
        }

        var page = new HelpPage(terminal, runner);
        foreach (var help in root.Options.OfType<HelpOption>()) help.Action = page;
        // `@file` is a name like any other here.
        var result = root.Parse(
            arguments switch { [] => ["--help"], ["help", .. var verb] => [.. verb, "--help"], _ => arguments },
            new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0) return Refuse(result, terminal, page);

        using var text = new StreamWriter(terminal.Output, leaveOpen: true) { AutoFlush = true };
        var invocation = new InvocationConfiguration
        {
            Output = text,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // Signals are the business of Interrupts.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return result.Invoke(invocation);
        }
        catch (OutputClosedException)
        {
            // Help has no runner of ours around it: `netsniff --help | head`.
            return ExitCode.Ok;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            terminal.Say(problem.Message);
            return ExitCode.Failed;
        }
    }

    /// <summary>Whatever goes wrong, a shell waits for words and not for reasons.</summary>
    private static int Complete(RootCommand root, Terminal terminal, string[] words)
    {
        using var text = new StreamWriter(terminal.Output, leaveOpen: true) { AutoFlush = true };
        Completer.Write(text, Completer.Of(root, words));
        return ExitCode.Ok;
    }

    private static int Refuse(ParseResult result, Terminal terminal, HelpPage page)
    {
        var command = result.CommandResult.Command;
        var unknown = result.UnmatchedTokens.Count > 0 ? result.UnmatchedTokens[0] : null;
        if (unknown is not null) terminal.Say(Unknown(unknown, command));
        else foreach (var problem in result.Errors) terminal.Say(Missing(problem) ?? problem.Message.TrimEnd('.'));

        terminal.Error.WriteLine($"`{page.PathOf(command)} --help` tells what there is.");
        return ExitCode.Usage;
    }

    /// <summary>Null when something else is wrong.</summary>
    private static string? Missing(ParseError problem) => problem.SymbolResult switch
    {
        ArgumentResult { Tokens: [], Argument: var argument } => $"{HelpPage.NameOf(argument)} is missing",
        OptionResult { Tokens: [], Option: var option } => $"{option.Name} needs {option.HelpName ?? "a value"}",
        CommandResult { Command.Subcommands: [_, ..] children } =>
            $"a command is missing: {string.Join(", ", children.Select(static child => child.Name))}",
        _ => null,
    };

    private static string Unknown(string token, Command command)
    {
        var isOption = token.StartsWith('-');
        var names = isOption
            ? command.Options.SelectMany(option => option.Aliases.Prepend(option.Name))
            : command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name);
        var what = isOption ? $"no option {token}" : command.Subcommands.Count > 0
            ? $"no command {token}"
            : $"'{token}' is one argument too many";
        return Likeness.Nearest(token, names) is not { } near ? what
            // It is known, and stands where it is not looked for.
            : near == token ? $"{what} here: options come behind the command" : $"{what}; did you mean {near}?";
    }
}
