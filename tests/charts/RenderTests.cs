using System.Text;
using System.Text.RegularExpressions;

namespace NetSniff.Tests.Charts;

/// <summary>What the chart makes of six sets of values, as it was last read and found right.</summary>
public partial class RenderTests
{
    public static TheoryData<string> Sets => [.. Helm.Sets];

    private static bool IsWriting => Environment.GetEnvironmentVariable("NETSNIFF_GOLDEN") == "write";

    [Theory]
    [MemberData(nameof(Sets))]
    public void Renders_as_it_did(string set)
    {
        var rendered = Shorten(Helm.Render(set));
        var golden = Path.Combine(Repository.Root, "tests", "charts", "golden", $"{set}.yaml");
        if (IsWriting)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(golden)!);
            File.WriteAllText(golden, rendered);
        }

        Assert.Equal(File.ReadAllText(golden), rendered);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Helm_finds_nothing_to_say(string set)
    {
        var file = Path.Combine(Repository.Root, "tests", "charts", "values", $"{set}.yaml");
        var (code, output, error) = Helm.Run("lint", "--strict", Helm.Chart, "--values", file);
        Assert.True(code == 0, output + error);
    }

    /// <summary>Without what is a copy of a file and compared with it elsewhere.</summary>
    private static string Shorten(string rendered)
    {
        var text = new StringBuilder();
        foreach (var document in Helm.Documents(rendered))
        {
            var whole = document.Trim('\n');
            var kind = Kind().Match(whole).Groups[1].Value;
            if (kind is "CustomResourceDefinition" or "PrometheusRule") whole = whole[..whole.IndexOf("\nspec:\n")];
            whole = CopiedFile().Replace(whole, "$1 …");
            text.Append("---\n").Append(whole).Append('\n');
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^kind: (\S+)", RegexOptions.Multiline)]
    private static partial Regex Kind();

    [GeneratedRegex(@"^(  (?:detectionrule-[a-z-]+|netsniff)\.json:) \|\n(?:    .*(?:\n|\z))+", RegexOptions.Multiline)]
    private static partial Regex CopiedFile();
}
