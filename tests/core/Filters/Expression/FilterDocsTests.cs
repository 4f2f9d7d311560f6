using NetSniff.Filters.Expression;
using Xunit;

namespace NetSniff.Tests.Filters.Expression;

public class FilterDocsTests
{
    [Fact]
    public void Every_example_of_the_docs_parses()
    {
        var examples = Examples().ToArray();
        Assert.NotEmpty(examples);
        Assert.All(examples, example =>
        {
            var parse = FilterExpression.Parse(example);
            Assert.True(parse.IsOk, parse.Problem?.Format(example));
        });
    }

    private static IEnumerable<string> Examples()
    {
        var isInside = false;
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "docs", "filter-language.md")))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) isInside = line == "```filter";
            else if (isInside) yield return line;
        }
    }
}
