using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Detection.Rules.Testing;
using NetSniff.Filters.Expression;
using NetSniff.Records;
using NetSniff.Worker.Detect.Yaml;

namespace NetSniff.Tests.Detection.Rules;

/// <summary>Rules in YAML, and records in the words of their tests, for assertions.</summary>
internal sealed class RuleBench
{
    private readonly DetectionRun _run;
    private ulong _position;

    public RuleBench(string specs, RuleLoader? loader = null)
    {
        var set = Load(specs, out var problems, loader);
        Assert.True(set is not null, string.Join('\n', problems));
        Set = set;
        _run = new DetectionRun(set);
    }

    public RuleSet Set { get; private set; }

    public RuleState Only => Assert.Single(Set.States());

    public static RuleSet? Load(string yaml, out List<RuleProblem> problems, RuleLoader? loader = null)
    {
        problems = [];
        List<RuleSpec> specs = [];
        foreach (var node in RuleYaml.Read(yaml, "t.yaml", problems))
        {
            specs.AddRange(RuleReader.Read(node, "t.yaml", problems));
        }

        return (loader ?? new RuleLoader()).Load(specs, problems, out _);
    }

    /// <summary>The whole of a rule around what its spec says beside severity.</summary>
    public static string Rule(string spec, string name = "r", string metadata = "") =>
        $"apiVersion: netsniff.io/v1alpha1\nkind: DetectionRule\nmetadata: {{name: {name}{metadata}}}\nspec:\n"
        + $"  severity: High\n  {spec.Trim().Replace("\n", "\n  ", StringComparison.Ordinal)}\n";

    public static List<byte[]> Records(string yaml)
    {
        List<RuleProblem> problems = [];
        var list = Assert.Single(RuleYaml.Read(yaml, "records", problems));
        var drafts = new RecordDrafts(FieldCatalog.Shared, new SpecProblems("records", problems), "");
        List<byte[]> records = [.. drafts.Make(list.Elements)];
        Assert.Empty(problems);
        return records;
    }

    /// <summary>Shows records.</summary>
    /// <returns>What was found, a line each.</returns>
    public List<string> Show(string yaml)
    {
        List<string> found = [];
        foreach (var bytes in Records(yaml)) found.AddRange(Show(bytes));
        return found;
    }

    public List<string> Show(byte[] record)
    {
        _run.Run(new RecordView(record), _position++);
        List<string> found = [];
        foreach (var finding in new RecordWalker(_run.Findings)) found.Add(TestRecords.Line(finding));
        return found;
    }

    /// <summary>Puts other rules in force, as a worker does.</summary>
    public void Replace(string specs, RuleLoader loader)
    {
        var set = Load(specs, out var problems, loader);
        Assert.True(set is not null, string.Join('\n', problems));
        set.TakeOver(Set);
        Set = set;
        _run.Replace([set]);
    }
}
