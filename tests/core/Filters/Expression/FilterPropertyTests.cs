using System.Text;
using NetSniff.Filters.Expression;
using Xunit;

namespace NetSniff.Tests.Filters.Expression;

/// <summary>Random trees against plain sets of records, and random texts against nothing at all.</summary>
public class FilterPropertyTests
{
    /// <summary>Leaves, and the records they hold for, as the tables of <see cref="FilterTests"/> have them.</summary>
    private static readonly (string Text, string Holds)[] s_leaves =
    [
        ("http.status == 404", "http"), ("http.status != 200", "http"), ("partial", "request"), ("malformed", "ping"),
        ("kind == flow", "flow ping"),
        ("src.ip in 10.0.0.0/8", "http request flow"), ("port == 80", "http request flow"),
        ("exists sample.name", "sample"), ("true", "http request flow ping sample blank"), ("false", ""),
        ("http.uri like '*'", "http request"), ("http.uri matches /^.api/", "http"),
        ("sample.codes in (4..6, 9)", "sample"),
        ("flow.duration < 1m", "flow ping"), ("http.host icontains \"EXAMPLE\"", "http"), ("ip == ::", "blank"),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_tree_means_what_its_parts_mean_however_it_is_written(int seed)
    {
        _ = SampleRecords.Get("sample");
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var text = new StringBuilder();
            var expected = Grow(random, text, depth: random.Next(7), binds: 0);
            var parse = FilterExpression.Parse(text.ToString());
            Assert.True(parse.IsOk, parse.Problem?.Format(text.ToString()));
            var names = SampleRecords.Names.Where(expected.Contains);
            Assert.Equal(string.Join(' ', names), FilterTests.Matched(parse.Filter!));
            Assert.Equal(string.Join(' ', names), Matched(parse.Filter!.ToString()));
        }
    }

    [Fact]
    public void No_text_throws()
    {
        _ = SampleRecords.Get("sample");
        var random = new Random(20);
        string[] words =
        [
            "(", ")", "!", "and", "or", "not", "&&", "||", "==", "!=", "<", "..", "in", "{", "}", ",", "'", "\"", "/",
            "\\", "~", "[", "]", "*", "-", ".", "\0", "\ud800", "é", "é{9}", "%",
            "http.status", "http.uri", "src.ip", "time", "http.latency", "kind", "proto", "sample.key", "exists",
            "matches", "like", "icontains", "200", "0x", "1.5Ki", "5ms", "::1", "10.0.0.0/8", "2026-01-31T09:00:00Z",
            "'a\\x4'", "/(a|b){3}/", "999999999999999999999999999999", "1e9", "GET", "xx",
        ];
        for (var round = 0; round < 6_000; round++)
        {
            var text = new StringBuilder();
            for (var left = random.Next(12); left > 0; left--)
            {
                if (random.Next(8) == 0) text.Append((char)random.Next(random.Next(2) == 0 ? 128 : 65536));
                else text.Append(words[random.Next(words.Length)]);
                if (random.Next(3) > 0) text.Append(' ');
            }

            var expression = text.ToString();
            var parse = FilterExpression.Parse(expression);
            if (parse.IsOk)
            {
                Assert.Equal(FilterTests.Matched(parse.Filter), Matched(parse.Filter.ToString()));
                continue;
            }

            Assert.InRange(parse.Problem.Column, 1, expression.Length + 1);
            Assert.InRange(parse.Problem.Column + parse.Problem.Length, 2, expression.Length + 2);
            Assert.Equal(3, parse.Problem.Format(expression).Split('\n').Length);
        }
    }

    private static string Matched(string expression) => FilterTests.Matched(FilterExpression.Parse(expression).Filter!);

    /// <param name="binds">What stands around: 0 nothing or `or`, 1 `and`, 2 `not`.</param>
    private static HashSet<string> Grow(Random random, StringBuilder text, int depth, int binds)
    {
        var choice = depth == 0 ? 0 : random.Next(4);
        if (choice == 0)
        {
            var (leaf, holds) = s_leaves[random.Next(s_leaves.Length)];
            text.Append(leaf);
            return [.. holds.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        }

        var own = choice == 3 ? 2 : choice - 1;
        var isWrapped = own < binds || random.Next(5) == 0;
        if (isWrapped) text.Append('(');
        HashSet<string> result;
        if (choice == 3)
        {
            text.Append(random.Next(2) == 0 ? "!" : "not ");
            result = [.. SampleRecords.Names];
            result.ExceptWith(Grow(random, text, depth - 1, binds: 2));
        }
        else
        {
            result = Grow(random, text, depth - 1, own);
            for (var more = random.Next(1, 4); more > 0; more--)
            {
                var isWord = random.Next(2) == 0;
                text.Append(choice == 1 ? (isWord ? " or " : "||") : (isWord ? " and " : "&&"));
                var next = Grow(random, text, depth - 1, own);
                if (choice == 1) result.UnionWith(next);
                else result.IntersectWith(next);
            }
        }

        if (isWrapped) text.Append(')');
        return result;
    }
}
