using System.CommandLine;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Filters.Expression;

namespace NetSniff.Cli.Commands.Fields;

/// <summary>`netsniff fields`: the names that `--where` understands and JSON lines carry.</summary>
internal static class FieldsCommand
{
    private const int NameColumns = 34;
    private const int KindColumns = 20;

    private const string About =
        """
        List the fields that --where can ask for, with what they are and an example of each.

        Examples:
          netsniff fields
          netsniff fields http
          netsniff fields tls.client
        """;

    public static Command Make(CommandRunner runner)
    {
        var prefix = new Argument<string>("PREFIX")
        {
            Description = "Only fields whose name begins like this.",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = static _ => "",
        };
        var command = new Command("fields", About) { prefix };
        runner.Set(command, (result, terminal, _) => Run(result.GetValue(prefix) ?? "", terminal));
        return command;
    }

    private static int Run(string prefix, Terminal terminal)
    {
        var fields = FieldCatalog.Shared.StartingWith(prefix).ToList();
        var others = FieldCatalog.Shared.OtherNamesStartingWith(prefix).ToList();
        if (fields.Count + others.Count == 0)
        {
            terminal.Say($"no field begins with '{prefix}': `netsniff fields` lists them all");
            return ExitCode.Failed;
        }

        var buffer = new OutputBuffer(terminal.Output);
        var isTerminal = terminal.IsOutputTerminal;
        var line = new Line(isTerminal && !terminal.IsPlain, isTerminal ? terminal.Columns() : Line.Endless);
        string? record = null;
        foreach (var field in fields)
        {
            if (isTerminal && field.Record != record)
            {
                record = field.Record;
                buffer.EndLine();
            }

            line.Use(Paint.Cyan);
            line.Own(field.Name);
            line.Use(Paint.Dim);
            line.Own(" "u8);
            line.PadTo(NameColumns);
            line.Own(field.KindInWords);
            line.Use(Paint.Plain);
            line.Own(" "u8);
            line.PadTo(NameColumns + KindColumns);
            line.Own(field.About);
            line.Use(Paint.Dim);
            line.Own($"  e.g. {field.Example}");
            line.MoveTo(buffer);
            buffer.EndLine();
        }

        if (isTerminal && others.Count > 0) buffer.EndLine();
        foreach (var (name, field, about) in others)
        {
            line.Use(Paint.Cyan);
            line.Own(name);
            line.Use(Paint.Dim);
            line.Own(" "u8);
            line.PadTo(NameColumns);
            line.Own(about.Length == 0 ? $"another name of {field}" : $"true or false: {about} ({field})");
            line.MoveTo(buffer);
            buffer.EndLine();
        }

        buffer.Flush();
        return ExitCode.Ok;
    }
}
