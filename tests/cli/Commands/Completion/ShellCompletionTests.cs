namespace NetSniff.Tests.Cli.Commands.Completion;

/// <summary>The scripts in the shells that they are for, with the real program behind.</summary>
public sealed class ShellCompletionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ShellCompletionTests()
    {
        File.CreateSymbolicLink(_folder["netsniff"], NetsniffProcess.Path);
        File.CreateSymbolicLink(_folder["kubectl-netsniff"], NetsniffProcess.Path);
        File.CreateSymbolicLink(_folder["kubectl_complete-netsniff"], NetsniffProcess.Path);
    }

    /// <summary>Command lines as readline breaks them into words, with commas between, and what may come.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "netsniff,fl", "flows" },
        { "netsniff,flows,--foll", "--follow" },
        { "netsniff,flows,--where,'a b',--foll", "--follow" },
        { "netsniff,flows,--output,=,js", "jsonl" },
        { "netsniff,doctor,--output,=", "json jsonl table" },
        { "netsniff,read,/etc/host", "" },
        { "kubectl-netsniff,pcap,depl", "deploy/ deployment/" },
        { "kubectl-netsniff,ui,--no-b", "--no-browser" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Bash(string words, string expected)
    {
        var program = words.Split(',')[0];
        Write("words", words.Split(','));
        var end = Shell($"""
            bash --norc -c '. <({program} completion bash); compopt() {"{ :; }"}; mapfile -t COMP_WORDS < words
            COMP_CWORD=$(( ${"{#COMP_WORDS[@]}"} - 1 )); _{program.Replace('-', '_')}_complete; echo "${"{COMPREPLY[*]}"}"'
            """);
        Assert.Equal(expected + "\n", end.Output);
    }

    [Theory]
    [InlineData("netsniff fl", "netsniff flows ")]
    [InlineData("netsniff flows --output=js", "netsniff flows --output=jsonl ")]
    [InlineData("netsniff read FOLDER/wor", "netsniff read FOLDER/words ")]
    [InlineData("kubectl-netsniff pcap cronj", "kubectl-netsniff pcap cronjob/")]
    public void Zsh(string typed, string expected)
    {
        Assert.SkipUnless(Has("zsh"), "no zsh is installed");
        var program = typed.Split(' ')[0];
        Write("words", []);
        Write($"_{program}", [Shell($"{program} completion zsh").Output]);
        Write("begin", [
            $"fpath=({_folder.Path} $fpath); autoload -Uz compinit; compinit -u -D",
            "show() { print -r -- $BUFFER > result; }; zle -N show; bindkey '^X' show; : > ready",
        ]);
        // A terminal of zsh's own making, since only an editor of lines completes.
        Write("type", [
            "zmodload zsh/zpty; zpty -b shell zsh -f -i; zpty -w shell '. ./begin'",
            "await() { until [[ -s $1 || -e $1 && $1 == ready ]]; do zpty -r -t shell junk; sleep 0.1; done }",
            $"await ready; zpty -w -n shell $'{Here(typed)}\\t\\x18'; await result; cat result",
        ]);
        Assert.Equal(Here(expected) + "\n", Shell("timeout 60 zsh -f type").Output);
    }

    [Theory]
    [InlineData("netsniff fl", "flows")]
    [InlineData("netsniff flows --output=js", "--output=jsonl")]
    [InlineData("netsniff read FOLDER/wor", "FOLDER/words")]
    [InlineData("kubectl-netsniff pcap cronj", "cronjob/")]
    public void Fish(string typed, string expected)
    {
        Assert.SkipUnless(Has("fish"), "no fish is installed");
        Write("words", []);
        var end = Shell(
            $"HOME={_folder.Path} fish -N -c '{typed.Split(' ')[0]} completion fish | source; complete -C \"{Here(typed)}\"'");
        Assert.Equal([Here(expected)], end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split('\t')[0]));
    }

    [Theory]
    [InlineData("netsniff fl", "flows")]
    [InlineData("netsniff flows --output=js", "--output=jsonl")]
    [InlineData("netsniff read FOLDER/wor", "FOLDER/words")]
    public void PowerShell(string typed, string expected)
    {
        Assert.SkipUnless(Has("pwsh"), "no PowerShell is installed");
        Write("words", []);
        Write("type.ps1", [
            $"netsniff completion powershell | Out-String | Invoke-Expression; $line = '{Here(typed)}'",
            "(TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText",
        ]);
        Assert.Equal(Here(expected) + "\n", Shell("pwsh -NoProfile -NonInteractive -File type.ps1").Output);
    }

    [Fact]
    public void Kubectl_asks_by_the_name_that_it_looks_for()
    {
        Assert.SkipUnless(Has("kubectl"), "no kubectl is installed");
        var end = Shell("kubectl __complete netsniff flo 2>&1");
        Assert.Contains("flows\t", end.Output, StringComparison.Ordinal);
        Assert.Contains(":4", end.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Here(string text) => text.Replace("FOLDER", _folder.Path, StringComparison.Ordinal);

    private void Write(string name, string[] lines) => File.WriteAllLines(_folder[name], lines);

    private NetsniffEnd Shell(string command) =>
        NetsniffProcess.Shell($"cd {_folder.Path}; export PATH={_folder.Path}:$PATH; {command}");

    private static bool Has(string program) => NetsniffProcess.Shell($"command -v {program}").Code == 0;
}
