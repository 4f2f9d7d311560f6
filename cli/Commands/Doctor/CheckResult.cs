namespace NetSniff.Cli.Commands.Doctor;

internal enum CheckState : byte
{
    Ok,

    /// <summary>Works, and yet somebody should know.</summary>
    Note,
    Bad,

    /// <summary>Could not be looked at.</summary>
    Skipped,
}

/// <summary>What a check found.</summary>
/// <param name="What">What is so, or why it is not well.</param>
/// <param name="Fix">What to do about it; empty where nothing is to be done.</param>
internal sealed record CheckResult(string Check, CheckState State, string What, string Fix = "");
