using NetSniff.Detection.Rules.Patterns;
using NetSniff.Detection.Rules.Testing;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>What became of one rule.</summary>
/// <param name="TestsPassed">Of its embedded tests.</param>
public sealed record RuleVerdict(RuleSpec Spec, int TestsPassed, int TestsFailed, bool IsCompiled)
{
    public bool IsAccepted => IsCompiled && TestsFailed == 0;
}

/// <summary>Makes sets of rules for one thread that evaluates them: a set as a whole, or nothing of it.</summary>
/// <remarks>Another thread may load while a set is at work; <see cref="RuleSet.TakeOver"/> is the evaluating thread's.
/// </remarks>
/// <param name="origins">What interfaces of records stand for.</param>
/// <param name="budget">What all rules together may remember.</param>
public sealed class RuleLoader(OriginBook? origins = null, StateBudget? budget = null)
{
    private readonly OriginBook _origins = origins ?? Origins.Book;
    private readonly StateBudget _budget = budget ?? new StateBudget();
    private readonly PatternScratch _scratch = new();

    /// <summary>Nanoseconds of a clock, for the cost of rules; null for no timing.</summary>
    public Func<long>? Clock { get; init; }

    /// <summary>Compiles rules and runs their tests.</summary>
    /// <param name="specs">As <see cref="RuleReader"/> gives them.</param>
    /// <param name="problems">What reading them found; gets what is found here.</param>
    /// <param name="verdicts">One for each rule that could be read.</param>
    /// <returns>Null where any of it is wrong.</returns>
    public RuleSet? Load(
        IReadOnlyList<RuleSpec> specs, List<RuleProblem> problems, out IReadOnlyList<RuleVerdict> verdicts)
    {
        ArgumentNullException.ThrowIfNull(specs);
        ArgumentNullException.ThrowIfNull(problems);
        var shop = new RuleWorkshop(_origins, _budget, _scratch);
        List<Rule> rules = [];
        List<RuleVerdict> all = [];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var spec in specs)
        {
            var found = new SpecProblems(spec.File, problems) { Rule = spec.FullName };
            if (spec.Name.Length > 0 && !names.Add(spec.FullName))
            {
                found.Add(spec.Line, "metadata.name", $"{spec.FullName} is there twice");
            }

            if (specs.Count > RuleSet.RulesMax && names.Count == RuleSet.RulesMax + 1)
            {
                found.Add(spec.Line, "", $"a set has at most {RuleSet.RulesMax} rules");
            }

            var rule = RuleCompiler.Compile(spec, shop, found);
            var (passed, failed) = rule is null ? (0, 0) : RuleTests.Run(spec, found);
            if (rule is not null) rules.Add(rule);
            all.Add(new RuleVerdict(spec, passed, failed, rule is not null && found.Errors == failed));
        }

        verdicts = all;
        InOrder(problems);
        return problems.All(static problem => problem.IsWarning) ? new RuleSet(rules, shop) { Clock = Clock } : null;
    }

    /// <summary>As they stand in the files, whoever found them.</summary>
    private static void InOrder(List<RuleProblem> problems)
    {
        List<RuleProblem> ordered =
            [.. problems.OrderBy(static one => one.File, StringComparer.Ordinal).ThenBy(static one => one.Line)];
        problems.Clear();
        problems.AddRange(ordered);
    }
}
