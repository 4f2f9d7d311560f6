using System.CommandLine;
using System.Text;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Cli.Plugin;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>`netsniff doctor`: what works in a cluster, what does not, and what to do about it.</summary>
internal static class DoctorCommand
{
    private const string About =
        """
        Look at NetSniff in a cluster: API server, rights, operator, profiles, sensors, workers, certificates, clocks,
        losses, storage, flows. Says of each whether it is well, why not, and what helps. What you may not see is passed
        over and said so.

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

/// <summary>Goes through the checks and shows what they say.</summary>
internal sealed class DoctorRun(Terminal terminal, ClusterWay way, string format, bool isColoured)
{
    private readonly OutputBuffer _buffer = new(terminal.Output);

    /// <returns>The worst that was found.</returns>
    public async Task<CheckState> OnceAsync(Interrupts interrupts)
    {
        List<CheckResult> all = [];
        var page = Page();
        await foreach (var result in Checks.RunAsync(new DoctorScene(way, terminal.Clock, interrupts.Token)))
        {
            all.Add(result);
            Show(result, page);
        }

        return End(all);
    }

    /// <summary>Looks until nothing is bad, and shows the last look.</summary>
    public async Task<CheckState> UntilWellAsync(TimeSpan patience, TimeSpan pause, Interrupts interrupts)
    {
        var began = terminal.Clock.GetTimestamp();
        while (true)
        {
            List<CheckResult> all = [];
            await foreach (var result in Checks.RunAsync(new DoctorScene(way, terminal.Clock, interrupts.Token)))
            {
                all.Add(result);
            }

            var isWell = !all.Exists(static result => result.State == CheckState.Bad);
            if (!isWell && terminal.Clock.GetElapsedTime(began) < patience)
            {
                await Task.Delay(pause, interrupts.Token).ConfigureAwait(false);
                continue;
            }

            var page = Page();
            foreach (var result in all) Show(result, page);
            return End(all);
        }
    }

    private DoctorPage Page()
    {
        var columns = terminal.IsOutputTerminal ? terminal.Columns() : Line.Endless;
        return new DoctorPage(_buffer, new Line(isColoured, Line.Endless), columns, terminal.Program.Retyped);
    }

    private void Show(CheckResult result, DoctorPage page)
    {
        if (format == "table") page.Write(result);
        if (format != "jsonl") return;

        var json = new JsonLine(_buffer);
        Write(json, result);
        json.End();
        _buffer.Flush();
    }

    private CheckState End(List<CheckResult> all)
    {
        if (format == "json")
        {
            var json = new JsonLine(_buffer);
            json.WriteStartArray();
            foreach (var result in all) Write(json, result);
            json.WriteEndArray();
            json.End();
            _buffer.Flush();
        }

        int Of(CheckState state) => all.Count(result => result.State == state);
        var parts = new[] { CheckState.Ok, CheckState.Note, CheckState.Bad, CheckState.Skipped }
            .Where(state => Of(state) > 0)
            .Select(state => $"{Of(state)} {(state == CheckState.Skipped ? "not looked at" : Word(state))}");
        terminal.Say($"{Checks.Count(all.Count, "check")}: {string.Join(", ", parts)}");
        return Of(CheckState.Bad) > 0 ? CheckState.Bad : Of(CheckState.Note) > 0 ? CheckState.Note : CheckState.Ok;
    }

    private void Write(JsonLine json, CheckResult result)
    {
        json.WriteStartObject();
        Text("check", result.Check);
        Text("state", Word(result.State));
        Text("what", terminal.Program.Retyped(result.What));
        if (result.Fix.Length > 0) Text("fix", terminal.Program.Retyped(result.Fix));
        json.WriteEndObject();

        void Text(string name, string value)
        {
            json.WriteString(name, value);
        }
    }

    private static string Word(CheckState state) => state.ToString().ToLowerInvariant();
}
