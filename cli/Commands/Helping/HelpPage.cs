using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;

namespace NetSniff.Cli.Commands.Helping;

/// <summary>What a command is for, how it is called, what it takes: folded to the terminal.</summary>
/// <remarks>A command's description is its text, and behind a line `Examples:` what one may type.</remarks>
internal sealed class HelpPage(Terminal terminal, CommandRunner runner) : SynchronousCommandLineAction
{
    private const string Program = "netsniff ", ExamplesHead = "Examples:";
    private const int Usual = 80, WidthMin = 40, WidthMax = 100;

    /// <summary>Names of options longer than this have their text on the lines below.</summary>
    private const int NamesMax = 26;

    private readonly StringBuilder _page = new();
    private int _width = Usual;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        if (terminal.IsOutputTerminal) _width = Math.Clamp(terminal.Columns(), WidthMin, WidthMax);
        parseResult.InvocationConfiguration.Output.Write(Of(parseResult.CommandResult.Command));
        return ExitCode.Ok;
    }

    private string Of(Command command)
    {
        var (about, examples) = Split(command.Description ?? "");
        Paragraphs(about);
        Usage(command);
        Examples(examples);
        var arguments = command.Arguments.Where(argument => !argument.Hidden)
            .Select(argument => (Called(argument), argument.Description ?? "")).ToList();
        Section("Arguments:", arguments);
        Section("Commands:", [
            .. command.Subcommands.Where(child => !child.Hidden).Select(
                child => (Called(child), FirstSentence(Split(child.Description ?? "").About))),
        ]);
        Section("Options:", [
            .. Own(command).Where(option => !option.Hidden).Select(option => (Called(option), About(option))),
        ]);
        if (command is RootCommand) _page.Append($"\n`{Program}COMMAND --help` tells more of each.\n");
        else if (runner.IsPlugin) _page.Append($"\n`{Program}--help` lists the options that say which cluster.\n");
        return _page.Replace("`" + Program, $"`{terminal.Program.Typed} ").ToString();
    }

    /// <summary>Of the cluster's options a command has those that it looks at.</summary>
    private IEnumerable<Option> Own(Command command)
    {
        var inherited = Above(command).SelectMany(parent => parent.Options).Where(option => option.Recursive);
        if (Build.IsNative) return command.Options.Concat(inherited);

        var scope = runner.Scoped.Contains(command) && runner.IsPlugin ? runner.Kube.Scope : [];
        return command.Options.Concat(scope).Concat(inherited.Except(runner.Kube.Access).Except(runner.Kube.Scope));
    }

    /// <summary>What is typed to reach it: `netsniff rules check`.</summary>
    public string PathOf(Command command) =>
        string.Join(' ', Above(command).Reverse().Append(command).Select(Word));

    private string Word(Command command) => command is RootCommand ? terminal.Program.Typed : command.Name;

    /// <summary>The command that it belongs to, that one's, and so on.</summary>
    private static IEnumerable<Command> Above(Command command)
    {
        for (var at = command; at.Parents.OfType<Command>().FirstOrDefault() is { } parent; at = parent)
        {
            yield return parent;
        }
    }

    private static (string About, string[] Examples) Split(string text)
    {
        var at = text.IndexOf(ExamplesHead, StringComparison.Ordinal);
        return at < 0
            ? (text.Trim(), [])
            : (text[..at].Trim(), Joined(text[(at + ExamplesHead.Length)..]).Split(
                '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    /// <summary>Lines that stand further in belong to the one before, and are broken anew.</summary>
    private static string Joined(string examples) => examples.ReplaceLineEndings("\n")
        .Replace(" \\\n    ", " ", StringComparison.Ordinal).Replace("\n    ", " ", StringComparison.Ordinal);

    private void Paragraphs(string text)
    {
        foreach (var paragraph in text.Split("\n\n"))
        {
            foreach (var line in Folding.Words(paragraph, _width)) _page.Append(line).Append('\n');
            _page.Append('\n');
        }
    }

    private void Usage(Command command)
    {
        var words = new StringBuilder(PathOf(command));
        if (command.Subcommands.Count > 0) words.Append(" COMMAND");
        foreach (var argument in command.Arguments) words.Append(' ').Append(Called(argument));
        _page.Append("Usage:\n  ").Append(words).Append(" [options]\n");
    }

    private void Examples(string[] examples)
    {
        if (examples.Length == 0) return;

        _page.Append('\n').Append(ExamplesHead).Append('\n');
        var typed = examples.Select(example => example.StartsWith(Program, StringComparison.Ordinal)
            ? $"{terminal.Program.Typed} {example[Program.Length..]}" : example);
        foreach (var line in typed.SelectMany(example => Folding.Typed(example, _width - 2)))
        {
            _page.Append("  ").Append(line).Append('\n');
        }
    }

    private void Section(string head, List<(string Name, string About)> rows)
    {
        if (rows.Count == 0) return;

        _page.Append('\n').Append(head).Append('\n');
        var names = rows.Select(row => row.Name.Length).Where(length => length <= NamesMax).DefaultIfEmpty().Max();
        var start = names + 4;
        foreach (var (name, about) in rows)
        {
            _page.Append("  ").Append(name);
            var column = name.Length + 2;
            if (name.Length > names)
            {
                _page.Append('\n');
                column = 0;
            }

            foreach (var line in Folding.Words(about, _width - start))
            {
                _page.Append(' ', start - column).Append(line).Append('\n');
                column = 0;
            }
        }
    }

    private static string FirstSentence(string text)
    {
        var line = text.Split("\n\n")[0].ReplaceLineEndings(" ");
        var end = line.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? line : line[..(end + 1)];
    }

    private static string Called(Command command) =>
        string.Join(' ', command.Arguments.Select(Called).Prepend(command.Name));

    public static string NameOf(Argument argument) => (argument.HelpName ?? argument.Name).ToUpperInvariant();

    private static string Called(Argument argument)
    {
        var name = NameOf(argument);
        if (argument.Arity.MaximumNumberOfValues > 1) name += "...";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static string Called(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(alias => alias is not "-?" and not "/?" and not "/h")
            .Append(option.Name).OrderBy(name => name.Length));
        return option.HelpName is { } value && option.ValueType != typeof(bool) ? $"{names} {value}" : names;
    }

    private static string About(Option option) => option switch
    {
        HelpOption => "Show this help.",
        VersionOption => "Show the version.",
        _ => option.Description ?? "",
    };
}
