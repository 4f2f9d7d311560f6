using NetSniff.Cli.Commands;
using NetSniff.Fuzz.Captures;
using NetSniff.Tests.Detection.Rules;

namespace NetSniff.Tests.Cli.Commands.Rules;

/// <summary>`rules check` and `read --rules`.</summary>
public sealed class RulesCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _capture;

    public RulesCommandTests()
    {
        _capture = _folder["shop.pcap"];
        File.WriteAllBytes(_capture, LoadedCapture.ToPcap(Handmade.Capture()));
        Directory.CreateDirectory(_folder["rules"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_rules_of_the_repository_pass()
    {
        var end = NetsniffProcess.Run("rules", "check", Path.Combine(Repository.Root, "rules"), "--color", "never");
        Assert.Equal(ExitCode.Ok, end.Code);
        Assert.Contains("sql-injection", end.Output, StringComparison.Ordinal);
        Assert.Contains("0 errors", end.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("refused", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_told_with_file_and_line()
    {
        Write("bad.yaml", RuleBench.Rule("condition: htp\ndetector: {type: Match}\ntest: []"));
        var end = NetsniffProcess.Run("rules", "check", _folder["rules"]);
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Contains("error bad.yaml:8: spec.test: unknown field; did you mean tests?", end.Output,
            StringComparison.Ordinal);
        end = NetsniffProcess.Run("rules", "check", _folder["nowhere"]);
        Assert.Equal(ExitCode.Failed, end.Code);
        Directory.CreateDirectory(_folder["empty"]);
        end = NetsniffProcess.Run("rules", "check", _folder["empty"]);
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Contains("no rules in ", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Findings_stand_among_the_records_and_can_be_asked_for()
    {
        const string spec = "condition: http\ndetector: {type: Match}\noutput: 'a call of {{http.host}}'";
        Write("http.yaml", RuleBench.Rule(spec));
        string[] read = ["read", _capture, "--rules", _folder["rules"]];
        var end = NetsniffProcess.Run([.. read, "-o", "jsonl", "--where", "finding"]);
        Assert.Equal((ExitCode.Ok, ""), (end.Code, end.Error));
        Assert.Contains("\"finding.rule\":\"r\"", end.Output, StringComparison.Ordinal);
        Assert.Contains("\"finding.title\":\"a call of ", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"kind\":\"http\"", end.Output, StringComparison.Ordinal);

        end = NetsniffProcess.Run("read", _capture, "--rules", _folder["rules"], "-o", "table", "--color", "never");
        Assert.Contains("high alert r  a call of ", end.Output, StringComparison.Ordinal);
        end = NetsniffProcess.Run("read", _capture, "--rules", _folder["rules"], "-o", "eve");
        Assert.Contains("\"event_type\":\"alert\"", end.Output, StringComparison.Ordinal);
        Assert.Contains("\"signature\":\"a call of ", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shadow_is_no_alert_of_Suricatas()
    {
        Write("http.yaml", RuleBench.Rule("condition: http\nmode: Shadow\ndetector: {type: Match}"));
        var end = NetsniffProcess.Run("read", _capture, "--rules", _folder["rules"], "-o", "eve");
        Assert.Contains("\"event_type\":\"http\"", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"event_type\":\"alert\"", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_rules_are_refused_before_anything_is_written()
    {
        Write("bad.yaml", RuleBench.Rule("condition: htp\ndetector: {type: Match}"));
        var target = _folder["kept.jsonl"];
        File.WriteAllText(target, "kept");
        var end = NetsniffProcess.Run("read", _capture, "--rules", _folder["rules"], "-w", target);
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains("bad.yaml:6: spec.condition:", end.Error, StringComparison.Ordinal);
        Assert.Equal("kept", File.ReadAllText(target));
    }

    private void Write(string name, string text) => File.WriteAllText(_folder["rules", name], text);
}
