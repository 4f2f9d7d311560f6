using System.CommandLine;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>`netsniff doctor`: what works in a cluster, what does not, and what to do about it.</summary>
internal static class DoctorCommand
{
    private const string About =
        """
        Look at NetSniff in a cluster, and say what helps. API server, rights, operator, profiles, sensors, workers,
        certificates, clocks, losses, storage, flows: of each whether it is well, and why not. What you may not see is
        passed over and said so.

        Examples:
          netsniff doctor
          netsniff doctor --exit-code --wait 2m
          netsniff doctor -o json
        """;

    private static readonly string[] s_formats = ["table", "json", "jsonl"];
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);

    public static Command Make(CommandRunner runner)
    {
        var exit = new Option<bool>("--exit-code")
        {
            Description = "End with 1 where something is bad; without it with 0 when all could be looked at.",
        };
        var wait = TextOption.Of("--wait", "LENGTH", "Look again until nothing is bad, at most so long.");
        var format = TextOption.Of("--output", "FORMAT", "table, json or jsonl (table).");
        format.Aliases.Add("-o");
        format.CompletionSources.Add(s_formats);
        var color = new Option<string>("--color")
        {
            Description = "auto, always or never. NO_COLOR is respected.", HelpName = "WHEN",
            DefaultValueFactory = static _ => "auto",
        };
        var command = new Command("doctor", About) { exit, wait, format, color };
        if (!runner.IsPlugin) runner.Kube.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var asked = result.GetValue(format) ?? s_formats[0];
            if (!s_formats.Contains(asked))
            {
                throw new UsageException($"no output format '{asked}': use {string.Join(", ", s_formats)}");
            }

            var patience = Durations.ParseOption(wait.Name, result.GetValue(wait));
            var isColoured = CaptureOptions.IsColoured(result.GetValue(color)!, terminal.IsOutputTerminal, terminal);
            using var way = runner.Kube.OpenWhole(result, terminal);
            var run = new DoctorRun(terminal, way, asked, isColoured);
            var worst = patience is { } length
                ? run.UntilWellAsync(length, s_pause, interrupts).GetAwaiter().GetResult()
                : run.OnceAsync(interrupts).GetAwaiter().GetResult();
            return worst == CheckState.Bad && result.GetValue(exit) ? ExitCode.Failed : ExitCode.Ok;
        });
        return command;
    }
}
