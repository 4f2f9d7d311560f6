using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Detection.Rules;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Operator.DetectionRules;

/// <summary>What is found of a rule.</summary>
/// <param name="Reason">Of the condition Accepted: `Compiled`, or what is wrong in one word.</param>
/// <param name="Message">For people: everything that is wrong, or how its tests went.</param>
public sealed record RuleFindings(string Reason, string Message, int TestsPassed, int TestsFailed)
{
    /// <summary>Null for one that is not accepted.</summary>
    public RuleSpec? Spec { get; init; }

    /// <summary>As workers get it; empty for one that is not accepted.</summary>
    public string Text { get; init; } = "";
}

/// <summary>Compiles a rule as workers will, runs its tests, and says what is wrong. Pure.</summary>
public static class RuleReview
{
    public const string Compiled = "Compiled";
    public const string ScopeNotPermitted = "ScopeNotPermitted";
    public const string TestFailed = "TestFailed";

    private const int ProblemsTold = 8;

    /// <param name="home">Where a rule of the whole cluster may be.</param>
    public static RuleFindings Of(OwnObject one, string home)
    {
        ArgumentNullException.ThrowIfNull(one);
        var form = ResourceReview.Of(one.Copy());
        if (form.Count > 0)
        {
            var reason = form[0].Reason == "UnknownField" ? "UnknownField" : "Invalid";
            return new RuleFindings(reason, Joined(form.Select(static problem => problem.ToString())), 0, 0);
        }

        return Of(RuleFile.ContentOf(one), home);
    }

    /// <summary>The same of what workers were given.</summary>
    public static RuleFindings Of(JsonObject content, string home)
    {
        List<RuleProblem> problems = [];
        var specs = RuleReader.Read(RuleFile.Node(content), "", problems);
        new RuleLoader().Load(specs, problems, out var verdicts);
        var verdict = verdicts.Count == 1 ? verdicts[0] : null;
        var (passed, failed) = (verdict?.TestsPassed ?? 0, verdict?.TestsFailed ?? 0);
        if (verdict?.Spec is { Scope: RuleScope.Cluster } spec && spec.Namespace != home)
        {
            return new RuleFindings(
                ScopeNotPermitted, $"spec.scope: Cluster is honoured only in the namespace {home}", passed, failed);
        }

        if (problems.FirstOrDefault(static problem => !problem.IsWarning) is { } first || verdict is null)
        {
            first = problems.FirstOrDefault(static problem => !problem.IsWarning);
            var wrong = problems.Where(static problem => !problem.IsWarning).Select(static one => one.ToString());
            return new RuleFindings(ReasonOf(first?.Fault ?? RuleFault.Form), Joined(wrong), passed, failed);
        }

        var notes = problems.Select(static problem => problem.ToString());
        return new RuleFindings(Compiled, Joined(notes.Prepend(Tests(passed))), passed, failed)
        {
            Spec = verdict.Spec, Text = RuleFile.TextOf(content),
        };
    }

    private static string Tests(int passed) => passed == 0
        ? "it has no tests"
        : string.Create(CultureInfo.InvariantCulture, $"{passed}/{passed} tests passed");

    private static string ReasonOf(RuleFault fault) => fault switch
    {
        RuleFault.Filter => "InvalidFilter",
        RuleFault.Regex => "InvalidRegex",
        RuleFault.UnknownField => "UnknownField",
        RuleFault.Test => TestFailed,
        RuleFault.NotServed => "NotServed",
        _ => "Invalid",
    };

    private static string Joined(IEnumerable<string> texts)
    {
        var all = texts.ToList();
        var told = string.Join("; ", all.Take(ProblemsTold));
        return all.Count <= ProblemsTold
            ? told : string.Create(CultureInfo.InvariantCulture, $"{told}; and {all.Count - ProblemsTold} more");
    }
}
