using System.CommandLine;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Cli.Commands.Crds;

/// <summary>`netsniff crds`: the definitions of our kinds, as the API server takes them.</summary>
internal static class CrdsCommand
{
    private const string About =
        """
        Write the definitions of CaptureProfile, CaptureSession and DetectionRule into a folder: those at its top for
        Kubernetes 1.28 and later, those under without-cel for anything older.

        Examples:
          netsniff crds /tmp/crds && kubectl apply --server-side -f /tmp/crds
        """;

    public static Command Make(CommandRunner runner)
    {
        var folder = new Argument<string>("folder")
        {
            Description = "Where they go; what is there of them is replaced.",
        };
        var command = new Command("crds", About) { folder };
        runner.Set(command, (result, terminal, _) => Run(terminal, result.GetValue(folder)!));
        return command;
    }

    private static int Run(Terminal terminal, string folder)
    {
        var count = 0;
        foreach (var (path, text) in CrdFiles.All())
        {
            var full = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
            count++;
        }

        terminal.Say($"{count} files in {folder}");
        return ExitCode.Ok;
    }
}
