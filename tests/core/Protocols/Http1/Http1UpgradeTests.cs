using System.Text;
using NetSniff.Protocols;
using NetSniff.Protocols.Http1;
using NetSniff.Protocols.WebSocket;
using Xunit;

namespace NetSniff.Tests.Protocols.Http1;

/// <summary>Where HTTP/1 ends: tunnels, 101, the HTTP/2 preface; and where it only seemed to.</summary>
public class Http1UpgradeTests
{
    private const string AskWebSocket = "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    private const string SayWebSocket = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n";

    [Theory]
    [InlineData(AskWebSocket, SayWebSocket, "websocket", "1.1 GET /ws 101 0/0")]
    [InlineData("GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", "HTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n", "http2",
        "1.1 GET / 101 0/0")]
    [InlineData("CONNECT h:1 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", null,
        "1.1 CONNECT h:1 h:1 200 0/0")]
    [InlineData("OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0\r\n\r\n", "HTTP/1.1 101 x\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n",
        null, "1.1 OPTIONS * 101 0/0")]
    public void Hands_over(string asked, string answered, string? to, string record)
    {
        foreach (var piece in new[] { int.MaxValue, 1, 5 })
        {
            var driver = new StreamDriver(new Http1Parser());
            driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(asked), piece);
            driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(answered + "\x81\x02hi"), piece);
            Assert.Equal(ParseStatus.Upgrade, driver.LastStatus);
            Assert.Equal(to, driver.Context.UpgradeTo);
            Assert.Equal([record], HttpLines.Of(driver.Sink));
        }
    }

    [Fact]
    public void What_the_client_lost_while_it_waited_is_passed_on()
    {
        var http = new Http1Parser();
        var driver = new StreamDriver(http);
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(AskWebSocket));
        http.TryResync(Direction.ToServer, missing: 9, driver.Context);
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(SayWebSocket));
        Assert.Equal(ParseStatus.Upgrade, driver.LastStatus);

        IsNoFrame(http, "the rest of a frame"u8);
    }

    [Theory]
    [InlineData("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n")]
    [InlineData("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nCookie: ab")]
    public void A_head_of_which_the_end_is_missing_is_no_frame(string asked)
    {
        var http = new Http1Parser();
        var driver = new StreamDriver(http);
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(asked));
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(SayWebSocket));
        Assert.Equal(ParseStatus.Upgrade, driver.LastStatus);
        var told = Assert.Single(HttpLines.Of(driver.Sink));
        Assert.StartsWith("!Partial 1.1 GET /ws 101", told, StringComparison.Ordinal);

        IsNoFrame(http, "Cookie: ab"u8);
    }

    private static void IsNoFrame(Http1Parser before, ReadOnlySpan<byte> said)
    {
        var next = new StreamDriver(new WebSocketParser());
        next.Parser.Inherit(before, next.Context);
        next.Say(Direction.ToServer, said).End();
        var line = Assert.Single(next.Records);
        Assert.Contains("!Partial", line, StringComparison.Ordinal);
        Assert.Contains("ws.frames=0", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebS")]
    public void An_answer_that_was_lost_is_not_looked_for_in_what_follows(string answered)
    {
        var driver = new StreamDriver(new Http1Parser());
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(AskWebSocket));
        if (answered.Length > 0) driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(answered));
        Assert.False(driver.Parser.TryResync(Direction.ToClient, missing: 99, driver.Context));
        driver.End();
        Assert.StartsWith("!Partial 1.1 GET /ws", Assert.Single(HttpLines.Of(driver.Sink)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_body_with_a_hole_after_a_refusal_goes_on_as_http()
    {
        var driver = new StreamDriver(new Http1Parser());
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(AskWebSocket));
        driver.Say(Direction.ToClient, "HTTP/1.1 404 x\r\nContent-Length: 50\r\n\r\n"u8);
        Assert.True(driver.Parser.TryResync(Direction.ToClient, missing: 50, driver.Context));
        Assert.Equal(["!Partial 1.1 GET /ws 404 0/50"], HttpLines.Of(driver.Sink));
    }

    [Fact]
    public void Client_bytes_wait_for_the_answer()
    {
        var driver = new StreamDriver(new Http1Parser());
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes("CONNECT h:1 HTTP/1.1\r\n\r\nearly"));
        Assert.Equal(ParseStatus.More, driver.LastStatus);
        Assert.Equal(5, driver.Held(Direction.ToServer));
        driver.Say(Direction.ToClient, "HTTP/1.1 200 OK\r\n\r\n"u8);
        Assert.Equal(ParseStatus.Upgrade, driver.LastStatus);
        Assert.Equal(5, driver.Held(Direction.ToServer));
    }

    [Fact]
    public void Refused_goes_on_as_http()
    {
        string[] said =
        [
            ">" + AskWebSocket, "<HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n",
            ">CONNECT h:1 HTTP/1.1\r\n\r\n", "<HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n",
            ">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 204 x\r\n\r\n",
        ];
        Assert.Equal(
            ["1.1 GET /ws 426 0/0", "1.1 CONNECT h:1 h:1 405 0/0", "1.1 GET / 204 0/0"],
            Http1ParserTests.Play(said, int.MaxValue));
    }

    [Fact]
    public void Http_after_the_wish_is_taken_as_http()
    {
        string[] said =
        [
            ">" + AskWebSocket + "GET /next HTTP/1.1\r\n\r\n",
            "<HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
        ];
        Assert.Equal(["1.1 GET /ws 200 0/0", "1.1 GET /next 204 0/0"], Http1ParserTests.Play(said, int.MaxValue));
    }

    [Fact]
    public void Preface_without_the_answer()
    {
        var driver = new StreamDriver(new Http1Parser());
        driver.Say(Direction.ToServer, "GET / HTTP/1.1\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Assert.Equal(ParseStatus.Upgrade, driver.LastStatus);
        Assert.Equal("http2", driver.Context.UpgradeTo);
        Assert.Equal(24, driver.Held(Direction.ToServer));
        Assert.Equal(["1.1 GET / 0/-"], HttpLines.Of(driver.Sink));
    }
}
