using System.Text;
using NetSniff.Protocols;
using NetSniff.Protocols.Http1;
using Xunit;

namespace NetSniff.Tests.Protocols.Http1;

/// <summary>Bytes that never came: `#n` after the direction stands for n missing ones, `#?` for nobody knows how many.
/// </summary>
public class Http1GapTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    public static TheoryData<string, string[], string[]> Gaps => new()
    {
        {
            "in a body of known length",
            [$">{Get}", "<HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "<#5", "<cd", $">{Get}", $"<{Ok}"],
            ["!Partial 1.1 GET /a h 200 0/9", "1.1 GET /a h 200 0/2"]
        },
        {
            "the whole of it",
            [$">{Get}", "<HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "<#9", $">{Get}", $"<{Ok}"],
            ["!Partial 1.1 GET /a h 200 0/9", "1.1 GET /a h 200 0/2"]
        },
        {
            "in a request body",
            [">POST /p HTTP/1.1\r\nContent-Length: 9\r\n\r\nab", ">#7", $"<{Ok}", $">{Get}", $"<{Ok}"],
            ["!Partial 1.1 POST /p 200 9/2", "1.1 GET /a h 200 0/2"]
        },
        {
            "beyond the body",
            [$">{Get}", "<HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "<#99", "<tail\r\n\r\nx\r\n" + Ok],
            ["!Partial 1.1 GET /a h 200 0/2", "!Partial 1.1 200 -/2"]
        },
        {
            "beyond the body, one request at a time",
            [
                ">GET /1 HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "<#?",
                ">GET /2 HTTP/1.1\r\n\r\n", ">GET /3 HTTP/1.1\r\n\r\n", $"<{Ok}",
            ],
            ["!Partial 1.1 GET /1 200 0/2", "!Partial 1.1 GET /2 0/-", "1.1 GET /3 200 0/2"]
        },
        {
            "in a chunk",
            [$">{Get}", "<HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab", "<#7", "<\r\n0\r\n\r\n"],
            ["!Partial 1.1 GET /a h 200 0/19"]
        },
        {
            "in the head of a response",
            [$">{Get}", "<HTTP/1.1 200 OK\r\nServer: x\r\nA", "<#10", "<: b\r\n\r\nbody\r\n", $">{Get}", $"<{Ok}"],
            ["!Partial 1.1 GET /a h 200 0/0", "1.1 GET /a h 200 0/2"]
        },
        {
            "in the head of a request",
            [">GET /1 HTTP/1.1\r\nA: b\r\nC", ">#10", ">d\r\n\r\n" + Get, $"<{Ok}{Ok}"],
            ["!Partial 1.1 GET /a h 0/-", "!Partial 1.1 GET /1 200 0/2", "!Partial 1.1 200 -/2"]
        },
        {
            "a whole request, and its answer comes before that is known",
            [
                $">{Get}", $"<{Ok}", $"<{Ok}", ">#50", ">GET /3 HTTP/1.1\r\n\r\n", $"<{Ok}",
                ">GET /4 HTTP/1.1\r\n\r\n", $"<{Ok}",
            ],
            [
                "1.1 GET /a h 200 0/2", "!Partial 1.1 200 -/2", "1.1 GET /3 200 0/2", "1.1 GET /4 200 0/2",
            ]
        },
        {
            "requests, and the next are known before an answer came",
            [
                $">{Get}", $"<{Ok}", ">#150", ">GET /3 HTTP/1.1\r\n\r\nGET /4 HTTP/1.1\r\n\r\n", $"<{Ok}",
                ">GET /5 HTTP/1.1\r\n\r\n", $"<{Ok}",
            ],
            [
                "1.1 GET /a h 200 0/2", "!Partial 1.1 GET /3 0/-", "!Partial 1.1 GET /4 0/-", "!Partial 1.1 200 -/2",
                "1.1 GET /5 200 0/2",
            ]
        },
        {
            "of a client that sends ahead nothing can be told any more",
            [$">{Get}{Get}", $"<{Ok}{Ok}", ">#50", $">{Get}", $"<{Ok}", $">{Get}", $"<{Ok}"],
            [
                "1.1 GET /a h 200 0/2", "1.1 GET /a h 200 0/2", "!Partial 1.1 GET /a h 0/-", "!Partial 1.1 200 -/2",
                "!Partial 1.1 GET /a h 0/-", "!Partial 1.1 200 -/2",
            ]
        },
        {
            "the rest of a body is no request line",
            [
                ">POST /p HTTP/1.1\r\nA: b\r\n", ">#40",
                ">ET /x HTTP/1.1\r\nHttp Body!GET / HTTP/1.1\r\nGET x HTTP/1.1\r\nGET /x y HTTP/1.1\r\n" + Get,
            ],
            ["!Partial 1.1 GET /a h 0/-", "!Partial 1.1 POST /p 0/-"]
        },
        {
            "the rest of a body is no status line, and a status line may follow it at once",
            [$">{Get}", "<#99", "<HTTP/1.1 200 is what we say.\r\nNo more\r\n tail" + Ok],
            ["!Partial 1.1 GET /a h 200 0/2"]
        },
        {
            "what was asked by HEAD has no body",
            [
                $">{Get}", $"<{Ok}", ">#40", $">{Get}", "<HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", $"<{Ok}",
            ],
            [
                "1.1 GET /a h 200 0/2", "!Partial 1.1 GET /a h 0/-", "!Partial 1.1 200 -/0", "!Partial 1.1 200 -/2",
            ]
        },
        { "before the first response", [$">{Get}", "<#100", $"<lost\r\n{Ok}"], ["!Partial 1.1 GET /a h 200 0/2"] },
        {
            "until close",
            [">GET / HTTP/1.0\r\n\r\n", "<HTTP/1.0 200 OK\r\n\r\nab", "<#5", "<cd", "<FIN"],
            ["!Partial 1.0 GET / 200 0/9"]
        },
    };

    [Theory]
    [MemberData(nameof(Gaps))]
    public void Gap(string name, string[] said, string[] expected)
    {
        Assert.NotEmpty(name);
        foreach (var piece in new[] { int.MaxValue, 1, 4 }) Assert.Equal(expected, Play(said, piece));
    }

    [Fact]
    public void Begins_in_the_middle()
    {
        var driver = new StreamDriver(new Http1Parser());
        driver.Context.IsMidstream = true;
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes("rest of a body\r\n" + Ok));
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes("=value; other\r\n\r\n" + Get));
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok));
        driver.End();
        Assert.Equal(["!Partial 1.1 200 -/2", "1.1 GET /a h 200 0/2"], HttpLines.Of(driver.Sink));
    }

    [Fact]
    public void Begins_with_the_answer_to_a_request_for_a_tunnel()
    {
        var driver = new StreamDriver(new Http1Parser());
        driver.Context.IsMidstream = true;
        driver.Say(Direction.ToClient, "HTTP/1.1 200 Connection established\r\n\r\n"u8);
        Assert.Equal(ParseStatus.Upgrade, driver.LastStatus);
        Assert.Equal(["!Partial 1.1 200 -/0"], HttpLines.Of(driver.Sink));
    }

    [Fact]
    public void A_request_while_answers_wait_for_a_hole_is_for_none_of_them()
    {
        var driver = new GapDriver(new Http1Parser());
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(Get), int.MaxValue);
        driver.Lose(Direction.ToServer, 50);
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok), int.MaxValue);
        driver.Context.IsOtherBehind = true;
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(Get), int.MaxValue);
        driver.Context.IsOtherBehind = false;
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok), int.MaxValue);
        Assert.Equal(
            ["1.1 GET /a h 200 0/2", "!Partial 1.1 GET /a h 0/-", "!Partial 1.1 200 -/2"], HttpLines.Of(driver.Sink));
    }

    /// <summary>Held back behind the hole, the request had its answer long before it was read.</summary>
    [Fact]
    public void A_late_request_is_for_no_answer_that_is_to_come()
    {
        var driver = new GapDriver(new Http1Parser());
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(Get), int.MaxValue);
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok + Ok), int.MaxValue);
        var late = driver.Context.NowNanos + 500_000;
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok), int.MaxValue);
        driver.Lose(Direction.ToServer, 50);
        driver.Context.LateNanos = late;
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes("GET /late HTTP/1.1\r\n\r\n"), int.MaxValue);
        driver.Context.LateNanos = 0;
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes("GET /next HTTP/1.1\r\n\r\n"), int.MaxValue);
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok), int.MaxValue);
        Assert.Equal(
            [
                "1.1 GET /a h 200 0/2", "!Partial 1.1 200 -/2", "!Partial 1.1 200 -/2", "!Partial 1.1 GET /late 0/-",
                "1.1 GET /next 200 0/2",
            ],
            HttpLines.Of(driver.Sink));
    }

    /// <summary>Held back behind the hole, too, while the client went on.</summary>
    [Fact]
    public void A_late_answer_is_for_the_last_request_before_it()
    {
        var driver = new GapDriver(new Http1Parser());
        driver.Say(Direction.ToServer, "GET /1 HTTP/1.1\r\n\r\n"u8.ToArray(), int.MaxValue);
        driver.Say(Direction.ToServer, "GET /2 HTTP/1.1\r\n\r\n"u8.ToArray(), int.MaxValue);
        var late = driver.Context.NowNanos + 500_000;
        driver.Say(Direction.ToServer, "GET /3 HTTP/1.1\r\n\r\n"u8.ToArray(), int.MaxValue);
        driver.Lose(Direction.ToClient, 90);
        driver.Context.LateNanos = late;
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok), int.MaxValue);
        driver.Context.LateNanos = 0;
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok), int.MaxValue);
        Assert.Equal(
            ["!Partial 1.1 GET /1 0/-", "1.1 GET /2 200 0/2", "1.1 GET /3 200 0/2"],
            HttpLines.Of(driver.Sink));
    }

    [Fact]
    public void Joined_between_requests_that_were_sent_ahead_and_their_answers()
    {
        var driver = new StreamDriver(new Http1Parser());
        driver.Context.IsMidstream = true;
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(Get));
        driver.Say(Direction.ToServer, Encoding.ASCII.GetBytes(Get));
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(Ok)).End();
        Assert.Equal(
            ["!Partial 1.1 GET /a h 0/-", "!Partial 1.1 GET /a h 0/-", "!Partial 1.1 200 -/2"],
            HttpLines.Of(driver.Sink));
    }

    /// <summary>Nobody waited for an answer between them, so the one that is left may be any request's.</summary>
    [Fact]
    public void The_first_answer_to_requests_that_came_in_one_segment() => Assert.Equal(
        ["!Partial 1.1 GET /1 0/-", "!Partial 1.1 GET /2 0/-", "!Partial 1.1 GET /3 0/-", "!Partial 1.1 200 -/2"],
        Play(
            [">GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n", "<#40", $"<{Ok}"],
            int.MaxValue));

    private static List<string> Play(string[] said, int piece)
    {
        var driver = new GapDriver(new Http1Parser());
        foreach (var line in said)
        {
            var direction = line[0] == '>' ? Direction.ToServer : Direction.ToClient;
            if (line[1] == '#') driver.Lose(direction, line[2] == '?' ? -1 : long.Parse(line.AsSpan(2), null));
            else if (line[1..] == "FIN") driver.Parser.EndDirection(direction, driver.Context);
            else driver.Say(direction, Encoding.Latin1.GetBytes(line[1..]), piece);
        }

        driver.Parser.End(driver.Context);
        return HttpLines.Of(driver.Sink);
    }

    /// <summary>A stream driver that forgets what it holds at a gap, as the pipeline does.</summary>
    private sealed class GapDriver(StreamParser parser)
    {
        private readonly byte[][] _held = [[], []];

        public StreamParser Parser { get; } = parser;

        public NetSniff.Records.RecordSink Sink { get; } = TestRecords.NewSink();

        public ParseContext Context => field ??= new ParseContext(Sink);

        public void Lose(Direction direction, long missing)
        {
            _held[(int)direction] = [];
            Assert.True(Parser.TryResync(direction, missing, Context));
        }

        public void Say(Direction direction, byte[] bytes, int piece)
        {
            for (var from = 0; from < bytes.Length; from += Math.Min(piece, bytes.Length - from))
            {
                Context.NowNanos += 1_000_000;
                byte[] all = [.. _held[(int)direction], .. bytes.AsSpan(from, Math.Min(piece, bytes.Length - from))];
                var result = Parser.Parse(all, direction, Context);
                _held[(int)direction] = all[result.Consumed..];
            }
        }
    }
}
