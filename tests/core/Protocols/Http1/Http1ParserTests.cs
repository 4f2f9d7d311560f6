using System.Text;
using NetSniff.Protocols;
using NetSniff.Protocols.Http1;
using Xunit;

namespace NetSniff.Tests.Protocols.Http1;

/// <summary>Conversations as lines: `>` the client says, `&lt;` the server says, `\` stands for escapes; the records
/// come out the same however the bytes are cut.</summary>
public class Http1ParserTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    public static TheoryData<string, string[], string[]> Conversations => new()
    {
        { "get", [$">{Get}", $"<{Ok}"], ["1.1 GET /a h 200 0/2"] },
        { "keep-alive", [$">{Get}", $"<{Ok}", $">{Get}", $"<{Ok}"], ["1.1 GET /a h 200 0/2", "1.1 GET /a h 200 0/2"] },
        {
            "pipelined",
            [">GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", "<HTTP/1.1 204 No Content\r\n\r\n" + Ok],
            ["1.1 GET /1 204 0/0", "1.1 GET /2 200 0/2"]
        },
        {
            "post, empty line before the next",
            [">POST /p HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\r\n" + Get, $"<{Ok}{Ok}"],
            ["1.1 POST /p 200 3/2", "1.1 GET /a h 200 0/2"]
        },
        {
            "chunked both ways, extension and trailer",
            [
                ">PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
                "<HTTP/1.1 201 Created\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + "HTTP/1.1 200 OK\r\n"
                + "Content-Length: 0\r\n\r\n",
                $">{Get}",
            ],
            ["1.1 PUT /c 201 38/11", "!Partial 1.1 200 -/0", "!Partial 1.1 GET /a h 0/-"]
        },
        {
            "100-continue", [
                ">POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
                "<HTTP/1.1 100 Continue\r\n\r\n", ">x", $"<{Ok}"
            ],
            ["1.1 POST /p 200 1/2 interim=[100]"]
        },
        {
            "head, not modified", [
                ">HEAD /h HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                $">{Get}", "<HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", $">{Get}", $"<{Ok}"
            ],
            ["1.1 HEAD /h 200 0/0", "1.1 GET /a h 304 0/0", "1.1 GET /a h 200 0/2"]
        },
        {
            "until close", [">GET / HTTP/1.0\r\n\r\n", "<HTTP/1.0 200 OK\r\n\r\nall of it", "<FIN"],
            ["1.0 GET / 200 0/9"]
        },
        {
            "until the capture ends", [">GET / HTTP/1.0\r\n\r\n", "<HTTP/1.0 200 OK\r\n\r\nsome"],
            ["!Partial 1.0 GET / 200 0/4"]
        },
        { "body cut", [$">{Get}", "<HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"], ["!Partial 1.1 GET /a h 200 0/2"] },
        { "no response", [$">{Get}"], ["!Partial 1.1 GET /a h 0/-"] },
        { "no response, both closed", [$">{Get}", ">FIN", "<FIN"], ["1.1 GET /a h 0/-"] },
        { "no request", [$"<{Ok}"], ["!Partial 1.1 200 -/2"] },
        {
            "line feeds alone", [">GET /l HTTP/1.1\nHost: h\n\n", "<HTTP/1.1 200 OK\nContent-Length: 1\n\nx"],
            ["1.1 GET /l h 200 0/1"]
        },
        {
            "absolute form", [">GET http://u@h:8/p?q HTTP/1.1\r\n\r\n", $"<{Ok}"],
            ["1.1 GET http://u@h:8/p?q u@h:8 200 0/2"]
        },
        {
            "lower case, no reason", [">get / http/1.1\r\nhOST:h\r\n\r\n", "<http/1.1 200\r\ncontent-LENGTH:2\r\n\r\nhi"],
            ["1.1 get / h 200 0/2"]
        },
        {
            "early refusal", [
                ">POST /p HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc", "<HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n",
                ">def"
            ],
            ["1.1 POST /p 413 6/0"]
        },
        { "0.9", [">GET /old\r\n", "<<html>", "<FIN"], ["0.9 GET /old 0/6"] },
        {
            "no version but fields", [">GET /x\r\nHost: h\r\n\r\n", "<plain", "<FIN"],
            ["0.9 GET /x h 0/5"]
        },
    };

    public static TheoryData<string, string[], string[]> Broken => new()
    {
        {
            "folded field", [">GET / HTTP/1.1\r\nHost:\r\n  h\r\n\r\n", $"<{Ok}"],
            ["1.1 GET / h 200 0/2"]
        },
        {
            "space before the colon", [">GET / HTTP/1.1\r\nHost : h\r\n\r\n", $"<{Ok}"],
            ["!Malformed 1.1 GET / h 200 0/2 header-line"]
        },
        {
            "lengths that differ",
            [">POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nx" + Get, $"<{Ok}{Ok}"],
            ["!Malformed 1.1 POST / 200 1/2 length-conflict", "1.1 GET /a h 200 0/2"]
        },
        {
            "lengths that agree", [">POST / HTTP/1.1\r\nContent-Length: 1, 1\r\nContent-Length: 1\r\n\r\nx", $"<{Ok}"],
            ["1.1 POST / 200 1/2"]
        },
        {
            "length and coding", [
                ">POST / HTTP/1.1\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Get, $"<{Ok}{Ok}"
            ],
            ["!Malformed 1.1 POST / 200 5/2 length-conflict", "1.1 GET /a h 200 0/2"]
        },
        {
            "bad length", [$">{Get}", "<HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi", "<FIN"],
            ["!Malformed 1.1 GET /a h 200 0/2 content-length"]
        },
        {
            "huge chunk",
            [">POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc", $"<{Ok}"],
            ["!Malformed 1.1 POST / 200 16/2 chunk-size"]
        },
        {
            "not a chunk", [$">{Get}", "<HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello", "<FIN"],
            ["!Malformed 1.1 GET /a h 200 0/0 chunk-size"]
        },
        {
            "junk, then a request", [">\x01\x02\x03\r\nmore\r\n" + Get, $"<{Ok}"],
            ["!Malformed \x01\x02\x03 0/- request-line", "1.1 GET /a h 200 0/2"]
        },
        {
            "method that is no token", [">\xDD\x01 GET /t HTTP/1.1\r\nHost: h\r\n\r\n", $"<{Ok}"],
            ["!Malformed 1.1 \xDD\x01 GET /t h 0/- request-line", "!Partial 1.1 200 -/2"]
        },
        {
            "damaged version", [">GET /one HXXX/1.1\r\nHost: h\r\n\r\n", $"<{Ok}"],
            ["!Malformed GET /one h 200 0/2 request-line"]
        },
        {
            "space in the target", [">GET /a b HTTP/1.1\r\n\r\n", $"<{Ok}"],
            ["1.1 GET /a b 200 0/2"]
        },
        {
            "no status", [$">{Get}", "<HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"],
            ["!Malformed 1.1 GET /a h 0/2 status-line"]
        },
        { "long status", [$">{Get}", "<HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nhi"],
            ["!Malformed 1.1 GET /a h 0/2 status-line"] },
        { "blanks before the status line", [$">{Get}", "< \r\n\r" + Ok], ["1.1 GET /a h 200 0/2"] },
        {
            "other protocol answers", [$">{Get}", "<SSH-2.0-x\r\n", "<FIN"],
            ["!Partial, Malformed 1.1 GET /a h 0/- status-line"]
        },
        {
            "no colon", [">GET / HTTP/1.1\r\nnonsense\r\nHost: h\r\n\r\n", $"<{Ok}"],
            ["!Malformed 1.1 GET / h 200 0/2 header-line"]
        },
        { "request line never ends", [">GET /slow?x HTT"], ["!Partial GET /slow?x 0/- cut"] },
        { "head never ends", [">GET /slow HTTP/1.1\r\nA: b\r\nC"], ["!Partial 1.1 GET /slow 0/-"] },
    };

    [Theory]
    [MemberData(nameof(Conversations))]
    [MemberData(nameof(Broken))]
    public void Conversation(string name, string[] said, string[] expected)
    {
        Assert.NotEmpty(name);
        foreach (var piece in new[] { int.MaxValue, 1, 2, 3, 7, 16 })
        {
            Assert.Equal(expected, Play(said, piece));
        }
    }

    internal static List<string> Play(string[] said, int piece)
    {
        var driver = new StreamDriver(new Http1Parser());
        foreach (var line in said)
        {
            var direction = line[0] == '>' ? Direction.ToServer : Direction.ToClient;
            if (line[1..] == "FIN") driver.Parser.EndDirection(direction, driver.Context);
            else driver.Say(direction, Encoding.Latin1.GetBytes(line[1..]), piece);
        }

        driver.End();
        return HttpLines.Of(driver.Sink);
    }
}
