using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using NetSniff.Cli.Commands.Certificates;
using NetSniff.Cli.Commands.Completion;
using NetSniff.Cli.Commands.Crds;
using NetSniff.Cli.Commands.Demo;
using NetSniff.Cli.Commands.Depth;
using NetSniff.Cli.Commands.Docs;
using NetSniff.Cli.Commands.Doctor;
using NetSniff.Cli.Commands.Export;
using NetSniff.Cli.Commands.Fields;
using NetSniff.Cli.Commands.Helping;
using NetSniff.Cli.Commands.Interfaces;
using NetSniff.Cli.Commands.Live;
using NetSniff.Cli.Commands.Operator;
using NetSniff.Cli.Commands.Pcap;
using NetSniff.Cli.Commands.Read;
using NetSniff.Cli.Commands.Records;
using NetSniff.Cli.Commands.Rules;
using NetSniff.Cli.Commands.Sensors;
using NetSniff.Cli.Commands.Sql;
using NetSniff.Cli.Commands.Status;
using NetSniff.Cli.Commands.Top;
using NetSniff.Cli.Commands.Ui;
using NetSniff.Cli.Commands.Up;
using NetSniff.Cli.Commands.Workers;
using NetSniff.Cli.Plugin;
using NetSniff.Filters.Expression;

namespace NetSniff.Cli.Commands;

/// <summary>The verbs of `netsniff`. Adding one is adding its line.</summary>
internal static class CommandList
{
    private const string About =
        """
        See what a network says: flows, and the HTTP, gRPC, DNS, TLS and other exchanges in them.

        Examples:
          netsniff demo
          netsniff live
          netsniff read trace.pcap
          netsniff fields http
          netsniff up
          netsniff http --follow
        """;

    /// <param name="terminal">Where commands speak.</param>
    /// <param name="listens">Whether they hear Ctrl-C and SIGTERM.</param>
    public static int Run(string[] arguments, Terminal terminal, bool listens)
    {
        var runner = new CommandRunner(terminal, listens);
        var root = Root(runner);
        if (terminal.Program.CompletesOnly || arguments is [Completer.Verb, ..])
        {
            return Complete(root, terminal, terminal.Program.CompletesOnly ? arguments : arguments[1..]);
        }

        var page = new HelpPage(terminal, runner);
        foreach (var help in root.Options.OfType<HelpOption>()) help.Action = page;
        // `@file` is a name like any other here.
        var result = root.Parse(
            arguments.Length == 0 ? ["--help"] : arguments,
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
    }

    /// <summary>Whatever goes wrong, a shell waits for words and not for reasons.</summary>
    private static int Complete(RootCommand root, Terminal terminal, string[] words)
    {
        using var text = new StreamWriter(terminal.Output, leaveOpen: true) { AutoFlush = true };
        Completer.Write(text, Completer.Of(root, words));
        return ExitCode.Ok;
    }

    private static RootCommand Root(CommandRunner runner)
    {
        if (runner.IsPlugin) return PluginCommands.Root(runner);

        var root = new RootCommand(About)
        {
            DemoCommand.Make(runner),
            ReadCommand.Make(runner),
            LiveCommand.Make(runner),
            TopCommand.Make(runner),
            FieldsCommand.Make(runner),
            InterfacesCommand.Make(runner),
            UpCommand.Make(runner),
            SensorCommand.Make(runner),
            WorkerCommand.Make(runner),
            OperatorCommand.Make(runner),
            CertificatesCommand.Make(runner),
            RulesCommand.Make(runner),
            CrdsCommand.Make(runner),
            DocsCommand.Make(runner),
        };
        foreach (var command in RecordsCommands.All(runner)) root.Add(command);
        root.Add(SqlCommand.Make(runner));
        root.Add(StatusCommand.Make(runner));
        root.Add(UiCommand.Make(runner));
        root.Add(ExportCommand.Make(runner));
        root.Add(PcapCommand.Make(runner));
        root.Add(DepthCommand.Make(runner));
        root.Add(DoctorCommand.Make(runner));
        root.Add(CompletionCommand.Make(runner));
        return root;
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
        return Likeness.Nearest(token, names) is { } near ? $"{what}; did you mean {near}?" : what;
    }
}
