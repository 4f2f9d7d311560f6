using System.CommandLine;
using System.Globalization;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Filters.Expression;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Records;

/// <summary>`netsniff flows`, `http`, `dns` …: records of one kind out of the workers; `netsniff records`: of any.
/// </summary>
internal static class RecordsCommand
{
    /// <summary>Shown when nothing says how many.</summary>
    public const int LastDefault = 20;

    private const int ListedMax = 64;

    /// <param name="kind">The kind of record; null for the command that takes any.</param>
    /// <param name="examples">Behind the command's name.</param>
    public static Command Make(CommandRunner runner, string verb, string? kind, string about, params string[] examples)
    {
        var lines = string.Join('\n', examples.Select(example => $"  netsniff {verb} {example}".TrimEnd()));
        var command = new Command(verb, $"{about}\n\nExamples:\n{lines}");
        var kinds = Texts("--kind", "KIND", "Only records of this kind: flow, http, dns …; may be repeated.");
        if (kind is null) command.Add(kinds);
        var target = runner.Kube.Target();
        if (runner.IsPlugin) command.Add(target);
        var options = new TimeOptions();
        options.AddTo(command);
        var fields = Texts("--fields", "NAMES", "Only these fields, with commas between: http.status,http.uri.");
        var merged = new Option<bool>("--merged")
        {
            Description = "One flow for a connection that several sensors or interfaces saw.",
        };
        var strict = new Option<bool>("--strict") { Description = "Exit with 3 when not every worker answered." };
        command.Add(fields);
        if (kind is "flow") command.Add(merged);
        command.Add(strict);
        var shown = new CaptureOptions();
        shown.AddForRecords(command, isPlugin: runner.IsPlugin);
        var server = new ServerOptions(runner);
        server.AddTo(command, isScoped: true);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var isMerged = kind == "flow" && result.GetValue(merged);
            string[] asked = kind is null ? Split(result.GetValue(kinds)) : [kind];
            string[] wanted = [.. Split(result.GetValue(fields)).Select(KnownField)];
            var settings = shown.Read(result, terminal) with
            {
                Flows = kind == "flow" ? FlowLines.All : null, HasChosenFields = wanted.Length > 0,
                Kinds = isMerged ? ["flow", "connection"] : asked,
            };
            if (settings.Format == OutputFormat.Pcapng)
            {
                throw new UsageException("workers keep records, not packets: -o pcapng is for read and live");
            }

            _ = CaptureOutput.Where(settings);
            var request = new ObserveRequest { Merged = isMerged };
            request.Kinds.AddRange(asked);
            request.Fields.AddRange(wanted);
            options.Read(result, terminal.Clock, request);
            if (!TimeOptions.HasBounds(request))
            {
                request.Last = (uint)Math.Min(settings.CountMax > 0 ? settings.CountMax : LastDefault, uint.MaxValue);
            }

            var (endpoint, scope) = server.ReadScoped(
                result, terminal, runner.IsPlugin ? result.GetValue(target) : null, interrupts.Token);
            request.Where = scope.Narrowed(settings.Where);
            var asking = new RecordsAsking(terminal, settings, interrupts)
            {
                IsStrict = result.GetValue(strict), Scope = scope.ToString(),
            };
            return asking.Run(endpoint, request);
        });
        return command;
    }

    private static string KnownField(string name)
    {
        if (FieldCatalog.Shared.Find(name) is { } known) return known.Name;

        var near = FieldCatalog.Shared.Nearest(name);
        var hint = near is null ? ": `netsniff fields` lists them" : $"; did you mean {near}?";
        throw new UsageException($"--fields: no field '{name}'{hint}");
    }

    private static string[] Split(string[]? given) =>
    [
        .. (given ?? []).SelectMany(text =>
            text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Take(ListedMax),
    ];

    private static Option<string[]> Texts(string name, string help, string about) =>
        new(name) { Description = about, HelpName = help };
}
