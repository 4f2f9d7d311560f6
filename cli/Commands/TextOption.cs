using System.CommandLine;

namespace NetSniff.Cli.Commands;

/// <summary>Options whose value is a text that somebody else reads.</summary>
internal static class TextOption
{
    public static Option<string?> Of(string name, string help, string about) =>
        new(name) { Description = about, HelpName = help };

    /// <exception cref="UsageException">It was not given.</exception>
    public static string Required(ParseResult result, Option<string?> option) =>
        result.GetValue(option) ?? throw new UsageException($"{option.Name} {option.HelpName} is missing");

    /// <summary>A file or folder that has to be there from the start: misspelled, it would be waited for in
    /// silence.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    public static string? Existing(ParseResult result, Option<string?> option) =>
        result.GetValue(option) is not { } path || Path.Exists(path)
            ? result.GetValue(option)
            : throw new UsageException($"{option.Name}: {path} is not there");

    public static Option<string[]> Interfaces() => new("--interface", "-i")
    {
        Description = "Interface to capture from; may be given several times. Without it: all.",
        HelpName = "IF",
    };
}
