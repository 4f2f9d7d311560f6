using NetSniff.Cli.Outputs.Table;
using NetSniff.Cli.Plugin;

namespace NetSniff.Cli;

/// <summary>Where a command speaks: data on one stream, talk on the other.</summary>
internal sealed record Terminal
{
    public required Stream Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>What is typed or piped in.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    public bool IsInputTerminal { get; init; }

    public bool IsOutputTerminal { get; init; }

    public bool IsErrorTerminal { get; init; }

    /// <summary>Columns of the output, where it is a terminal.</summary>
    public Func<int> Columns { get; init; } = static () => Line.Endless;

    /// <summary>The user asked every program for no colours (https://no-color.org), or the terminal has none.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Whose clock times are shown in.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Local;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What the program is called: texts that say what to type say it so.</summary>
    public ProgramName Program { get; init; } = ProgramName.Netsniff;

    /// <summary>Who else gets what is said, and whether it is trouble; null for nobody.</summary>
    public Action<string, bool>? Heard { get; init; }

    /// <summary>The process' own.</summary>
    public static Terminal Standard() => new()
    {
        Output = StandardOutput.Open(),
        Error = Console.Error,
        Input = Console.In,
        IsInputTerminal = !Console.IsInputRedirected,
        IsOutputTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        Columns = static () => Console.WindowWidth,
        IsPlain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") == "dumb",
    };

    /// <summary>One line of talk: `netsniff: what is wrong; what to do`. Whatever it quotes is made harmless.</summary>
    public void Say(string text) => Say(text, isTrouble: false);

    /// <summary>The same of what somebody should look at.</summary>
    public void Warn(string text) => Say(text, isTrouble: true);

    private void Say(string text, bool isTrouble)
    {
        text = Program.Retyped(text);
        Error.WriteLine("netsniff: " + TerminalText.Clean(text));
        Heard?.Invoke(text, isTrouble);
    }
}
