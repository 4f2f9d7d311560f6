using NetSniff.Cli.Plugin;
using NetSniff.Tests.Cli.Commands;
using NetSniff.Tests.Cli.Commands.Records;

namespace NetSniff.Tests.Cli.Plugin;

public sealed class ProgramNameTests
{
    [Theory]
    [InlineData("/usr/bin/netsniff", "netsniff", false)]
    [InlineData("netsniff", "netsniff", false)]
    [InlineData("/home/ann/.krew/bin/kubectl-netsniff", "kubectl netsniff", true)]
    [InlineData("kubectl_complete-netsniff", "kubectl netsniff", true)]
    public void What_it_is_called_says_what_it_is(string path, string typed, bool isPlugin)
    {
        var name = ProgramName.Of(path);
        Assert.Equal((typed, isPlugin), (name.Typed, name.IsPlugin));
    }

    [Fact]
    public void A_link_of_the_program_is_the_plugin()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["kubectl-netsniff"], NetsniffProcess.Path);
        var end = NetsniffProcess.Shell($"{folder["kubectl-netsniff"]} flows --help");
        Assert.StartsWith("Show flows", end.Output, StringComparison.Ordinal);
        Assert.Contains("Usage:\n  kubectl netsniff flows [TARGET] [options]", end.Output, StringComparison.Ordinal);
        Assert.Contains("-n, --namespace NAME", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_say_what_to_type()
    {
        var end = TestCommand.RunPlugin("flows", "--kubeconfig", "/nowhere/at/all");
        Assert.Equal(2, end.Code);
        Assert.Contains("--kubeconfig FILE or $KUBECONFIG says which cluster", end.Error, StringComparison.Ordinal);
        Assert.Contains("`kubectl netsniff --help`", TestCommand.RunPlugin("flaws").Error, StringComparison.Ordinal);
        Assert.Contains("did you mean flows?", TestCommand.RunPlugin("flaws").Error, StringComparison.Ordinal);
        Assert.Contains("takes no --namespace", TestCommand.RunPlugin("sql", "SELECT 1", "-n", "a").Error);
    }
}
