using NetSniff.Filters.Expression;
using Xunit;

namespace NetSniff.Tests.Filters.Expression;

public class FilterProblemTests
{
    public static TheoryData<string, string> Problems => new()
    {
        { "http.statu == 200", "unknown field 'http.statu' at column 1; did you mean http.status?" },
        { "tcp and htpp.status == 200", "unknown field 'htpp.status' at column 9; did you mean http.status?" },
        { "status == 200", "unknown field 'status' at column 1; did you mean http.status?" },
        { "ip.src == 10.0.0.1", "unknown field 'ip.src' at column 1; did you mean src.ip?" },
        { "Http.Status == 200", "unknown field 'Http.Status' at column 1; did you mean http.status?" },
        { "exists flow.bytes", "unknown field 'flow.bytes' at column 8; did you mean flow.bytes.toserver?" },
        { "xyzzy.plugh", "unknown field 'xyzzy.plugh' at column 1" },
        { "htp", "unknown field 'htp' at column 1; did you mean http?" },
        { "http.status == '5xx'", "http.status is a number; '5xx' is text at column 16; write 500..599" },
        { "http.status == 5xx", "http.status is a number; '5xx' is text at column 16; write 500..599" },
        { "http.status == '200'", "http.status is a number; '200' is text at column 16; write 200 without quotes" },
        { "http.status == -1", "http.status is a number; '-1' is not at column 16; no number here is negative" },
        { "http.status == 1.5", "http.status is a number; '1.5' is not at column 16; as in: http.status in 400..599" },
        { "http.status == OK", "http.status is a number; 'OK' is text at column 16; as in: http.status in 400..599" },
        { "http.status == 99999999999999999999",
            "http.status is a number; '99999999999999999999' is not at column 16; as in: http.status in 400..599" },
        { "http.latency > 5", "http.latency is a duration; '5' is not at column 16; write 5ms, 5s or the like" },
        { "http.latency > 5 ms", "http.latency is a duration; '5' is not at column 16; write 5ms, 5s or the like" },
        { "http.latency > fast",
            "http.latency is a duration; 'fast' is text at column 16; write one such as 5ms, 1.5s or 2m" },
        { "time > 2026-13-01",
            "time is a time; '2026-13-01' is not at column 8; write one such as 2026-01-31 or 2026-01-31T09:00:00Z" },
        { "src.ip == example.com",
            "src.ip is an address; 'example.com' is not at column 11; write one such as 10.0.0.1, 2001:db8::1"
            + " or 10.0.0.0/8" },
        { "src.ip == '10.0.0.1'",
            "src.ip is an address; '10.0.0.1' is text at column 11; write 10.0.0.1 without quotes" },
        { "src.ip == 10.0.0.0/33",
            "src.ip is an address; '10.0.0.0/33' is not at column 11; write one such as 10.0.0.1, 2001:db8::1"
            + " or 10.0.0.0/8" },
        { "partial == maybe", "partial is true or false; 'maybe' is text at column 12; write partial or !partial" },
        { "proto == tpc", "proto has no value named 'tpc' at column 10; did you mean tcp?" },
        { "kind == 3", "kind has no value named '3' at column 9" },
        { "kind == 'http'", "kind is a name at column 9; write http without quotes" },
        { "flow.tcp.state == established2",
            "flow.tcp.state has no value named 'established2' at column 19; did you mean established?" },
        { "http.host < 'a'",
            "< does not suit http.host, which is text at column 11; texts have == != ~ in contains startswith"
            + " endswith like matches" },
        { "http.status contains 5",
            "contains does not suit http.status, which is a number at column 13; numbers have == != < <= > >= in" },
        { "http.status ~ 5",
            "~ does not suit http.status, which is a number at column 13; numbers have == != < <= > >= in" },
        { "kind > http", "> does not suit kind, which is a name at column 6; it has == != in" },
        { "http.host == 'a", "this text is never closed at column 14; end it with '" },
        { "http.host matches /a", "this regular expression is never closed at column 19; end it with /" },
        { "http.host matches 'a'",
            "matches wants a regular expression between slashes at column 19; as in: matches /^a.*b$/" },
        { "http.host matches /(a/", "the parentheses of the regular expression do not match at column 19" },
        { "http.host matches /[b-a]/",
            "the regular expression cannot be read: ReversedCharacterRange at its character 4 at column 19" },
        { "http.host matches /(a)\\1/",
            "the regular expression cannot be read: it needs a feature that could make it slow (look-around,"
            + " back reference) at column 19" },
        { "http.host matches /(?=a)/", "behind (? only : and the options i, m and s are understood at column 19" },
        { "http.host matches /((a{99}){99}){99}/",
            "the regular expressions are too big once their repetitions are written out at column 19; repeat"
            + " with * or +, or with smaller counts" },
        { "http.host == 'a\\q'",
            "no such escape at column 16; escapes are \\\\ \\' \\\" \\n \\r \\t \\0 \\xNN, and \\* \\? in patterns" },
        { "http.host == http.uri",
            "http.uri is a field, and fields are not compared with each other at column 14; write 'http.uri'"
            + " for the text" },
        { "http.host == a..b", "texts have no ranges at column 15; put the text in quotes" },
        { "http.status < 1..2", "a range has no place here at column 16; ranges go behind ==, != and in" },
        { "http.status in 599..500", "this range is empty: it ends before it begins at column 16; write 500..599" },
        { "http.status in (200, 201", "this list is never closed at column 16" },
        { "http.status in (200 201)", "unexpected '201' at column 21; part the values of a list with commas" },
        { "http.status in ()",
            "expected a value for http.status, not ')' at column 17; as in: http.status in 400..599" },
        { "http.status ==",
            "expected a value for http.status, not the end at column 15; as in: http.status in 400..599" },
        { "http.status == 200 http", "unexpected 'http' at column 20; join conditions with 'and' or 'or'" },
        { "(tcp", "this parenthesis is never closed at column 1" },
        { "tcp)", "this parenthesis was never opened at column 4" },
        { "tcp and", "expected a field, not the end at column 8" },
        { "and tcp", "expected a field, not 'and' at column 1" },
        { "tcp & udp", "unexpected '&' at column 5; write && or 'and'" },
        { "proto = tcp", "unexpected '=' at column 7; write ==" },
        { "http.host == \u201ca\u201d", "unexpected '\u201c' at column 14; write straight quotes" },
        { "http.host like *.com", "unexpected '*' at column 16; put the pattern in quotes, behind 'like'" },
        { "http.host not 'a'", "unexpected 'not' at column 11; join conditions with 'and' or 'or'" },
        { "sample.key == 00f",
            "'00f' is not hex at column 15; write octets such as 00ff7a or 00:ff:7a, or a text in quotes" },
        { "tcp \u0007", "unexpected '?' at column 5" },
    };

    [Theory]
    [MemberData(nameof(Problems))]
    public void A_bad_expression_says_what_and_where_and_what_instead(string expression, string problem)
    {
        _ = SampleRecords.Names;
        _ = SampleRecords.Get("sample");
        var parse = FilterExpression.Parse(expression);
        Assert.False(parse.IsOk);
        Assert.Equal(problem, parse.Problem.ToString());
    }

    [Fact]
    public void A_problem_is_shown_with_carets_under_the_fault()
    {
        const string text = "tcp and\thttp.statu == 200";
        Assert.Equal(
            "unknown field 'http.statu' at column 9; did you mean http.status?\n"
            + "  tcp and http.statu == 200\n"
            + "          ^^^^^^^^^^",
            FilterExpression.Parse(text).Problem!.Format(text));
    }

    [Fact]
    public void A_fault_far_to_the_right_is_still_in_sight()
    {
        var text = string.Concat(Enumerable.Repeat("tcp or ", 500)) + "nonsense.field";
        var lines = FilterExpression.Parse(text).Problem!.Format(text).Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.True(lines[1].Length <= 102);
        Assert.Equal("nonsense.field", lines[1].Substring(lines[2].IndexOf('^'), lines[2].Count(sign => sign == '^')));
    }

    [Fact]
    public void Depth_and_length_have_limits()
    {
        var deep = new string('(', FilterExpression.DepthMax) + "tcp" + new string(')', FilterExpression.DepthMax);
        Assert.True(FilterExpression.Parse(deep).IsOk);
        Assert.Equal(
            "more than 64 parentheses inside each other at column 65",
            FilterExpression.Parse("(" + deep + ")").Problem?.ToString());
        Assert.True(FilterExpression.Parse(new string('!', FilterExpression.LengthMax - 3) + "tcp").IsOk);
        Assert.Equal(
            "the expression is 4097 characters long; the most is 4096 at column 4097",
            FilterExpression.Parse(new string('!', FilterExpression.LengthMax - 2) + "tcp").Problem?.ToString());
    }

    [Fact]
    public void A_count_cannot_hide_from_the_budget_of_regular_expressions()
    {
        string[] patterns =
        [
            "(a{1000}){1000}", "(?:(?:a{100}){100}){100}", "([a-[]b)]]a{1000}[a-[]b(]]){1000}", "(?x)(a {1000}) {1000}",
            "([[:]b)]a{1000}[[:]b(]){1000}", @"([\c]b)]a{1000}[\c]b(]){1000}", "(a{1000,}){1000,}", "(a{0,999}){0,999}",
        ];
        Assert.All(patterns, pattern =>
            Assert.False(FilterExpression.Parse($"http.uri matches /{pattern}/").IsOk, pattern));

        // Each alone would fit, together they do not.
        Assert.True(FilterExpression.Parse("http.uri matches /a{600}/").IsOk);
        Assert.False(FilterExpression.Parse("http.uri matches /a{600}/ or http.uri matches /b{600}/").IsOk);
        Assert.True(FilterExpression.Parse(@"http.uri matches /\(?\d{1,3}(\.\d{1,3}){3}[]x-]?(?i:a|b)$/").IsOk);
    }
}
