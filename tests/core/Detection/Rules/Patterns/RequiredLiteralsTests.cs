using System.Text.RegularExpressions;
using NetSniff.Detection.Rules.Patterns;

namespace NetSniff.Tests.Detection.Rules.Patterns;

public class RequiredLiteralsTests
{
    [Theory]
    [InlineData("union select", "union select")]
    [InlineData(@"(?i)\bunion\b.{0,40}\bselect\b", "select")]
    [InlineData(@"(sleep|pg_sleep|benchmark)\s*\(", "sleep pg_sleep benchmark")]
    [InlineData("ab?cd", "cd")]
    [InlineData("abc+d", "abc")]
    [InlineData("ab*", null)]
    [InlineData("(abc)?", null)]
    [InlineData("(abc)?de", "de")]
    [InlineData("(abc){0,3}", null)]
    [InlineData("(abc){2,3}", "abc")]
    [InlineData("abc|", null)]
    [InlineData("abc|x", null)]
    [InlineData(@"a\.b\/c", "a.b/c")]
    [InlineData(@"\x2e\x2e/", "../")]
    [InlineData("[abc]def", "def")]
    [InlineData("[]abc]def", "def")]
    [InlineData(@"\p{L}abc", null)]
    [InlineData("abc{", null)]
    [InlineData("^abc$", "abc")]
    [InlineData(".*", null)]
    [InlineData("(a|b)(cd|ef)", "cd ef")]
    [InlineData("", null)]
    public void A_pattern_asks_for(string pattern, string? expected)
    {
        var found = RequiredLiterals.Of(pattern);
        Assert.Equal(expected?.Split(expected == "union select" ? '\n' : ' '), found);
    }

    [Fact]
    public void Whatever_matches_has_one_of_them()
    {
        string[] pieces =
        [
            "ab", "cd", "x", ".", "[ab]", "(", ")", "|", "?", "*", "+", "{2}", "{0,2}", "\\b", "\\w", "^", "(?i)",
            "(?:", "\\.", "e",
        ];
        string[] words = ["ab", "cd", "x", ".", "a", "b", "AB", "e", " ", "xx", "CD"];
        var random = new Random(11);
        var asked = 0;
        for (var turn = 0; turn < 12_000; turn++)
        {
            var pattern = string.Concat(Enumerable.Range(0, random.Next(1, 9))
                .Select(_ => pieces[random.Next(pieces.Length)]));
            if (RequiredLiterals.Of(pattern) is not { } literals || !TryRegex(pattern, out var regex)) continue;

            asked++;
            for (var text = 0; text < 10; text++)
            {
                var shown = string.Concat(Enumerable.Range(0, random.Next(8))
                    .Select(_ => words[random.Next(words.Length)]));
                if (!regex.IsMatch(shown)) continue;

                Assert.True(
                    literals.Any(literal => shown.Contains(literal, StringComparison.OrdinalIgnoreCase)),
                    $"{pattern} matches '{shown}' without {string.Join(", ", literals)}");
            }
        }

        Assert.True(asked > 500);
    }

    private static bool TryRegex(string pattern, out Regex regex)
    {
        try
        {
            regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return true;
        }
        catch (ArgumentException)
        {
            regex = null!;
            return false;
        }
    }
}
