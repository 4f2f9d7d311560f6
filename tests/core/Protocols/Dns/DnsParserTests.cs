using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using NetSniff.Records;
using Xunit;

namespace NetSniff.Tests.Protocols.Dns;

public sealed class DnsParserTests
{
    private const int Long = 1000 * 31;

    private static DatagramDriver New() => new(new DnsParser());

    [Fact]
    public void A_question_and_its_answer_are_one_record()
    {
        var driver = New().Ask(DnsBytes.Query(7, "www.example.com"))
            .Reply(DnsBytes.Address(7, "www.example.com"), millis: 20);

        Assert.Equal(
            "dns dns.id=7 dns.opcode=0 dns.has_query=true dns.has_response=true dns.rcode=0 dns.rcode_name=NOERROR "
            + "dns.aa=false dns.tc=false dns.rd=true dns.ra=true dns.ad=false dns.cd=false dns.flags=33152 "
            + "dns.query.flags=256 dns.qname=www.example.com dns.qtype=1 dns.qtype_name=A dns.qclass=1 "
            + "dns.questions.count=1 dns.answers.count=1 dns.authority.count=0 dns.additional.count=0 "
            + "dns.answers.names=[www.example.com] dns.answers.types=[1] dns.answers.ttls=[60] "
            + "dns.answers.data=[192.0.2.7] dns.latency=20000000 dns.retransmitted=false dns.tcp=false dns.cut=false "
            + "dns.exchange=0",
            Assert.Single(driver.Records));
    }

    [Fact]
    public void An_unanswered_question_comes_out_when_its_flow_ends() =>
        Assert.Equal(["7 true false - false"], New().Ask(DnsBytes.Query(7, "a.test")).End().Brief);

    [Fact]
    public void Asked_twice_the_first_is_retransmitted_and_the_second_answered() => Assert.Equal(
        ["7 true false - true", "7 true true 5000000 false"],
        New().Ask(DnsBytes.Query(7, "a.test")).Ask(DnsBytes.Query(7, "a.test"), millis: 1000)
            .Reply(DnsBytes.Address(7, "a.test"), millis: 5).End().Brief);

    [Fact]
    public void Answers_in_another_order_find_their_questions() => Assert.Equal(
        ["2 true true 1000000 false", "1 true true 3000000 false"],
        New().Ask(DnsBytes.Query(1, "a.test")).Ask(DnsBytes.Query(2, "b.test"))
            .Reply(DnsBytes.Address(2, "b.test")).Reply(DnsBytes.Address(1, "a.test")).End().Brief);

    [Fact]
    public void One_number_with_two_names_is_told_apart() => Assert.Equal(
        ["b.test true", "a.test true"],
        New().Ask(DnsBytes.Query(1, "a.test")).Ask(DnsBytes.Query(1, "b.test"))
            .Reply(DnsBytes.Address(1, "b.test")).Reply(DnsBytes.Address(1, "a.test"))
            .Select("dns.qname", "dns.has_query"));

    [Fact]
    public void One_name_with_two_types_is_told_apart() => Assert.Equal(
        ["65 true", "97 true"],
        New().Ask(DnsBytes.Query(1, "a.test", type: 97)).Ask(DnsBytes.Query(1, "a.test", type: 65))
            .Reply(DnsBytes.Answer(1, "a.test", type: 65)).Reply(DnsBytes.Answer(1, "a.test", type: 97))
            .Select("dns.qtype", "dns.has_query"));

    [Fact]
    public void Case_of_the_name_does_not_matter_to_pairing() => Assert.Equal(
        ["1 true true 1000000 false"],
        New().Ask(DnsBytes.Query(1, "wWw.eXAMple.TEST")).Reply(DnsBytes.Address(1, "www.example.test")).Brief);

    [Fact]
    public void An_answer_to_something_else_does_not_take_the_question() => Assert.Equal(
        ["1 false true - -", "1 true false - false"],
        New().Ask(DnsBytes.Query(1, "a.test")).Reply(DnsBytes.Address(1, "evil.test")).End().Brief);

    [Fact]
    public void Exchanges_are_numbered_once_each_also_when_later_ones_end_first() => Assert.Equal(
        ["2 1", "9 2", "3 3", "1 0"],
        New().Ask(DnsBytes.Query(1, "a.test")).Ask(DnsBytes.Query(2, "b.test")).Reply(DnsBytes.Address(2, "b.test"))
            .Reply(DnsBytes.Address(9, "no-question.test")).Ask(DnsBytes.Query(3, "c.test"))
            .Reply(DnsBytes.Address(3, "c.test")).End().Select("dns.id", "dns.exchange"));

    [Theory]
    [InlineData(12)]
    [InlineData(15)]
    [InlineData(23)]
    [InlineData(30)]
    public void A_question_and_an_answer_that_were_cut_are_one_partial_exchange(int kept)
    {
        var driver = New();
        driver.SayCut(Direction.ToServer, DnsBytes.Query(7, "a.test"), kept);
        driver.SayCut(Direction.ToClient, DnsBytes.Address(7, "a.test"), kept);
        Assert.Equal(["7 true true 1000000 false"], driver.End().Brief);
        Assert.StartsWith("dns !Partial dns.id=7 ", Assert.Single(driver.Records), StringComparison.Ordinal);
        Assert.Equal(["true -"], driver.Select("dns.cut", "dns.problem"));
    }

    [Fact]
    public void A_cut_question_takes_nothing_from_a_whole_answer()
    {
        var driver = New();
        driver.SayCut(Direction.ToServer, DnsBytes.Query(7, "a.test"), kept: 13);
        Assert.Equal(["7 true true 1000000 false"], driver.Reply(DnsBytes.Address(7, "a.test")).End().Brief);
        Assert.Equal(["a.test false -"], driver.Select("dns.qname", "dns.cut", "dns.problem"));
    }

    /// <summary>What is wrong before the cut is still the peer's doing.</summary>
    [Fact]
    public void A_cut_answer_that_is_malformed_before_the_cut_is_both()
    {
        byte[][] records = [DnsBytes.Record(1, 60, [1, 2]), DnsBytes.Record(1, 60, [1])];
        var answer = DnsBytes.Answer(7, "a.test", 1, 0x8180, records);
        var driver = New().Ask(DnsBytes.Query(7, "a.test"));
        driver.SayCut(Direction.ToClient, answer, answer.Length - 1);
        Assert.Equal(["true rdata"], driver.Select("dns.cut", "dns.problem"));
    }

    [Fact]
    public void An_error_without_the_question_goes_by_its_number() => Assert.Equal(
        ["FORMERR 0 a.test", "- 1 b.test"],
        New().Ask(DnsBytes.Query(1, "b.test")).Ask(DnsBytes.Query(2, "a.test"))
            .Reply(DnsBytes.Header(2, 0x8181, 0)).End().Select("dns.rcode_name", "dns.questions.count", "dns.qname"));

    [Fact]
    public void An_answer_alone_is_partial()
    {
        var driver = New().Reply(DnsBytes.Address(9, "a.test"));
        Assert.StartsWith("dns !Partial dns.id=9 ", Assert.Single(driver.Records), StringComparison.Ordinal);
        Assert.Equal(["9 false true - -"], driver.Brief);
    }

    [Fact]
    public void Flows_do_not_share_numbers() => Assert.Equal(
        ["1 false true - -", "1 true false - false"],
        New().Ask(DnsBytes.Query(1, "a.test"), flow: 1).Reply(DnsBytes.Address(1, "a.test"), flow: 2)
            .End(1).End(2).Brief);

    [Fact]
    public void An_overdue_question_comes_out_under_its_own_flow()
    {
        var driver = New().Ask(DnsBytes.Query(1, "a.test"), flow: 1)
            .Ask(DnsBytes.Query(2, "b.test"), flow: 2, millis: Long);

        var record = Assert.Single(Headers(driver));
        Assert.Equal((1ul, "10.0.0.1", 1_000_000L), record);
        Assert.Equal(["1 true false - false", "2 true false - false"], driver.End(1).End(2).Brief);
    }

    /// <summary>So a flow says the same whatever others say: those may be on another shard.</summary>
    [Fact]
    public void All_that_is_overdue_is_given_up_by_the_next_message_and_the_count_begins_anew()
    {
        const int Asked = 40;
        DatagramDriver alone = New(), inCompany = New();
        for (ushort id = 1; id <= Asked; id++)
        {
            alone.Ask(DnsBytes.Query(id, "a.test"), flow: 1);
            inCompany.Ask(DnsBytes.Query(id, "a.test"), flow: 1);
        }

        inCompany.Ask(DnsBytes.Query(9, "b.test"), flow: 2, millis: Long);
        Assert.Equal(Asked, inCompany.Records.Count);
        foreach (var driver in (DatagramDriver[])[alone, inCompany])
        {
            driver.Reply(DnsBytes.Address(Asked, "a.test"), flow: 1, millis: Long);
            Assert.Equal($"{Asked} 0", driver.Select("dns.id", "dns.exchange").Last(line => line[..2] == $"{Asked}"));
        }
    }

    [Fact]
    public void Exchanges_of_a_flow_are_numbered() => Assert.Equal(
        ["1 0", "3 1", "2 2", "4 3"],
        New().Ask(DnsBytes.Query(1, "a.test")).Reply(DnsBytes.Address(1, "a.test"))
            .Ask(DnsBytes.Query(3, "a.test")).Ask(DnsBytes.Query(2, "a.test"))
            .Reply(DnsBytes.Address(3, "a.test")).Reply(DnsBytes.Address(2, "a.test"))
            .Reply(DnsBytes.Address(4, "a.test")).Select("dns.id", "dns.exchange"));

    [Fact]
    public void Who_asks_is_the_client_even_against_the_flow()
    {
        var driver = New().Say(Direction.ToClient, DnsBytes.Query(1, "a.test"))
            .Say(Direction.ToServer, DnsBytes.Address(1, "a.test"));
        Assert.Equal([(1ul, "10.0.0.53", 1_000_000L)], Headers(driver));
        Assert.Equal(["1 true true 1000000 false"], driver.Brief);
    }

    [Fact]
    public void Nothing_grows_past_its_limit_and_everything_comes_out()
    {
        var parser = new DnsParser();
        var sink = new RecordSink(1 << 20, new Counter());
        var context = new ParseContext(sink);
        const int Asked = DnsDatagramParser.PendingMax + 1000;
        for (var flow = 1; flow <= Asked; flow++)
        {
            context.FlowId = sink.Context.FlowId = (ulong)flow;
            context.Slot = 0;
            parser.Parse(DnsBytes.Query(flow & 0xFFFF, "a.test"), Direction.ToServer, context);
        }

        Assert.Equal(DnsDatagramParser.PendingMax, parser.Pending);
        Assert.Equal(1000, parser.Evicted);
        Assert.Equal(1000, sink.Emitted);

        // A word of a flow whose question is gone must not give another's away.
        context.FlowId = 1;
        context.Slot = 1;
        parser.EndFlow(context);
        Assert.Equal(DnsDatagramParser.PendingMax, parser.Pending);
    }

    [Fact]
    public void One_number_asked_for_ever_new_names_is_bounded()
    {
        var driver = New();
        for (var name = 0; name < 20; name++) driver.Ask(DnsBytes.Query(1, $"n{name}.test"));

        Assert.Equal(["n0.test", "n1.test", "n2.test", "n3.test"], driver.Select("dns.qname"));
        Assert.Equal(20, driver.End().Records.Count);
    }

    [Fact]
    public void Reset_forgets()
    {
        var parser = new DnsParser();
        var driver = new DatagramDriver(parser).Ask(DnsBytes.Query(1, "a.test"));
        parser.Reset();
        Assert.Equal(0, parser.Pending);
        Assert.Empty(driver.End().Records);
    }

    [Fact]
    public void A_long_question_is_kept_in_part()
    {
        byte[] update =
        [
            .. DnsBytes.Header(1, 0x2800, 1, 0, 40), .. DnsBytes.Question("zone.test", 6),
            .. Enumerable.Repeat(DnsBytes.Record(1, 60, [192, 0, 2, 1]), 40).SelectMany(record => record),
        ];
        Assert.True(update.Length > 512);
        var line = Assert.Single(New().Ask(update).End().Records);
        Assert.StartsWith("dns !Partial", line, StringComparison.Ordinal);
        Assert.Contains("dns.opcode=5", line, StringComparison.Ordinal);
        Assert.Contains("dns.cut=true", line, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exchange_allocates_nothing_once_warm()
    {
        var parser = new DnsParser();
        var sink = new RecordSink(1 << 20, new Counter());
        var context = new ParseContext(sink);
        var query = DnsBytes.Query(1, "www.example.test");
        var answer = DnsBytes.Address(1, "www.example.test");
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var round = 0; round < 1000; round++)
            {
                context.FlowId = sink.Context.FlowId = (ulong)round;
                context.Slot = 0;
                parser.Parse(query, Direction.ToServer, context);
                if (round % 3 != 0) parser.Parse(answer, Direction.ToClient, context);
                parser.EndFlow(context);
            }
        }));
    }

    private static List<(ulong Flow, string Client, long Time)> Headers(DatagramDriver driver)
    {
        var headers = new List<(ulong, string, long)>();
        foreach (var record in new RecordWalker(driver.Context.Records.Bytes))
        {
            headers.Add((record.Header.FlowId, record.Header.Client.ToString(), record.Header.TimeNanos));
        }

        return headers;
    }

    private sealed class Counter : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count) { }
    }
}
