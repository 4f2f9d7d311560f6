using System.Buffers.Text;
using NetSniff.Protocols;
using NetSniff.Protocols.Http2;
using static NetSniff.Tests.Protocols.Http2.Http2Bytes;

namespace NetSniff.Tests.Protocols.Http2;

public sealed class Http2DnsTests
{
    private const Direction ToServer = Direction.ToServer, ToClient = Direction.ToClient;

    // www.a. A, asked, and answered with 192.0.2.1.
    private static readonly byte[] s_query = Hex.Bytes("0000 0100 0001 0000 0000 0000 0377777701610000010001");
    private static readonly byte[] s_answer = Hex.Bytes(
        "0000 8180 0001 0001 0000 0000 0377777701610000010001 c00c 0001 0001 0000003c 0004 c0000201");

    public static TheoryData<int> Pieces => [int.MaxValue, 1, 7];

    [Theory, MemberData(nameof(Pieces))]
    public void A_question_in_a_body_and_its_answer_are_a_dns_exchange(int piece)
    {
        var driver = Post(s_query, s_answer, piece);
        Assert.DoesNotContain("!Partial", driver.Records[0]);
        Assert.Collection(
            driver.Records,
            dns => Has(dns, "dns.qname=www.a ", "dns.answers.data=[192.0.2.1]", "dns.http=true",
                "dns.has_query=true", "dns.has_response=true"),
            http => Has(http, "http.uri=/dns-query", "http.response.bytes=" + s_answer.Length));
    }

    [Fact]
    public void A_question_in_the_path_is_one_too()
    {
        var path = "/dns-query?dns=" + Base64Url.EncodeToString(s_query);
        var driver = Begin().Say(ToServer, Get(1, path))
            .Say(ToClient, Headers(1, false, ":status", "200", "content-type", "application/dns-message"))
            .Say(ToClient, Data(1, true, s_answer));
        Has(driver.Records[0], "dns.qname=www.a ", "dns.has_query=true", "dns.has_response=true");
    }

    [Theory]
    [InlineData("text/plain", 1)]
    [InlineData("application/dns-message", 2)]
    [InlineData("application/dns-message; charset=x", 2)]
    [InlineData("application/dns-messages", 1)]
    public void Only_the_type_makes_it_dns(string type, int records)
    {
        var driver = Begin().Say(ToServer, Get(1, "/q"))
            .Say(ToClient, Headers(1, false, ":status", "200", "content-type", type))
            .Say(ToClient, Data(1, true, s_answer));
        Assert.Equal(records, driver.Records.Count);
    }

    [Fact]
    public void What_is_no_message_is_passed_over()
    {
        Assert.Single(Post([1, 2, 3], "no answer"u8.ToArray()).Records);

        // A question where the answer should be, and the other way round.
        Assert.Single(Post(s_answer, s_query).Records);
    }

    [Fact]
    public void A_long_answer_is_read_as_far_as_it_is_kept()
    {
        byte[] answer = [.. s_answer, .. new byte[2 * DnsBody.BytesMax]];
        Has(Post(s_query, answer).Records[0], "!Partial", "dns.answers.data=[192.0.2.1]");
    }

    [Fact]
    public void Exchanges_of_a_connection_are_numbered()
    {
        var driver = Begin();
        foreach (var stream in new uint[] { 1, 3 })
        {
            driver.Say(ToServer, Get(stream, "/q"))
                .Say(ToClient, Headers(stream, false, ":status", "200", "content-type", "application/dns-message"))
                .Say(ToClient, Data(stream, true, s_answer));
        }

        Has(driver.Records[0], "dns.exchange=0");
        Has(driver.Records[2], "dns.exchange=1");
    }

    [Fact]
    public void Behind_a_loss_nobody_knows_how_many_there_were()
    {
        var driver = Begin();
        Answer(driver, 1);
        // A whole exchange may be in it.
        Assert.True(driver.Parser.TryResync(ToClient, 500, driver.Context));
        Answer(driver, 5);
        Assert.DoesNotContain("!Partial", driver.Records[0]);
        Has(driver.Records[2], "!Partial", "dns.exchange=1", "dns.answers.data=[192.0.2.1]");
        Has(driver.Records[3], "http.stream=5");
    }

    [Fact]
    public void An_exchange_whose_messages_were_both_lost_costs_the_next_ones_their_number()
    {
        var driver = Begin().Say(ToServer, Headers(1, false, ":method", "POST", ":path", "/q", "content-type",
            "application/dns-message"));
        Lose(driver, ToServer, Data(1, true, s_query));
        driver.Say(ToClient, Headers(1, false, ":status", "200", "content-type", "application/dns-message"));
        Lose(driver, ToClient, Data(1, true, s_answer));
        Answer(driver, 3);
        Assert.Collection(
            driver.Records,
            lost => Has(lost, "!Partial", "http.stream=1"),
            dns => Has(dns, "!Partial", "dns.exchange=0", "dns.answers.data=[192.0.2.1]"),
            http => Assert.DoesNotContain("!Partial", http));
    }

    [Fact]
    public void An_exchange_of_which_half_was_lost_still_counts()
    {
        var driver = Begin().Say(ToServer, Headers(1, false, ":method", "POST", ":path", "/q", "content-type",
            "application/dns-message"));
        Lose(driver, ToServer, Data(1, true, s_query));
        driver.Say(ToClient, Headers(1, false, ":status", "200", "content-type", "application/dns-message"))
            .Say(ToClient, Data(1, true, s_answer));
        Answer(driver, 3);
        Has(driver.Records[0], "!Partial", "dns.exchange=0", "dns.has_query=false");
        Has(driver.Records[2], "dns.exchange=1");
        Assert.DoesNotContain("!Partial", driver.Records[2]);
    }

    /// <summary>The head of a frame is seen, and its payload is not.</summary>
    private static void Lose(StreamDriver driver, Direction direction, byte[] frame)
    {
        driver.Say(direction, frame.AsSpan(0, Http2FrameHeader.Size));
        Assert.True(driver.Parser.TryResync(direction, frame.Length - Http2FrameHeader.Size, driver.Context));
    }

    private static void Answer(StreamDriver driver, uint stream) => driver
        .Say(ToServer, Get(stream, "/q?dns=" + Base64Url.EncodeToString(s_query)))
        .Say(ToClient, Headers(stream, false, ":status", "200", "content-type", "application/dns-message"))
        .Say(ToClient, Data(stream, true, s_answer));

    private static StreamDriver Post(byte[] query, byte[] answer, int piece = int.MaxValue) =>
        Begin(piece).Say(ToServer, Headers(1, false, ":method", "POST", ":path", "/dns-query", "content-type",
                "application/dns-message"), piece)
            .Say(ToServer, Data(1, true, query), piece)
            .Say(ToClient, Headers(1, false, ":status", "200", "content-type", "application/dns-message"), piece)
            .Say(ToClient, Data(1, true, answer), piece);

    private static StreamDriver Begin(int piece = int.MaxValue) =>
        new StreamDriver(new Http2Parser()).Say(ToServer, Preface, piece).Say(ToClient, Settings, piece);

    private static void Has(string record, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, record, StringComparison.Ordinal));
}
