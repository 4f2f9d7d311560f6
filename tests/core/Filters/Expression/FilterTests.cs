using NetSniff.Filters.Expression;
using NetSniff.Records;
using Xunit;

namespace NetSniff.Tests.Filters.Expression;

public class FilterTests
{
    /// <summary>Expression, and which records of <see cref="SampleRecords"/> it matches.</summary>
    public static TheoryData<string, string> Expressions => new()
    {
        { "", "http request flow ping sample blank" },
        { "true", "http request flow ping sample blank" },
        { "false", "" },

        // Numbers.
        { "http.status == 404", "http" },
        { "http.status = = 404 or true", "?" },
        { "http.status != 200", "http" },
        { "!(http.status == 200)", "http request flow ping sample blank" },
        { "http.status == 400..499", "http" },
        { "http.status in 400..499", "http" },
        { "http.status in (200, 301..304, 404)", "http" },
        { "http.status in {200, 204}", "" },
        { "http.status not in (200, 204)", "http" },
        { "http.status != 400..499", "" },
        { "http.status < 404", "" },
        { "http.status <= 404", "http" },
        { "http.status > 403 && http.status >= 404", "http" },
        { "http.response.bytes == 1.5Ki", "http" },
        { "http.response.bytes >= 0x600", "http" },
        { "flow.bytes.toclient == 1M", "flow" },
        { "flow.bytes.toserver == 2Ki", "flow" },
        { "sample.count > 18446744073709551614", "sample" },
        { "sample.count > 18446744073709551615", "" },
        { "sample.count < 0", "" },
        { "sample.codes == 5", "sample" },
        { "sample.codes != 5", "" },
        { "sample.codes != 6", "sample" },
        { "sample.codes > 299", "sample" },
        { "http.interim == 103", "http" },

        // Presence.
        { "exists http.status", "http" },
        { "http.status", "http" },
        { "not exists http.status", "request flow ping sample blank" },
        { "exists sample.up", "sample" },
        { "sample.up", "" },
        { "sample.up == false", "sample" },
        { "!sample.up", "http request flow ping sample blank" },
        { "exists sample.peer", "sample" },
        { "vlan", "http request" },
        { "tunnel", "flow" },
        { "app", "http request flow" },

        // Durations and times.
        { "http.latency == 5ms", "http" },
        { "http.latency < 5000.001us", "http" },
        { "flow.duration == 1.5s", "flow" },
        { "flow.duration in 1s..2s", "flow" },
        { "flow.duration < 1m30s", "flow ping" },
        { "sample.delay == -2ms", "sample" },
        { "sample.delay < 0", "sample" },
        { "time == 2026-01-31T09:00:00Z", "http flow ping sample" },
        { "time > 2026-01-31T09:00:00Z", "request" },
        { "time == 2026-01-31T10:00:00.000000001+01:00", "request" },
        { "time in 2026-01-31..2026-02-01", "http request flow ping sample" },
        { "sample.when == 2026-01-31t09:00:00.000000001z", "sample" },
        { "time < 1970-01-02", "blank" },
    };

    public static TheoryData<string, string> TextExpressions => new()
    {
        { "http.method == 'GET'", "http" },
        { "http.method == GET", "http" },
        { "http.method == get", "" },
        { "http.method ~ get", "http" },
        { "http.method != 'GET'", "request" },
        { "http.method in ('PUT', \"POST\")", "request" },
        { "http.host == 'shop.Example.com'", "http" },
        { "http.host endswith example.com", "" },
        { "http.host iendswith example.com", "http" },
        { "http.uri startswith /api/", "http" },
        { "http.uri startswith '/API/'", "" },
        { "http.uri istartswith '/API/'", "http" },
        { "http.uri contains 'cart?id='", "http" },
        { "http.uri icontains 'CART'", "http" },
        { "http.uri contains ''", "http request" },
        { "http.uri like '/api/*?id=4?'", "http" },
        { "http.uri like '/api/*id'", "" },
        { "http.uri ilike '*/CART*'", "http" },
        { "http.uri like '*'", "http request" },
        { "http.uri matches /^\\/api\\/v\\d/", "http" },
        { "http.uri matches /^\\/API/", "" },
        { "http.uri imatches /^\\/API/", "http" },
        { "http.request.headers icontains 'x-forwarded-for: 203.'", "http" },
        { "http.request.headers startswith 'X-'", "http" },
        { "http.request.headers != 'nothing'", "http" },
        { "sample.tags == red", "sample" },
        { "sample.tags == 'grün'", "sample" },
        { "sample.tags == 'gr\\xc3\\xbcn'", "sample" },
        { "sample.tags != red", "" },
        { "sample.tags matches /^gr..n$/", "sample" },
        { "sample.tags matches /^gr\\xc3\\xbcn$/", "sample" },
        { "sample.name startswith 'it\\'s \"a\"'", "sample" },
        { "sample.name contains \"'s \\\"a\\\"\\\\b\\n\"", "sample" },
        { "sample.name endswith '*?\\xff'", "sample" },
        { "sample.name like '*\\*\\??'", "sample" },
        { "sample.name like '*a\\*'", "" },
        { "sample.key == 00ff7a3a", "sample" },
        { "sample.key == 00:FF:7a:3a", "sample" },
        { "sample.key == 0x00ff7a3a", "sample" },
        { "sample.key startswith '\\0\\xff'", "sample" },
        { "sample.key contains ff7a", "sample" },
        { "sample.key matches /\\xff[x-z]:$/", "sample" },
    };

    public static TheoryData<string, string> HeaderExpressions => new()
    {
        { "src.ip == 10.1.2.3", "http request flow" },
        { "src.ip in 10.0.0.0/8", "http request flow" },
        { "src.ip in 10.1.2.9/30", "" },
        { "dst.ip == 192.0.2.0/24", "http request flow" },
        { "src.ip != 10.0.0.0/8", "ping sample blank" },
        { "ip == 192.0.2.80", "http request flow" },
        { "ip == 10.1.2.3 and ip == 192.0.2.80", "http request flow" },
        { "ip != 10.1.2.3", "ping sample blank" },
        { "ip in (10.1.2.3, 2001:db8::ff)", "http request flow ping sample" },
        { "src.ip in 2001:db8::/32", "ping sample" },
        { "src.ip in 0.0.0.0/0", "http request flow" },
        { "src.ip in ::/0", "ping sample blank" },
        { "src.ip == ::ffff:10.1.2.3", "http request flow" },
        { "src.ip == 10.1.2.1..10.1.2.4", "http request flow" },
        { "sample.peer == 0.0.0.0", "sample" },
        { "sample.peer in ::/0", "" },
        { "port == 80", "http request flow" },
        { "port == 50123", "http request flow" },
        { "port == 128", "" },
        { "port != 80", "" },
        { "src.port > 1023 && dst.port in (80, 443)", "http request flow" },
        { "proto == tcp", "http request flow" },
        { "proto == 58", "ping sample" },
        { "proto in (icmp, icmp6)", "ping sample" },
        { "kind == http", "http request" },
        { "kind in (flow, sample)", "flow ping sample blank" },
        { "http", "http request" },
        { "FLOW", "flow ping" },
        { "tcp", "http request flow" },
        { "app == sample-app", "http request flow" },
        { "sample-app || icmp6", "http request flow ping sample" },
        { "vlan == 7", "http request" },
        { "vlan != 7", "" },
        { "vlan in (120, 1)", "http request" },
        { "tunnel == VXLAN && tunnel.id == 4096", "flow" },
        { "flow.id == 7", "http request flow" },
        { "interface == 2", "http request flow" },
        { "partial", "request" },
        { "malformed == true", "ping" },
        { "!partial and not malformed", "http flow sample blank" },
        { "flow.tcp.state == closed", "flow" },
        { "flow.end in (idle, reset)", "ping" },
        { "flow.end == FINISHED", "flow" },
    };

    public static TheoryData<string, string> Precedence => new()
    {
        { "kind == flow or kind == http and http.status == 404", "http flow ping" },
        { "(kind == flow or kind == http) and http.status == 404", "http" },
        { "not kind == flow and port == 80", "http request" },
        { "!(kind == flow and port == 80)", "http request ping sample blank" },
        { "!!partial", "request" },
        { "not not not partial", "http flow ping sample blank" },
        { "true and false or true", "http request flow ping sample blank" },
        { "true or true and false", "http request flow ping sample blank" },
        { "((((((partial))))))", "request" },
        { "kind==http&&(http.status==404||partial)", "http request" },
        { "KIND == http", "?" },
        { "kind == HTTP AND NOT partial", "http" },
    };

    [Theory]
    [MemberData(nameof(Expressions))]
    [MemberData(nameof(TextExpressions))]
    [MemberData(nameof(HeaderExpressions))]
    [MemberData(nameof(Precedence))]
    public void An_expression_matches_these_records(string expression, string expected)
    {
        var parse = FilterExpression.Parse(expression, FieldCatalog.Shared, OriginBook.None);
        if (expected == "?")
        {
            Assert.False(parse.IsOk);
            return;
        }

        Assert.True(parse.IsOk, parse.Problem?.Format(expression));
        Assert.Equal(expected, Matched(parse.Filter!));

        // What it prints means the same.
        var again = FilterExpression.Parse(parse.Filter!.ToString(), FieldCatalog.Shared, OriginBook.None);
        Assert.True(again.IsOk, again.Problem?.Format(parse.Filter.ToString()));
        Assert.Equal(expected, Matched(again.Filter!));
        Assert.Equal(parse.Filter.ToString(), again.Filter!.ToString());
    }

    [Fact]
    public void A_kind_registered_after_the_filter_was_read_is_learnt_when_met()
    {
        var filter = FilterExpression.Parse("flow.id == 9 and not late.number == 1").Filter;
        Assert.Null(filter); // late.number is nobody's field yet

        filter = FilterExpression.Parse("flow.id == 9").Filter!;
        var sink = TestRecords.NewSink();
        sink.Context.FlowId = 9;
        sink.Emit(new LateRecord(), 0);
        foreach (var record in new RecordWalker(sink.Bytes)) Assert.True(filter.Matches(record));
        filter = FilterExpression.Parse("late.number == 1 and kind == late").Filter!;
        foreach (var record in new RecordWalker(sink.Bytes)) Assert.True(filter.Matches(record));
        Assert.Equal("", Matched(filter));
    }

    [Fact]
    public void A_match_allocates_nothing()
    {
        _ = SampleRecords.Get("sample");
        var filter = FilterExpression.Parse("""
            (ip in (10.0.0.0/8, 2001:db8::/32) or port == 80) and not (http.status in (200, 500..599))
            and (http.uri imatches /cart|basket/ or http.request.headers like '*X-*' or sample.codes != 7
            or flow.duration > 1s or http.host icontains 'EXAMPLE' or time > 2026-01-01 or exists sample.name
            or http.method ~ 'post')
            """).Filter!;
        Matched(filter);
        var matches = 0;
        Assert.Equal(0, Allocations.Least(() =>
        {
            matches = 0;
            for (var round = 0; round < 100; round++)
            {
                foreach (var name in SampleRecords.Names) matches += filter.Matches(SampleRecords.Get(name)) ? 1 : 0;
            }
        }));
        Assert.Equal(500, matches);
    }

    [Fact]
    public void Blank_text_is_the_filter_that_need_not_be_asked()
    {
        Assert.True(FilterExpression.Parse(" \t\n").Filter!.IsAlways);
        Assert.False(FilterExpression.Parse("tcp").Filter!.IsAlways);
    }

    internal static string Matched(Filter filter) =>
        string.Join(' ', SampleRecords.Names.Where(name => filter.Matches(SampleRecords.Get(name))));

    private readonly struct LateRecord : IRecord
    {
        public static RecordInfo Info { get; } = new("late", "Registered late.");

        public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct =>
            visitor.Number("late.number", "A number", 1);
    }
}
