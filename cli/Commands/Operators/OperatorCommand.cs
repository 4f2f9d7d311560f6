using System.CommandLine;

namespace NetSniff.Cli.Commands.Operators;

/// <summary>`netsniff operator`: puts sensors and workers into a cluster, as its CaptureProfiles say.</summary>
internal static class OperatorCommand
{
    private const string About =
        """
        What runs in the pods that a Helm release starts: docs/install.md.

        Examples:
          netsniff operator clean --config /etc/netsniff/operator --nodes
        """;

    public static Command Make(CommandRunner runner) => new("operator", About)
    {
        CleanCommand.Make(runner),
        CleanNodeCommand.Make(runner),
    };
}
