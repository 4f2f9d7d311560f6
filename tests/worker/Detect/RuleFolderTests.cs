using NetSniff.Detection.Rules;
using NetSniff.Tests.Detection.Rules;
using NetSniff.Wire.Health;
using NetSniff.Worker.Detect;

namespace NetSniff.Tests.Worker.Detect;

public sealed class RuleFolderTests : IDisposable
{
    private static readonly string s_good = RuleBench.Rule("condition: http\ndetector: {type: Match}");
    private static readonly string s_bad = RuleBench.Rule("condition: htp\ndetector: {type: Match}", "bad");

    private readonly TemporaryFolder _files = new();
    private readonly List<RuleSet> _offered = [];
    private readonly RuleFolder _folder;

    public RuleFolderTests() => _folder = new RuleFolder(_files.Path, new RuleLoader(), _offered.Add);

    public void Dispose() => _files.Dispose();

    [Fact]
    public void What_lies_there_comes_into_force_whole()
    {
        Write("a.yaml", s_good);
        Write("b.yml", RuleBench.Rule("condition: dns\ndetector: {type: Match}", "s"));
        Write("notes.txt", "no rule");
        Assert.True(_folder.Look());
        Assert.False(_folder.Look());
        Assert.Equal(2, Assert.Single(_offered).Count);
        Assert.Equal((10, 0L), (_folder.State.Revision.Length, _folder.State.Rejected));
    }

    [Fact]
    public void One_bad_rule_refuses_all_and_the_last_good_ones_go_on()
    {
        Write("a.yaml", s_good);
        Assert.True(_folder.Look());
        var revision = _folder.State.Revision;
        Write("b.yaml", s_bad);
        Assert.False(_folder.Look());
        Assert.False(_folder.State.IsRefused); // seen once: it may be half written
        Assert.False(_folder.Look());
        Assert.True(_folder.State.IsRefused);
        Assert.Equal((revision, 1L), (_folder.State.Revision, _folder.State.Rejected));
        Assert.StartsWith("b.yaml:6: spec.condition:", Assert.Single(_folder.State.Problems).ToString());
        Assert.Single(_offered);

        Write("b.yaml", RuleBench.Rule("condition: dns\ndetector: {type: Match}", "s"));
        Assert.False(_folder.Look());
        Assert.True(_folder.Look());
        Assert.Equal(2, _offered.Count);
        Assert.Empty(_folder.State.Problems);
    }

    [Fact]
    public void A_volume_that_is_swapped_is_taken_at_once_and_from_one_version()
    {
        Directory.CreateDirectory(_files["v1"]);
        Directory.CreateDirectory(_files["v2"]);
        File.WriteAllText(_files["v1", "a.yaml"], s_good);
        File.WriteAllText(_files["v2", "a.yaml"], s_good.Replace("High", "Low", StringComparison.Ordinal));
        Directory.CreateSymbolicLink(_files["..data"], "v1");
        Assert.True(_folder.Look());
        Directory.Delete(_files["..data"]);
        Directory.CreateSymbolicLink(_files["..data"], "v2");
        Assert.True(_folder.Look());
        Assert.Equal(NetSniff.Records.Severity.Low, _offered[1].States()[0].Spec.Severity);
    }

    [Fact]
    public void A_folder_that_is_away_changes_nothing()
    {
        Write("a.yaml", s_good);
        Assert.True(_folder.Look());
        Directory.Move(_files.Path, _files.Path + "-away");
        Assert.False(_folder.Look());
        Assert.Contains("is not there", Assert.Single(_folder.State.Problems).Text, StringComparison.Ordinal);
        Directory.Move(_files.Path + "-away", _files.Path);
        _folder.Look();
        _folder.Look();
        Assert.Empty(_folder.State.Problems);
    }

    [Fact]
    public void Health_says_which_rules_run_and_why_others_do_not()
    {
        var board = new HealthBoard("worker", "1");
        var health = new RuleHealth(board, () => _folder.State, () => _offered.LastOrDefault());
        var condition = Assert.Single(board.Conditions);
        Write("a.yaml", s_bad);
        Assert.False(_folder.Look());
        health.Look();
        Assert.Equal((false, "Invalid"), (condition.State.Holds, condition.State.Reason));
        Write("a.yaml", s_good);
        Assert.True(_folder.Look());
        health.Look();
        Assert.Equal((true, "RevisionApplied"), (condition.State.Holds, condition.State.Reason));
        Write("a.yaml", s_bad);
        _folder.Look();
        _folder.Look();
        health.Look();
        Assert.Equal((true, "LastGoodRevision"), (condition.State.Holds, condition.State.Reason));
        Assert.Contains("did you mean", condition.State.Text, StringComparison.Ordinal);

        var sink = new MetricSink();
        health.Read(sink);
        Assert.Contains(sink.Families, family => family.Family == Metrics.RuleFindings
            && family.Series.Single().Labels.SequenceEqual(["r", "high", "alert"]));
        Assert.Contains(sink.Families, family => family.Family == Metrics.RulesRejected
            && family.Series.Single().Value == 2);
    }

    private void Write(string name, string text) => File.WriteAllText(_files[name], text);
}
