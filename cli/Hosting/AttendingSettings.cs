namespace NetSniff.Cli.Hosting;

/// <summary>What a command line says of the operator.</summary>
/// <param name="Address">Host and port.</param>
/// <param name="Pod">What this member is called.</param>
/// <param name="Node">The machine it runs on.</param>
/// <param name="Class">A sensor's placement class; empty for a worker.</param>
internal sealed record AttendingSettings(string Address, string Pod, string Node, string Class)
{
    public const string ClassDefault = "all";
}
