using System.CommandLine;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Outputs.Table;

namespace NetSniff.Cli.Commands.Status;

/// <summary>`netsniff status`: how workers and sensors are, and whether the books balance.</summary>
internal static class StatusCommand
{
    private const string About =
        """
        Show the workers, the sensors that send to them, and the balance: what came in, what was kept, what was
        lost and where.

        Examples:
          netsniff status
          netsniff status --server 10.0.0.7:9465 --ca ca.crt --token-file token -o json
          watch -c netsniff status --color always
        """;

    private const string PluginAbout =
        """
        Show the profiles and how far they are so, the workers, the sensors that send to them, and the balance: what
        came in, what was kept, what was lost and where.

        Examples:
          netsniff status
          netsniff status -o json
          watch -c kubectl netsniff status --color always
        """;

    public static Command Make(CommandRunner runner)
    {
        var format = new Option<string?>("--output", "-o")
        {
            Description = "table or json. Without it: table on a terminal, json otherwise.", HelpName = "FORMAT",
        };
        format.CompletionSources.Add("table", "json");
        var color = new Option<string>("--color")
        {
            Description = "auto, always or never. NO_COLOR is respected.", HelpName = "WHEN",
            DefaultValueFactory = static _ => "auto",
        };
        var all = new Option<bool>("--all") { Description = "Every line of the balances, not only the main ones." };
        var strict = new Option<bool>("--strict") { Description = "Exit with 3 when not every worker answered." };
        var server = new ServerOptions(runner);
        var command = new Command("status", runner.IsPlugin ? PluginAbout : About) { format, color, all, strict };
        server.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var isTable = (result.GetValue(format) ?? (terminal.IsOutputTerminal ? "table" : "json")) switch
            {
                "table" => true,
                "json" => false,
                var other => throw new UsageException($"no output format '{other}': use table or json"),
            };
            var isColoured = CaptureOptions.IsColoured(result.GetValue(color)!, terminal.IsOutputTerminal, terminal);
            var line = new Line(isColoured, terminal.IsOutputTerminal ? terminal.Columns() : Line.Endless);
            var showing = new StatusShowing(terminal, isTable ? line : null, result.GetValue(all));
            var isWhole = runner.IsPlugin
                ? showing.OfCluster(runner.Kube.OpenWhole(result, terminal), interrupts.Token)
                : showing.Of(server.Read(result, terminal, interrupts.Token), interrupts.Token);
            return result.GetValue(strict) && !isWhole ? ExitCode.Partial : ExitCode.Ok;
        });
        return command;
    }
}
