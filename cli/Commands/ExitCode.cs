namespace NetSniff.Cli.Commands;

/// <summary>What a command's end says to a script.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>Something could not be opened, read to its end or written.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>Only some of the sources answered.</summary>
    public const int Partial = 3;

    /// <summary>What was named is not there.</summary>
    public const int NotFound = 4;

    /// <summary>A worker does not know us, or does not allow it.</summary>
    public const int Forbidden = 5;

    /// <summary>No answer in time.</summary>
    public const int TimedOut = 124;

    /// <summary>Ctrl-C, after the summary.</summary>
    public const int Interrupted = 130;

    /// <summary>SIGTERM before a file was read to its end.</summary>
    public const int Terminated = 143;
}
