using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
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

    [Fact]
    public void A_zone_transfer_is_one_question_and_many_whole_answers()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(5, "zone.test", 252)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "zone.test", 252)));
        driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "zone.test", 252)));
        driver.End();

        Assert.Equal(2, driver.Records.Count);
        Assert.DoesNotContain(driver.Records, line => line.Contains("Partial", StringComparison.Ordinal));
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
