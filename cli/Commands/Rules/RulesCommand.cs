using System.CommandLine;
using System.Globalization;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Detection.Rules;
using NetSniff.Records;
using NetSniff.Worker.Detect;

namespace NetSniff.Cli.Commands.Rules;

/// <summary>`netsniff rules check`: whether rules are rules, and their own tests pass.</summary>
internal static class RulesCommand
{
    private const string About =
        """
        Detection rules: say what traffic is suspicious, with tests beside it.

        Examples:
          netsniff rules check rules
          netsniff read trace.pcap --rules rules --where finding
        """;

    private const string PluginAbout =
        """
        The detection rules of a cluster: what each found, what it costs, and whether workers run it as it is. `rules
        check` looks at rules in files, before they are applied.

        Examples:
          netsniff rules
          netsniff rules -n shop -o yaml
          netsniff rules check rules
        """;

    private const string CheckAbout =
        """
        Read every rule file of a folder, compile the rules and run their embedded tests. Tells all that is wrong, and
        ends with 1 where anything is.

        Examples:
          netsniff rules check rules
          netsniff rules check rules/sql-injection.yaml
        """;

    public static Command Make(CommandRunner runner)
    {
        var path = new Argument<string>("DIR") { Description = "A folder of rule files, or one of them." };
        var color = new Option<string>("--color")
        {
            Description = "auto, always or never. NO_COLOR is respected.",
            HelpName = "WHEN",
            DefaultValueFactory = static _ => "auto",
        };
        var check = new Command("check", CheckAbout) { path, color };
        runner.Set(check, (result, terminal, _) =>
        {
            var isTerminal = terminal.IsOutputTerminal;
            var isColoured = CaptureOptions.IsColoured(result.GetValue(color)!, isTerminal, terminal);
            var line = new Line(isColoured, isTerminal ? terminal.Columns() : Line.Endless);
            return Check(result.GetValue(path)!, terminal, line);
        });
        var command = new Command("rules", runner.IsPlugin ? PluginAbout : About) { check };
        if (runner.IsPlugin) _ = new RulesList(runner, command);
        return command;
    }

    private static int Check(string path, Terminal terminal, Line line)
    {
        List<RuleProblem> problems = [];
        new RuleLoader().Load(RuleFiles.Read(path).Specs(problems), problems, out var verdicts);
        var buffer = new OutputBuffer(terminal.Output);
        if (verdicts is [_, ..]) TableOf(verdicts).Write(line, buffer);
        foreach (var problem in problems)
        {
            line.Use(problem.IsWarning ? Paint.Yellow : Paint.Red);
            line.Own(problem.IsWarning ? "note "u8 : "error "u8);
            line.Use(Paint.Plain);
            line.Captured(System.Text.Encoding.UTF8.GetBytes(problem.ToString()));
            line.MoveTo(buffer);
            buffer.EndLine();
        }

        buffer.Flush();
        var errors = problems.Count(static problem => !problem.IsWarning);
        var (rules, tests) = (verdicts.Count, verdicts.Sum(static verdict => verdict.TestsPassed));
        var untested = verdicts.Count(static verdict => verdict.Spec.Tests is []);
        var rest = untested > 0 ? $", {untested} without a test" : "";
        if (rules == 0 && errors == 0)
        {
            terminal.Say($"no rules in {path}: they lie in files *.yaml or *.yml at its top");
            return ExitCode.Failed;
        }

        terminal.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{rules} {(rules == 1 ? "rule" : "rules")}, {tests} tests passed, {errors} errors{rest}"));
        return errors == 0 && rules > 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static Grid TableOf(IReadOnlyList<RuleVerdict> verdicts)
    {
        var grid = new Grid("rule", "severity", "mode", "detector", "tests", "state");
        foreach (var verdict in verdicts)
        {
            var spec = verdict.Spec;
            var all = verdict.TestsPassed + verdict.TestsFailed;
            grid.Add(
                GridCell.Of(spec.Name.Length > 0 ? spec.FullName : "(no name)"),
                GridCell.Of(spec.Severity.ToString(), PaintOf(spec.Severity)),
                GridCell.Of(spec.Mode.ToString(), spec.Mode == RuleMode.Alert ? Paint.Plain : Paint.Dim),
                GridCell.Of(spec.Detector.Type),
                GridCell.Number(
                    all == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{verdict.TestsPassed}/{all}"),
                    verdict.TestsFailed > 0 ? Paint.Red : all == 0 ? Paint.Yellow : Paint.Plain),
                verdict.IsAccepted ? GridCell.Of("ok", Paint.Green) : GridCell.Of("refused", Paint.Red));
        }

        return grid;
    }

    private static Paint PaintOf(Severity severity) => severity switch
    {
        Severity.High or Severity.Critical => Paint.Red,
        Severity.Medium => Paint.Yellow,
        _ => Paint.Plain,
    };
}
