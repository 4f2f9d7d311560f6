namespace NetSniff.Cli.Plugin;

/// <summary>By what name the program was called: that decides how it gets to the workers, and what its texts say is to
/// be typed.</summary>
internal sealed record ProgramName
{
    public static readonly ProgramName Netsniff = new() { Typed = "netsniff" };

    /// <summary>kubectl's plugin, `kubectl-netsniff`.</summary>
    public static readonly ProgramName Plugin = new() { Typed = "kubectl netsniff", IsPlugin = true };

    /// <summary>What kubectl (from 1.26 on) asks for completions, `kubectl_complete-netsniff`.</summary>
    public static readonly ProgramName Completer = Plugin with { CompletesOnly = true };

    private const string PluginPrefix = "kubectl-", CompleterPrefix = "kubectl_complete-";

    /// <summary>What people type.</summary>
    public required string Typed { get; init; }

    /// <summary>Workers are reached through the API server, with kubectl's options.</summary>
    public bool IsPlugin { get; private init; }

    public bool CompletesOnly { get; private init; }

    /// <summary>Of this process. A link is as good as a copy, so what counts is what was called, not what runs.
    /// </summary>
    public static ProgramName OfProcess() => Of(Called());

    /// <param name="path">Of the program, as it was called.</param>
    public static ProgramName Of(string path)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith(CompleterPrefix, StringComparison.Ordinal) ? Completer
            : name.StartsWith(PluginPrefix, StringComparison.Ordinal) ? Plugin
            : Netsniff;
    }

    /// <summary>Commands that a text says are to be typed, by the name that is in use.</summary>
    public string Retyped(string text) => IsPlugin
        ? text.Replace("`netsniff ", $"`{Typed} ", StringComparison.Ordinal)
        : text;

    /// <summary>.NET tells which file runs, behind any link; Linux tells what was typed.</summary>
    private static string Called()
    {
        const string CommandLine = "/proc/self/cmdline";
        try
        {
            if (OperatingSystem.IsLinux()) return File.ReadAllText(CommandLine).Split('\0')[0];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // No /proc: the file's own name will do.
        }

        return Path.GetFileNameWithoutExtension(Environment.ProcessPath ?? "");
    }
}
