using NetSniff.Protocols;
using NetSniff.Protocols.Http2;
using static NetSniff.Tests.Protocols.Http2.Http2Bytes;

namespace NetSniff.Tests.Protocols.Http2;

public sealed class Http2ParserTests
{
    private const Direction ToServer = Direction.ToServer, ToClient = Direction.ToClient;

    public static TheoryData<int> Pieces => [int.MaxValue, 1, 3, 10];

    [Theory, MemberData(nameof(Pieces))]
    public void A_stream_is_an_exchange(int piece)
    {
        var driver = Begin(piece).Say(ToServer, Get(1, "/a"), piece)
            .Say(ToClient, Headers(1, false, ":status", "200", "content-type", "text/plain"), piece)
            .Say(ToClient, Data(1, false, new byte[300]), piece).Say(ToClient, Data(1, true, new byte[40]), piece);
        Has(Assert.Single(driver.Records), "http.version=2", "http.method=GET", "http.uri=/a", "http.host=shop",
            "http.status=200", "http.response.bytes=340", "http.response.content_type=text/plain", "http.stream=1");
    }

    [Theory, MemberData(nameof(Pieces))]
    public void Streams_interleave(int piece)
    {
        var driver = Begin(piece).Say(ToServer, Get(1, "/slow"), piece).Say(ToServer, Get(3, "/fast"), piece)
            .Say(ToClient, Headers(1, false, ":status", "200"), piece)
            .Say(ToClient, Headers(3, true, ":status", "404"), piece)
            .Say(ToClient, Data(1, true, new byte[7]), piece);
        Assert.Collection(
            driver.Records,
            fast => Has(fast, "http.uri=/fast", "http.status=404", "http.response.bytes=0"),
            slow => Has(slow, "http.uri=/slow", "http.status=200", "http.response.bytes=7"));
    }

    [Theory, MemberData(nameof(Pieces))]
    public void Padding_priority_and_continuations_are_taken_off(int piece)
    {
        var block = Block(":method", "POST", ":path", "/b");
        var first = Frame(1, Padded | Priority, 1, [3, 0, 0, 0, 0, 9, .. block[..5], 0, 0, 0]);
        var driver = Begin(piece).Say(ToServer, first, piece).Say(ToServer, Frame(9, 0, 1, block[5..9]), piece)
            .Say(ToServer, Frame(9, EndHeaders, 1, block[9..]), piece)
            .Say(ToServer, Frame(0, Padded | EndStream, 1, [2, 1, 2, 3, 4, 0, 0]), piece)
            .Say(ToClient, Headers(1, true, ":status", "204"), piece);
        Has(Assert.Single(driver.Records), "http.method=POST", "http.uri=/b", "http.request.bytes=4",
            "http.status=204");
    }

    [Theory, MemberData(nameof(Pieces))]
    public void Interim_answers_and_trailers_are_not_the_answer(int piece)
    {
        var driver = Begin(piece).Say(ToServer, Get(1, "/a"), piece)
            .Say(ToClient, Headers(1, false, ":status", "103"), piece)
            .Say(ToClient, Headers(1, false, ":status", "200"), piece)
            .Say(ToClient, Data(1, false, [1]), piece).Say(ToClient, Headers(1, true, "etag", "x"), piece);
        Has(Assert.Single(driver.Records), "http.status=200", "http.interim=[103]", "http.response.bytes=1");
    }

    [Theory, MemberData(nameof(Pieces))]
    public void A_call_of_grpc_says_more(int piece)
    {
        string[] asked = [":method", "POST", ":path", "/shop.Orders/Get", "content-type", "application/grpc"];
        var driver = Begin(piece).Say(ToServer, Headers(1, false, asked), piece)
            .Say(ToServer, Data(1, true, [0, 0, 0, 0, 2, 1, 2]), piece)
            .Say(ToClient, Headers(1, false, ":status", "200", "content-type", "application/grpc"), piece)
            .Say(ToClient, Data(1, false, [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 3, 1]), piece)
            .Say(ToClient, Data(1, false, [2, 3]), piece)
            .Say(ToClient, Headers(1, true, "grpc-status", "5", "grpc-message", "no%20order"), piece);
        Has(Assert.Single(driver.Records), "grpc.service=shop.Orders", "grpc.method=Get", "grpc.status=5",
            "grpc.message=no order", "grpc.request.messages=1", "grpc.response.messages=2", "grpc.response.bytes=4");
    }

    [Fact]
    public void A_reset_names_its_code()
    {
        var driver = Begin().Say(ToServer, Get(1, "/a")).Say(ToClient, Frame(3, 0, 1, [0, 0, 0, 8]));
        Has(Assert.Single(driver.Records), "http.uri=/a", "http.problem=reset-cancel");
    }

    [Theory]
    [InlineData("000000 04 00 00000001", "frame")] // SETTINGS of a stream
    [InlineData("000001 01 05 00000001 80", "hpack")]
    [InlineData("000001 01 0d 00000001 05", "padding")]
    [InlineData("000000 09 04 00000001", "continuation")]
    [InlineData("000001 01 05 00000002 82", "stream-id")] // an even stream of a client
    [InlineData("ffffff 00 00 00000001", "frame")] // longer than was agreed
    public void What_breaks_the_rules_is_named_and_let_go(string frame, string problem)
    {
        var driver = Begin().Say(ToServer, Hex.Bytes(frame));
        Assert.Equal(ParseStatus.Broken, driver.LastStatus);
        Has(Assert.Single(driver.Records), $"http.problem={problem}", "Malformed");
    }

    /// <summary>A preface that is none is known by the byte that is wrong, however the bytes come.</summary>
    [Theory, MemberData(nameof(Pieces))]
    public void A_preface_that_goes_on_otherwise(int piece)
    {
        var driver = new StreamDriver(new Http2Parser()).Say(ToServer, [.. "PRI * HTTP/2.0\r\n"u8, 1], piece);
        Assert.Equal(ParseStatus.Broken, driver.LastStatus);
        Has(Assert.Single(driver.Records), "http.problem=frame");
    }

    [Fact]
    public void A_hole_in_a_body_costs_only_the_body()
    {
        var driver = Begin().Say(ToServer, Get(1, "/a")).Say(ToClient, Headers(1, false, ":status", "200"));
        driver.Say(ToClient, Data(1, true, new byte[100]).AsSpan(0, 50));
        Assert.True(driver.Parser.TryResync(ToClient, 30, driver.Context));
        driver.Say(ToClient, new byte[29]).Say(ToServer, Get(3, "/b"))
            .Say(ToClient, Headers(3, true, ":status", "204"));
        Assert.Collection(
            driver.Records,
            torn => Has(torn, "!Partial", "http.uri=/a", "http.response.bytes=100"),
            whole => Has(whole, "http.uri=/b", "http.status=204"));
    }

    /// <summary>The end of a reset and the next header together look like DATA of a stream that the server pushed, and
    /// the bytes behind that like another.</summary>
    [Theory, MemberData(nameof(Pieces))]
    public void A_client_sends_no_body_on_a_pushed_stream(int piece)
    {
        byte[] cancel = [0, 0, 0, 8];
        byte[] request = [0x82, 0x86, 0x84, 0x90]; // GET, http, /, accept-encoding: all of the static table
        var driver = Begin().Say(ToServer, Frame(1, 5, 1, request)).Say(ToServer, Frame(3, 0, 1, cancel));
        Assert.True(driver.Parser.TryResync(ToServer, 536, driver.Context));
        var whole = Frame(3, 0, 0x11b, cancel);
        driver.Say(ToServer, [.. whole[3..], .. Frame(1, 5, 0x11d, request), .. Frame(3, 0, 0x11d, cancel)], piece)
            .End();
        Assert.Collection(
            driver.Records,
            first => Has(first, "http.stream=1", "http.problem=reset-cancel"),
            behind => Has(behind, "http.stream=285", "http.problem=reset-cancel"));
    }

    /// <summary>Whoever spoke first: `:method` is a client's.</summary>
    [Theory, MemberData(nameof(Pieces))]
    public void Joined_with_the_sides_the_wrong_way_round(int piece)
    {
        var driver = new StreamDriver(new Http2Parser());
        driver.Context.IsMidstream = true;
        driver.Say(ToClient, Frame(8, 0, 0, [0, 0, 0, 9]), piece).Say(ToClient, Get(5, "/a"), piece)
            .Say(ToServer, Headers(5, false, ":status", "200"), piece)
            .Say(ToServer, Data(5, true, new byte[40]), piece);
        Has(Assert.Single(driver.Records), "http.method=GET", "http.uri=/a", "http.status=200", "http.request.bytes=0",
            "http.response.bytes=40");
    }

    [Fact]
    public void Joined_where_nothing_tells_the_sides_apart()
    {
        var driver = new StreamDriver(new Http2Parser());
        driver.Context.IsMidstream = true;
        driver.Say(ToServer, Frame(8, 0, 0, [0, 0, 0, 9])).Say(ToServer, Data(5, true, new byte[9]))
            .Say(ToClient, Headers(5, true, "grpc-status", "0")).End();
        Assert.Empty(driver.Records);
    }

    [Fact]
    public void A_reset_while_the_rest_of_the_request_waits_for_a_hole()
    {
        var driver = Begin().Say(ToServer, Headers(1, false, ":method", "POST", ":path", "/a"))
            .Say(ToServer, Data(1, false, new byte[9])).Say(ToClient, Headers(1, true, ":status", "415"));
        driver.Context.IsOtherBehind = true;
        driver.Say(ToClient, Frame(3, 0, 1, [0, 0, 0, 0]));
        Has(Assert.Single(driver.Records), "!Partial", "http.status=415", "http.request.bytes=9");
    }

    [Fact]
    public void Streams_beyond_the_bound_give_way_and_are_told()
    {
        var driver = Begin();
        for (uint stream = 1; stream <= 2 * Http2StreamTable.StreamsMax + 1; stream += 2)
        {
            driver.Say(ToServer, Get(stream, "/a"));
        }

        Assert.Equal(1, ((Http2Parser)driver.Parser).StreamsEvicted);
        Has(Assert.Single(driver.Records), "http.stream=1 ", "http.problem=stream-limit");
    }

    [Fact]
    public void The_end_tells_what_is_open()
    {
        var driver = Begin().Say(ToServer, Get(1, "/a")).End();
        Has(Assert.Single(driver.Records), "!Partial", "http.uri=/a");
    }

    [Theory]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Verdict.Yes)]
    [InlineData("PRI * HT", Verdict.Maybe)]
    [InlineData("PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n", Verdict.No)]
    [InlineData("GET / HTTP/1.1", Verdict.No)]
    public void The_preface_is_what_a_client_is_known_by(string text, Verdict wanted) => Assert.Equal(
        wanted,
        Http2Parser.Probe(System.Text.Encoding.ASCII.GetBytes(text), ToServer, new ProbeHints(1, 2, true)));

    /// <summary>What is told must not hang on how the head was cut: one that is longer than is held is let pass even
    /// where all of it is there at once.</summary>
    [Theory, InlineData(int.MaxValue), InlineData(30_000), InlineData(1000)]
    public void A_head_longer_than_is_held_is_let_pass_in_one_piece_as_well(int piece)
    {
        byte[] allowed = Frame(4, 0, 0, [0, 5, 0, 2, 0, 0]); // frames of 128 KiB
        var block = Block(":method", "GET", ":path", "/a", ":authority", "shop");
        var pads = Enumerable.Repeat(Block("x-pad", new string('p', 100)), 650);
        byte[] padded = [.. block, .. pads.SelectMany(pad => pad)];
        Assert.True(padded.Length > 64 * 1024);
        var driver = Begin().Say(ToClient, allowed).Say(ToServer, Frame(1, EndHeaders | EndStream, 1, padded), piece)
            .Say(ToClient, Headers(1, true, ":status", "204"), piece);
        var record = Assert.Single(driver.Records);
        Has(record, "http.problem=header-too-long", "http.status=204");
        Assert.DoesNotContain("http.uri", record, StringComparison.Ordinal);
    }

    private static StreamDriver Begin(int piece = int.MaxValue) =>
        new StreamDriver(new Http2Parser()).Say(ToServer, Preface, piece).Say(ToClient, Settings, piece);

    private static void Has(string record, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, record, StringComparison.Ordinal));
}
