using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using NetSniff.Records;
using Xunit;

namespace NetSniff.Tests.Protocols.Dns;

public sealed class DnsStreamParserTests
{
    private static readonly byte[] s_queries =
        [.. DnsBytes.Framed(DnsBytes.Query(1, "a.test")), .. DnsBytes.Framed(DnsBytes.Query(2, "b.test", 28))];

    private static readonly byte[] s_answers =
        [.. DnsBytes.Framed(DnsBytes.Answer(2, "b.test", 28)), .. DnsBytes.Framed(DnsBytes.Address(1, "a.test"))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(19)]
    [InlineData(4096)]
    public void Pipelined_messages_pair_however_they_are_cut(int piece)
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, s_queries, piece).Say(Direction.ToClient, s_answers, piece).End();

        Assert.Collection(
            driver.Records,
            line => Assert.Matches("dns.id=2 .*has_query=true .*has_response=true .*qname=b.test .*tcp=true", line),
            line => Assert.Matches("dns.id=1 .*has_query=true .*has_response=true .*192.0.2.7.*tcp=true", line));
    }

    /// <summary>RFC 5936 section 2.2: only the first message must have the question.</summary>
    [Theory]
    [InlineData(252, "AXFR")]
    [InlineData(251, "IXFR")]
    public void The_messages_of_a_zone_transfer_are_one_exchange(int type, string name)
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(5, "zone.test", type)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "zone.test", type)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(Continuation(5)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "zone.test", type)));
        driver.End();

        Assert.Equal(
            Enumerable.Range(0, 3).Select(message => $"zone.test {name} true true 0 {message}"), Transfers(driver));
        Assert.DoesNotContain(driver.Records, line => line.Contains("Partial", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_zone_transfers_that_interleave_are_told_apart()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(5, "a.test", 252)));
        driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(6, "b.test", 252)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(6, "b.test", 252)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "a.test", 252)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(Continuation(6)));
        driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(7, "c.test")));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Address(7, "c.test")));
        driver.Say(Direction.ToClient, DnsBytes.Framed(Continuation(5)));
        driver.End();

        Assert.Equal(
            [
                "b.test AXFR true true 1 0", "a.test AXFR true true 0 0", "b.test AXFR true true 1 1",
                "c.test A true true 2 -", "a.test AXFR true true 0 1",
            ],
            Transfers(driver));
        Assert.DoesNotContain(driver.Records, line => line.Contains("Partial", StringComparison.Ordinal));
    }

    [Fact]
    public void A_zone_asked_for_again_is_another_exchange_and_none_is_told_as_unanswered()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        for (var turn = 0; turn < 3; turn++)
        {
            driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(5, "zone.test", 252)));
            driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "zone.test", 252)));
        }

        driver.End();
        Assert.Equal(
            Enumerable.Range(0, 3).Select(turn => $"zone.test AXFR true true {turn} 0"), Transfers(driver));
    }

    [Fact]
    public void More_zones_than_questions_may_wait_leave_no_unanswered_one()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        for (var id = 1; id <= 2 * DnsStreamParser.PendingMax; id++)
        {
            driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(id, $"z{id}.test", 252)));
            driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(id, $"z{id}.test", 252)));
        }

        driver.End();
        Assert.Equal(2 * DnsStreamParser.PendingMax, driver.Records.Count);
        Assert.DoesNotContain(driver.Records, line => line.Contains("has_response=false", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_a_zone_transfer_with_a_hole_the_rest_is_partial()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(5, "zone.test", 252)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "zone.test", 252)));
        Assert.True(driver.Parser.TryResync(Direction.ToClient, 100, driver.Context));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "zone.test", 252)));
        driver.End();

        Assert.Collection(
            driver.Records,
            line => Assert.StartsWith("dns dns.id=5 ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("dns !Partial dns.id=5 ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_zone_transfer_goes_on_as_long_as_it_says_something()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(5, "zone.test", 252)));
        for (var message = 0; message < 5; message++)
        {
            driver.Context.NowNanos += DnsPairing.AnswerWaitNanos - 10_000_000;
            driver.Say(Direction.ToClient, DnsBytes.Framed(message == 0
                ? DnsBytes.Answer(5, "zone.test", 252)
                : Continuation(5)));
        }

        driver.End();
        Assert.Equal(
            Enumerable.Range(0, 5).Select(message => $"zone.test AXFR true true 0 {message}"), Transfers(driver));
    }

    /// <summary>A message of a transfer without its question.</summary>
    private static byte[] Continuation(int id) =>
    [
        .. DnsBytes.Header(id, 0x8400, 0, answers: 1), .. DnsBytes.Name("host.zone.test"), 0, 1, 0, 1, 0, 0, 0, 60,
        0, 4, 192, 0, 2, 7,
    ];

    private static List<string> Transfers(StreamDriver driver)
    {
        var lines = new List<string>();
        foreach (var record in new RecordWalker(driver.Sink.Bytes))
        {
            var cells = new List<string>();
            foreach (var name in (string[])["dns.qname", "dns.qtype_name", "dns.has_query", "dns.has_response",
                "dns.exchange", "dns.transfer.message"])
            {
                cells.Add(record.TryGet(name, out var value) ? TestRecords.Show(value) : "-");
            }

            lines.Add(string.Join(' ', cells));
        }

        return lines;
    }

    [Fact]
    public void After_lost_bytes_it_goes_on_at_a_message()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, s_queries);
        Assert.True(driver.Parser.TryResync(Direction.ToClient, 100, driver.Context));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Address(1, "a.test")), piece: 3).End();

        Assert.Collection(
            driver.Records,
            line => Assert.StartsWith("dns dns.id=1 ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("dns !Partial dns.id=2 ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void After_lost_bytes_anything_else_ends_it()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, s_queries);
        driver.Parser.TryResync(Direction.ToServer, 100, driver.Context);
        driver.Say(Direction.ToServer, "this is not a message, whatever it is"u8);
        Assert.Equal(ParseStatus.Broken, driver.LastStatus);
    }

    [Fact]
    public void A_message_shorter_than_its_header_ends_it()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, Hex.Bytes("0003 010203"));
        Assert.Equal(ParseStatus.Broken, driver.LastStatus);
        Assert.Empty(driver.Records);
    }

    [Fact]
    public void Reset_leaves_no_trace()
    {
        var parser = new DnsStreamParser();
        new StreamDriver(parser).Say(Direction.ToServer, s_queries);
        parser.Reset();
        var second = new StreamDriver(parser);
        second.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Address(1, "a.test"))).End();
        Assert.Contains("has_query=false", Assert.Single(second.Records), StringComparison.Ordinal);
    }

    [Fact]
    public void More_questions_than_may_wait_come_out_unanswered()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        for (var id = 0; id < DnsStreamParser.PendingMax + 2; id++)
        {
            driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(id, "a.test")));
        }

        Assert.Equal(2, driver.Records.Count);
        Assert.Equal(DnsStreamParser.PendingMax + 2, driver.End().Records.Count);
    }
}
