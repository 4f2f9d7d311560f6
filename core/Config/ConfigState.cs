namespace NetSniff.Config;

/// <summary>Which configuration is in force, and what became of the last that was offered.</summary>
/// <param name="Revision">Ten hex digits of the document that is in force; empty while there is none.</param>
/// <param name="Rejected">Documents that were refused since the start.</param>
/// <param name="Problems">Of the document that lies there now and is not in force.</param>
public sealed record ConfigState(string Revision, long Rejected, IReadOnlyList<ConfigProblem> Problems)
{
    public static ConfigState Nothing { get; } = new("", 0, []);
}
