using System.Text;
using NetSniff.Tests.Protocols.Tls;
using Xunit;
using static NetSniff.Tests.Pipeline.TcpTalk;

namespace NetSniff.Tests.Pipeline;

/// <summary>HTTP where it is hard to find: what the pipeline must not be talked out of.</summary>
public sealed class HttpOverTcpTests
{
    private static ReadOnlySpan<byte> Get => "GET /one HTTP/1.1\r\nHost: a.test\r\n\r\n"u8;

    private static ReadOnlySpan<byte> Answer => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"u8;

    private static readonly byte[] s_change = [20, 3, 3, 0, 1, 1];

    private static uint Asked => 1001 + (uint)Get.Length;

    private static uint Answered => 5001 + (uint)Answer.Length;

    [Theory]
    [InlineData(105_000, true)]
    [InlineData(4_000, true)]
    [InlineData(5_001, false)]
    public void A_reset_counts_in_the_window_only(uint sequence, bool isAnswered)
    {
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, Get)
            .Server(sequence, Rst).Server(5001, Ack, Asked, Answer);
        var line = Assert.Single(talk.Records("http"));
        Assert.Equal(isAnswered, line.Contains("http.status=200", StringComparison.Ordinal));
    }

    /// <summary>Somebody answers the SYN with a reset and a FIN of no place, and the server shakes hands after all.
    /// </summary>
    [Fact]
    public void A_refusal_that_is_taken_back()
    {
        using var talk = new TcpTalk().Client(1000, Syn)
            .Server(0, Rst | Ack, 1001).Server(0, Fin | Ack, 1001).Client(1001, Rst)
            .Server(5000, Syn | Ack, 1001).Client(1001, Ack, 5001)
            .Client(1001, Ack, 5001, Get).Server(5001, Ack, Asked, Answer);
        Assert.Contains("http.uri=/one http.host=a.test http.status=200", Assert.Single(talk.Records("http")),
            StringComparison.Ordinal);
    }

    /// <summary>Its number is that of the first byte, which is none of the FIN's.</summary>
    [Fact]
    public void A_stray_fin_takes_no_byte_of_what_follows()
    {
        using var talk = new TcpTalk().Open().Client(1001, Fin | Ack, 5001).Client(1001, Ack, 5001, Get)
            .Server(5001, Ack, Asked, Answer);
        Assert.Contains("http.method=GET http.uri=/one http.host=a.test http.status=200",
            Assert.Single(talk.Records("http")), StringComparison.Ordinal);
    }

    /// <summary>Joined at the FIN of a server that sends once more behind it: nothing is missing between.</summary>
    [Fact]
    public void What_follows_a_fin_at_the_next_number_leaves_no_gap()
    {
        using var talk = new TcpTalk().Server(5001, Fin | Ack, 1001).Server(5002, Ack, 1001, Answer)
            .Client(1001, Ack, 5002 + (uint)Answer.Length);
        var flow = Assert.Single(talk.Records("flow"));
        Assert.Contains("flow.tcp.gaps.toserver=0 flow.tcp.gaps.toclient=0", flow, StringComparison.Ordinal);
    }

    /// <summary>The IP header says 4,096 bytes more than the frame has, and the frame was not cut.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_syn_with_a_length_that_is_made_up(bool isCut, bool isFound)
    {
        var syn = Hex.Bytes("4500 0028 0000 0000 4006 0000 0a000001 0a000002"
            + "9c40 0050 000003e8 00000000 5002 ffff 0000 0000");
        syn[2] = 0x10;
        if (isCut) syn = [.. syn, .. new byte[4096]];
        using var talk = new TcpTalk().Raw(syn, captured: 40).Server(5000, Syn | Ack, 1001).Client(1001, Ack, 5001)
            .Client(1001, Ack, 5001, Get).Server(5001, Ack, Asked, Answer);
        Assert.Equal(isFound, talk.Records("http").Any(line => line.Contains("/one", StringComparison.Ordinal)));
    }

    [Fact]
    public void Behind_a_socks_greeting()
    {
        ReadOnlySpan<byte> greeting = [4, 1, 0, 80, 192, 0, 2, 1, 0];
        ReadOnlySpan<byte> granted = [0, 90, 0, 80, 192, 0, 2, 1];
        using var talk = new TcpTalk().Open()
            .Client(1001, Ack, 5001, greeting).Server(5001, Ack, 1010, granted)
            .Client(1010, Ack, 5009, Get).Server(5009, Ack, 1010 + (uint)Get.Length, Answer);
        Assert.Contains("http.uri=/one http.host=a.test http.status=200", Assert.Single(talk.Records("http")),
            StringComparison.Ordinal);
    }

    /// <summary>In any two segments, and in one.</summary>
    [Theory]
    [InlineData("50524f58592054435034203139322e302e322e31203139322e302e322e322034303030302038300d0a")]
    [InlineData("0d0a0d0a000d0a515549540a2111000c010203040506070804570050")]
    public void Behind_what_a_load_balancer_says_first(string header)
    {
        byte[] said = [.. Hex.Bytes(header), .. Get];
        for (var cut = 1; cut <= said.Length; cut++)
        {
            using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, said.AsSpan(0, cut));
            if (cut < said.Length) talk.Client(1001 + (uint)cut, Ack, 5001, said.AsSpan(cut));
            talk.Server(5001, Ack, 1001 + (uint)said.Length, Answer);
            Assert.Contains("http http.version=1.1 http.method=GET http.uri=/one http.host=a.test http.status=200",
                Assert.Single(talk.Records("http")), StringComparison.Ordinal);
        }
    }

    /// <summary>As curl asks every server; most answer the request and stay with HTTP/1. Of this answer the head is
    /// lost.</summary>
    [Theory]
    [InlineData("h2c")]
    [InlineData("websocket")]
    public void Behind_a_torn_answer_to_a_wish_for_another_protocol(string wish)
    {
        const int Lost = 40;
        var ask = Encoding.ASCII.GetBytes($"GET /wish HTTP/1.1\r\nHost: a.test\r\nUpgrade: {wish}\r\n\r\n");
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, ask);
        var (asked, answered) = (1001 + (uint)ask.Length, 5001u + Lost);
        talk.Server(answered, Ack, asked, "the rest of a page"u8);
        answered += 18;
        for (var turn = 0; turn < 100; turn++) talk.Client(asked, Ack, answered);
        talk.Client(asked, Ack, answered, Get).Server(answered, Ack, asked + (uint)Get.Length, Answer);
        var lines = talk.Records("http");
        Assert.Contains(lines, line => line.Contains("http.uri=/wish", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.Contains("http.uri=/one", StringComparison.Ordinal)
            && line.Contains("http.status=200", StringComparison.Ordinal));
        Assert.Equal(1, talk.Losses()["protocols: parsers lost their place"]);
    }

    /// <summary>However long the rest of the answer is, it is one turn; but there is an end to turns.</summary>
    [Theory]
    [InlineData(200, 1, true)]
    [InlineData(200, 20, true)]
    [InlineData(1, 100, false)]
    public void Behind_a_torn_answer_and_its_long_rest(int segments, int turns, bool isFound)
    {
        var ask = "GET /wish HTTP/1.1\r\nHost: a.test\r\nUpgrade: h2c\r\n\r\n"u8;
        var rest = "the rest of a page"u8;
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, ask);
        var (asked, answered) = (1001 + (uint)ask.Length, 5001u + 40);
        for (var turn = 0; turn < turns; turn++)
        {
            for (var segment = 0; segment < segments; segment++, answered += (uint)rest.Length)
            {
                talk.Server(answered, Ack, asked, rest);
            }

            for (var round = 0; turn == 0 && round < 100; round++) talk.Client(asked, Ack, answered);
            if (turn + 1 < turns) talk.Client(asked++, Ack, answered, "?"u8);
        }

        talk.Client(asked, Ack, answered, Get).Server(answered, Ack, asked + (uint)Get.Length, Answer);
        Assert.Equal(isFound, talk.Records("http").Any(static line =>
            line.Contains("http.uri=/one http.host=a.test http.status=200", StringComparison.Ordinal)));
        Assert.Equal(isFound ? 0 : 1, talk.Losses().GetValueOrDefault("protocols: connections left after a loss"));
    }

    /// <summary>The client's hello waited for the answer that was lost.</summary>
    [Fact]
    public void Behind_a_lost_answer_to_a_wish_for_a_tunnel()
    {
        const int Lost = 39;
        var ask = "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"u8;
        var builder = new HelloBuilder { Ciphers = [0xc02f] }.Name("a.test");
        var hello = HelloBuilder.Record(22, HelloBuilder.Message(1, builder.Client()));
        var answer = HelloBuilder.Record(
            22, HelloBuilder.Message(2, new HelloBuilder { Ciphers = [0xc02f] }.Server()));
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, ask);
        var (asked, answered) = (1001 + (uint)ask.Length, 5001u + Lost);
        talk.Client(asked, Ack, answered, hello.AsSpan(0, 20)).Client(asked + 20, Ack, answered, hello.AsSpan(20));
        asked += (uint)hello.Length;
        talk.Server(answered, Ack, asked, answer);
        for (var turn = 0; turn < 100; turn++) talk.Client(asked, Ack, answered + (uint)answer.Length);
        talk.Client(asked, Ack, answered + (uint)answer.Length, s_change)
            .Server(answered + (uint)answer.Length, Ack, asked + (uint)s_change.Length, s_change);
        var line = Assert.Single(talk.Records("tls"));
        Assert.StartsWith("tls tls.sni=a.test ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.cipher=49199 ", line, StringComparison.Ordinal);
    }

    /// <summary>What comes before the client's hello may have been another, and the server's wish for a second.
    /// </summary>
    [Theory]
    [InlineData("16030300", true)]
    [InlineData("", false)]
    public void Behind_a_lost_answer_the_client_begins_with_its_hello(string before, bool isPartial)
    {
        const int Lost = 39;
        var ask = "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"u8;
        var hello = HelloBuilder.Record(22, HelloBuilder.Message(
            1, new HelloBuilder { Ciphers = [0xc02f] }.Name("a.test").Client()));
        var answer = HelloBuilder.Record(
            22, HelloBuilder.Message(2, new HelloBuilder { Ciphers = [0xc02f] }.Server()));
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, ask);
        var (asked, answered) = (1001 + (uint)ask.Length, 5001u + Lost);
        talk.Server(answered, Ack, asked, "\r\n"u8);
        answered += 2;
        for (var turn = 0; turn < 100; turn++) talk.Client(asked, Ack, answered);
        var odd = Hex.Bytes(before);
        if (odd.Length > 0) talk.Client(asked, Ack, answered, odd);
        asked += (uint)odd.Length;
        talk.Client(asked, Ack, answered, hello);
        asked += (uint)hello.Length;
        talk.Server(answered, Ack, asked, answer);
        answered += (uint)answer.Length;
        talk.Client(asked, Ack, answered, s_change).Server(answered, Ack, asked + (uint)s_change.Length, s_change);
        var line = Assert.Single(talk.Records("tls"));
        Assert.StartsWith(isPartial ? "tls !Partial tls.sni" : "tls tls.sni", line, StringComparison.Ordinal);
    }

    /// <summary>`HTTP/1.1` and a field behind it are no answer because they begin a segment.</summary>
    [Fact]
    public void A_request_line_with_a_hole_in_it()
    {
        const int Hole = 5;
        var at = Get.IndexOf("HTTP"u8);
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, Get[..(at - Hole)])
            .Client(1001 + (uint)at, Ack, 5001, Get[at..]).Server(5001, Ack, Asked, Answer);
        var line = Assert.Single(talk.Records("http"));
        Assert.Contains("!Partial", line, StringComparison.Ordinal);
        Assert.DoesNotContain("http.method", line, StringComparison.Ordinal);
    }

    /// <summary>Behind a proxy's greeting a segment may begin within a word.</summary>
    [Fact]
    public void Behind_a_socks_greeting_a_method_without_its_beginning_is_none()
    {
        ReadOnlySpan<byte> greeting = [4, 1, 0, 80, 192, 0, 2, 1, 0];
        ReadOnlySpan<byte> granted = [0, 90, 0, 80, 192, 0, 2, 1];
        using var talk = new TcpTalk().Open()
            .Client(1001, Ack, 5001, greeting).Server(5001, Ack, 1010, granted)
            .Client(1010, Ack, 5009, Get[..1]).Client(1011, Ack, 5009, Get[1..]);
        Assert.Empty(talk.Records("http"));
    }

    /// <summary>The parser is shown the head and the end; what lies between is only counted, late pieces too.</summary>
    [Fact]
    public void A_body_in_many_segments_is_as_long_as_it_was()
    {
        const int PieceBytes = 1000;
        const int Pieces = 20;
        var piece = new byte[PieceBytes];
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, Get);
        var head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Pieces * PieceBytes + 2}\r\n\r\nab");
        talk.Server(5001, Ack, Asked, head);
        var at = 5001 + (uint)head.Length;
        foreach (var index in Enumerable.Range(0, Pieces).Select(index => index switch { 7 => 8, 8 => 7, _ => index }))
        {
            talk.Server(at + (uint)(index * PieceBytes), Ack, Asked, piece);
        }

        talk.Server(at + Pieces * PieceBytes, Ack, Asked, Answer);
        Assert.Collection(talk.Records("http"),
            line =>
            {
                Assert.Contains("http.uri=/one ", line, StringComparison.Ordinal);
                Assert.Contains($"http.response.bytes={Pieces * PieceBytes + 2} ", line, StringComparison.Ordinal);
                Assert.DoesNotContain("!Partial", line, StringComparison.Ordinal);
            },
            line => Assert.Contains("http.response.bytes=2 ", line, StringComparison.Ordinal));
    }

    /// <summary>A server of HTTP/2 alone sends its SETTINGS at once; curl tries an upgrade all the same.</summary>
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(7)]
    public void A_request_to_a_server_that_spoke_http2_first(int piece)
    {
        ReadOnlySpan<byte> settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];
        using var talk = new TcpTalk().Open().Server(5001, Ack, 1001, settings);
        var left = Get;
        for (var sequence = 1001u; !left.IsEmpty;)
        {
            var part = left[..Math.Min(piece, left.Length)];
            talk.Client(sequence, Ack, 5016, part);
            sequence += (uint)part.Length;
            left = left[part.Length..];
        }

        talk.Client(Asked, Fin | Ack, 5016).Server(5016, Fin | Ack, Asked + 1);
        var line = Assert.Single(talk.Records("http"));
        Assert.Contains("http.version=1.1 http.method=GET http.uri=/one http.host=a.test", line,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_line_that_the_capture_cut_has_its_answer()
    {
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, Get, captured: 12)
            .Server(5001, Ack, Asked, Answer);
        var line = Assert.Single(talk.Records("http"));
        Assert.Contains("http.method=GET http.uri=/one ", line, StringComparison.Ordinal);
        Assert.Contains("http.status=200", line, StringComparison.Ordinal);
        Assert.Contains("http.problem=cut", line, StringComparison.Ordinal);
    }
}
