namespace NetSniff.Cli.Commands.Doctor;

/// <summary>A check needs what another has found to be missing.</summary>
internal sealed class NoWordException(Exception inner) : Exception(inner.Message, inner);
