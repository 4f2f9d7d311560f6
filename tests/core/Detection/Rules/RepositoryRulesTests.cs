using NetSniff.Detection.Rules;
using NetSniff.Worker.Detect;

namespace NetSniff.Tests.Detection.Rules;

/// <summary>The rules that come with the program: whatever else changes, they are accepted.</summary>
public class RepositoryRulesTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "rules");

    [Fact]
    public void All_are_accepted_and_have_tests_of_both_kinds()
    {
        List<RuleProblem> problems = [];
        var set = new RuleLoader().Load(RuleFiles.Read(s_folder).Specs(problems), problems, out var verdicts);
        Assert.True(set is not null, string.Join('\n', problems));
        Assert.Empty(problems);
        Assert.True(set.Count >= 10);
        Assert.All(verdicts, verdict =>
        {
            Assert.True(verdict.TestsPassed >= 2, verdict.Spec.Name);
            Assert.Contains(verdict.Spec.Tests, test => test.ExpectsAlert);
            Assert.Contains(verdict.Spec.Tests, test => !test.ExpectsAlert);
        });
    }

    [Fact]
    public void Each_is_explained_and_leads_to_ATTACK()
    {
        List<RuleProblem> problems = [];
        foreach (var spec in RuleFiles.Read(s_folder).Specs(problems))
        {
            Assert.True(spec.Description.Length > 0 && spec.Output is not null && spec.Techniques.Count > 0, spec.Name);
            Assert.Equal($"{spec.Name}.yaml", spec.File);
        }
    }
}
