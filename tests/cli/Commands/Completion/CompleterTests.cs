using System.Text;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Plugin;
using NetSniff.Tests.Cli.Commands.Records;

namespace NetSniff.Tests.Cli.Commands.Completion;

public sealed class CompleterTests
{
    [Theory]
    [InlineData("fl", "flows")]
    [InlineData("flows --foll", "--follow")]
    [InlineData("flows -o j", "jsonl")]
    [InlineData("rules ch", "check")]
    [InlineData("completion z", "zsh")]
    [InlineData("pcap depl", "deploy/ deployment/")]
    [InlineData("doctor --output=json", "--output=json --output=jsonl")]
    [InlineData("flows nothing-like-it", "")]
    public void What_may_come_next_is_told(string line, string expected)
    {
        var lines = Complete(line.Split(' '));
        Assert.Equal(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            lines[..^1].Select(static text => text.Split('\t')[0]));
        Assert.StartsWith(":", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Behind_a_blank_come_commands_and_no_options()
    {
        var words = Complete([""])[..^1].Select(static text => text.Split('\t')[0]).ToList();
        Assert.Contains("doctor", words);
        Assert.Contains("flows", words);
        Assert.DoesNotContain(words, static word => word.StartsWith('-') || word.StartsWith('_'));
    }

    [Fact]
    public void Names_of_a_cluster_that_is_away_are_none()
    {
        var lines = Complete(["flows", "--kubeconfig", "/nowhere", "-n", ""]);
        Assert.StartsWith(":", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -F _kubectl_netsniff_complete kubectl-netsniff")]
    [InlineData("zsh", "#compdef kubectl-netsniff")]
    [InlineData("fish", "complete -c kubectl-netsniff")]
    [InlineData("powershell", "-CommandName 'kubectl-netsniff'")]
    public void Every_shell_has_its_script(string shell, string part)
    {
        var end = TestCommand.RunPlugin("completion", shell);
        Assert.Equal(ExitCode.Ok, end.Code);
        Assert.Contains(part, end.Output, StringComparison.Ordinal);
        Assert.Contains("__complete", end.Output, StringComparison.Ordinal);
    }

    private static string[] Complete(string[] words)
    {
        using var output = new MemoryStream();
        var terminal = new Terminal { Output = output, Error = TextWriter.Null, Program = ProgramName.Completer };
        Assert.Equal(ExitCode.Ok, CommandList.Run(words, terminal, listens: false));
        return Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
