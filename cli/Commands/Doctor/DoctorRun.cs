using NetSniff.Cli.Capturing;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Cli.Plugin;

namespace NetSniff.Cli.Commands.Doctor;

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
        var parts = Enum.GetValues<CheckState>().Where(state => Of(state) > 0)
            .Select(state => $"{Of(state)} {(state == CheckState.Skipped ? "not looked at" : Word(state))}");
        terminal.Say($"{Checks.Count(all.Count, "check")}: {string.Join(", ", parts)}");
        return Of(CheckState.Bad) > 0 ? CheckState.Bad : Of(CheckState.Note) > 0 ? CheckState.Note : CheckState.Ok;
    }

    private void Write(JsonLine json, CheckResult result)
    {
        json.WriteStartObject();
        json.WriteString("check"u8, result.Check);
        json.WriteString("state"u8, Word(result.State));
        json.WriteString("what"u8, terminal.Program.Retyped(result.What));
        if (result.Fix.Length > 0) json.WriteString("fix"u8, terminal.Program.Retyped(result.Fix));
        json.WriteEndObject();
    }

    private static string Word(CheckState state) => state.ToString().ToLowerInvariant();
}
