namespace NetSniff.Cli.Commands;

/// <summary>The command line asks for what cannot be. The message is one line for the user.</summary>
internal sealed class UsageException(string message) : Exception(message);
