using System.Text.RegularExpressions;
using NetSniff.Cli.Commands.Ui;

namespace NetSniff.Tests.Cli.Commands.Ui;

/// <summary>What the page keeps to, so that nothing a stranger sent over a wire runs in it.</summary>
public sealed partial class UiPageTests
{
    [Fact]
    public void No_text_becomes_markup_or_code()
    {
        var scripts = UiPage.Paths.Where(static path => path.EndsWith(".js", StringComparison.Ordinal)).ToList();
        Assert.True(scripts.Count > 10);
        Assert.All(scripts, static path => Assert.DoesNotMatch(Markup(), Text(path)));
    }

    [Fact]
    public void Nothing_is_asked_of_other_hosts() => Assert.All(UiPage.Paths, static path => Assert.DoesNotMatch(
        Elsewhere(), Text(path).Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal)));

    [Fact]
    public void Nothing_stands_in_line_where_the_policy_forbids_it() =>
        Assert.DoesNotMatch(InLine(), Text("/index.html"));

    [Fact]
    public void Every_file_that_is_named_is_there_and_every_panel_is_in_the_list()
    {
        foreach (var path in UiPage.Paths)
        {
            var folder = path[..(path.LastIndexOf('/') + 1)];
            foreach (Match match in Named().Matches(Text(path)))
            {
                var named = new Uri(new Uri("http://page" + folder), match.Groups[1].Value).AbsolutePath;
                Assert.True(UiPage.Find(named) is not null, $"{path} names {named}");
            }
        }

        var list = Text("/panels.js");
        Assert.All(
            UiPage.Paths.Where(static path => path.StartsWith("/panels/", StringComparison.Ordinal)),
            path => Assert.Contains($"'.{path}'", list, StringComparison.Ordinal));
    }

    [Fact]
    public void Lines_and_files_fit() => Assert.All(UiPage.Paths, static path =>
    {
        var lines = Text(path).Split('\n');
        Assert.InRange(lines.Length, 1, 400);
        Assert.All(lines, line => Assert.True(line.Length <= 120, $"{path}: {line}"));
    });

    private static string Text(string path) => System.Text.Encoding.UTF8.GetString(UiPage.Find(path)!.Value.Bytes);

    [GeneratedRegex(
        @"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\(|new Function|ContextualFragment")]
    private static partial Regex Markup();

    [GeneratedRegex("https?://|//[a-z0-9-]+\\.[a-z]", RegexOptions.IgnoreCase)]
    private static partial Regex Elsewhere();

    [GeneratedRegex("<script(?![^>]* src=)|<style|\\sstyle=|\\son[a-z]+=", RegexOptions.IgnoreCase)]
    private static partial Regex InLine();

    [GeneratedRegex("(?:from|src=|href=) ?['\"]([^'\"#]+)['\"]")]
    private static partial Regex Named();
}
