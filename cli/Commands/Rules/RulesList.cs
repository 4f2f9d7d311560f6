using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Rules;

/// <summary>`kubectl netsniff rules`: the rules of a cluster, and what they found.</summary>
internal sealed class RulesList
{
    private readonly CommandRunner _runner;
    private readonly Option<string?> _format = TextOption.Of(
        "--output", "FORMAT", "table, json, jsonl, yaml or name (table).");

    private readonly Option<string> _color = new("--color")
    {
        Description = "auto, always or never. NO_COLOR is respected.", HelpName = "WHEN",
        DefaultValueFactory = static _ => "auto",
    };

    public RulesList(CommandRunner runner, Command command)
    {
        _runner = runner;
        _format.Aliases.Add("-o");
        _format.CompletionSources.Add(ObjectOutput.Formats);
        command.Add(_format);
        command.Add(_color);
        runner.Scoped.Add(command);
        runner.Set(command, (result, terminal, interrupts) => Run(result, terminal, interrupts.Token));
    }

    private int Run(ParseResult result, Terminal terminal, CancellationToken cancel)
    {
        var format = ObjectOutput.Format(result.GetValue(_format));
        var isColoured = CaptureOptions.IsColoured(result.GetValue(_color)!, terminal.IsOutputTerminal, terminal);
        using var way = _runner.Kube.Open(result, terminal);
        // Rules of the whole cluster lie with the operator, so that without a namespace all are meant.
        var namespaces = _runner.Kube.HasNamespace(result) ? _runner.Kube.Namespaces(result, way) : [];
        var selector = _runner.Kube.Selector(result) ?? "";
        var rules = (namespaces.Count == 0 ? [null] : namespaces.Cast<string?>()).SelectMany(one =>
            way.Reading.ListAsync(KubeKinds.Rules, one, cancel, selector).GetAwaiter().GetResult())
            .OrderBy(KubeObject.FullName, StringComparer.Ordinal).ToList();
        var buffer = new OutputBuffer(terminal.Output);
        if (format != ObjectOutput.Table)
        {
            ObjectOutput.Write(buffer, format, KubeKinds.Rules, rules);
        }
        else if (rules.Count > 0)
        {
            var line = new Line(isColoured, terminal.IsOutputTerminal ? terminal.Columns() : Line.Endless);
            TableOf(rules, terminal.Clock.GetUtcNow()).Write(line, buffer);
        }

        buffer.Flush();
        if (rules.Count == 0) terminal.Say("there are no rules; `kubectl apply -f rules/` puts ours there");
        return ExitCode.Ok;
    }

    private static Grid TableOf(List<JsonElement> rules, DateTimeOffset now)
    {
        var grid = new Grid("RULE", "SEVERITY", "MODE", "TYPE", "ALERTS", "LAST", "SHADOW", "HIDDEN", "COST", "STATE")
        {
            Remedy = "a wider terminal or -o yaml shows",
        };
        foreach (var rule in rules)
        {
            var severity = rule.Text("spec", "severity");
            var (state, paint) = StateOf(rule);
            grid.Add(
                GridCell.Of(KubeObject.FullName(rule), Paint.Cyan),
                GridCell.Of(severity, severity is "High" or "Critical" ? Paint.Red
                    : severity is "Medium" ? Paint.Yellow : Paint.Plain),
                GridCell.Of(rule.Text("spec", "mode")),
                GridCell.Of(rule.Text("spec", "detector", "type")),
                Count(rule, "alertCount"),
                GridCell.Number(Ago(rule.Moment("status", "lastAlertTime"), now)),
                Count(rule, "shadowCount"),
                Count(rule, "suppressedCount"),
                GridCell.Number(rule.Text("status", "cost", "meanEvaluationTime")),
                GridCell.Of(state, paint));
        }

        return grid;
    }

    /// <summary>The first that is not well, in the operator's words.</summary>
    private static (string Text, Paint Paint) StateOf(JsonElement rule)
    {
        foreach (var type in (ReadOnlySpan<string>)["Accepted", "Programmed"])
        {
            if (KubeObject.Condition(rule, type) is not { } condition) return ("not looked at yet", Paint.Yellow);
            if (condition.Text("status") == "True") continue;

            var said = $"{condition.Text("reason")}: {condition.Text("message")}".TrimEnd(':', ' ');
            return (said, type == "Accepted" ? Paint.Red : Paint.Yellow);
        }

        return ("programmed", Paint.Green);
    }

    private static GridCell Count(JsonElement rule, string name) => GridCell.Number(
        rule.Inner("status", name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var count)
            ? count.ToString("N0", CultureInfo.InvariantCulture) : "");

    private static string Ago(long? nanos, DateTimeOffset now) =>
        nanos is { } then ? Human.Duration(Math.Max(0, Timestamps.Nanos(now) - then)) + " ago" : "";
}
