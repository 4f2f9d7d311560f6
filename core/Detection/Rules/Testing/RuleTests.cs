using NetSniff.Detection.Rules.Patterns;
using NetSniff.Records;

namespace NetSniff.Detection.Rules.Testing;

/// <summary>Runs the tests that a rule brings along: each on a rule that remembers nothing.</summary>
internal static class RuleTests
{
    /// <summary>Records of all tests of a rule: they run whenever it is looked at, by an operator among others' too.
    /// </summary>
    public const int RecordsMax = 200_000;

    /// <returns>Tests that passed and tests that failed, the latter told as problems.</returns>
    public static (int Passed, int Failed) Run(RuleSpec spec, SpecProblems problems)
    {
        var (passed, failed) = (0, 0);
        if (RecordsOf(spec) > RecordsMax)
        {
            problems.Add(spec.Line, "spec.tests", $"all tests together have at most {RecordsMax} records");
            return (0, 0);
        }

        foreach (var test in spec.Tests)
        {
            if (Run(spec, test, problems)) passed++;
            else failed++;
        }

        return (passed, failed);
    }

    private static long RecordsOf(RuleSpec spec) => spec.Tests.SelectMany(static test => test.Records)
        .Sum(static record => long.TryParse(record.Find("repeat")?.Value, out var count) ? Math.Max(1, count) : 1);

    private static bool Run(RuleSpec spec, RuleTestSpec test, SpecProblems problems)
    {
        // A room of its own: this may run while the rules in force are at work.
        var shop = new RuleWorkshop(Origins.Book, new StateBudget(), new PatternScratch());
        var own = new SpecProblems(spec.File, []);
        // Whose records it sees is not what a test is about: its records need not say a namespace.
        var tested = spec with { Mode = RuleMode.Alert, Scope = RuleScope.Cluster };
        if (RuleCompiler.Compile(tested, shop, own) is not { } rule) return false;

        var drafts = new RecordDrafts(shop.Catalog, problems, test.Path);
        var before = problems.Errors;
        var findings = new FindingSink();
        var shown = 0;
        foreach (var bytes in drafts.Make(test.Records))
        {
            var record = new RecordView(bytes);
            shop.Scratch.Record++;
            findings.Begin(record, (ulong)shown++);
            if (rule.Kinds[record.Header.Kind]) rule.OnRecord(in record, findings);
            if (rule.Counters.Raised > 0) break;
        }

        if (problems.Errors > before)
        {
            // The records cannot be made: more than one problem may say so, and the test has failed once.
            return false;
        }

        if (rule.Counters.Raised > 0 == test.ExpectsAlert) return true;

        problems.Add(test.Line, test.Path, $"test '{test.Name}' fails: {Why(rule.Counters, test.ExpectsAlert, shown)}",
            RuleFault.Test);
        return false;
    }

    private static string Why(RuleCounters counters, bool expectsAlert, int shown)
    {
        if (!expectsAlert) return "an alert was raised and none expected";

        return counters switch
        {
            { Evaluated: 0 } => "no alert; the rule never looks at this kind of record",
            { Matched: 0 } => $"no alert; match and condition hold for none of {shown} records",
            { Excepted: > 0 } => $"no alert; exceptions hid {counters.Excepted} records",
            _ => $"no alert; match and condition hold for {counters.Matched} of {shown} records, the detector for none",
        };
    }
}
