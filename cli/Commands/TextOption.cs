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

    public static Option<string[]> Interfaces() => new("--interface", "-i")
    {
        Description = "Interface to capture from; may be given several times. Without it: all.",
        HelpName = "IF",
    };
}
