using System.Diagnostics;
using NetSniff.Cli.Commands;
using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Records;
using NetSniff.Worker.Detect;

namespace NetSniff.Cli.Capturing;

/// <summary>The folder of `--rules`, read once: a capture is looked at by one set of rules.</summary>
internal sealed class RulesFolder
{
    private const int ProblemsTold = 20;

    private readonly string _path;
    private readonly RuleFiles _files;
    private readonly List<RuleSet> _sets = [];

    /// <exception cref="UsageException">It is not there.</exception>
    public RulesFolder(string path)
    {
        _path = path;
        try
        {
            _files = RuleFiles.Read(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--rules: {problem.Message}");
        }
    }

    /// <summary>Rules for one thread, which remember nothing yet.</summary>
    /// <exception cref="UsageException">There is something wrong with them: all of it is told.</exception>
    public DetectionRun NewRun(OriginBook origins)
    {
        if (Build.IsNative) throw new UnreachableException();

        List<RuleProblem> problems = [];
        var loader = new RuleLoader(origins);
        if (loader.Load(_files.Specs(problems), problems, out _) is { } set)
        {
            _sets.Add(set);
            return new DetectionRun([set, .. Detectors.All.Select(static make => make())]);
        }

        var wrong = problems.Where(static problem => !problem.IsWarning).ToArray();
        var told = string.Join('\n', wrong.Take(ProblemsTold).Select(static problem => $"  {problem}"));
        var more = wrong.Length > ProblemsTold ? $"\n  and {wrong.Length - ProblemsTold} more" : "";
        throw new UsageException($"--rules {_path}: the rules are refused\n{told}{more}");
    }

    /// <summary>Says of each rule that reached a limit of its own, once all is read.</summary>
    public void TellLimits(Terminal terminal)
    {
        foreach (var rule in _sets.SelectMany(static set => set.States()))
        {
            var (name, counters) = (rule.Spec.FullName, rule.Counters);
            if (rule.GroupsEvicted > 0) terminal.Say($"{name}: {rule.GroupsEvicted} groups were forgotten for others");
            if (counters.Refused > 0) terminal.Say($"{name}: memory lacked for {counters.Refused} values");
            if (counters.OverRate > 0)
            {
                terminal.Say($"{name}: {counters.OverRate} findings more than its maxAlertsPerMinute were left out");
            }
        }
    }
}
