using NetSniff.Protocols;
using NetSniff.Protocols.WebSocket;

namespace NetSniff.Tests.Protocols.WebSocket;

/// <summary>The examples of RFC 6455 section 5.7, and the rules around them.</summary>
public sealed class WebSocketParserTests
{
    private const string MaskedHello = "81 85 37fa213d 7f9f4d5158";
    private const Direction ToServer = Direction.ToServer, ToClient = Direction.ToClient;

    public static TheoryData<int> Pieces => [int.MaxValue, 1, 2, 5];

    [Theory, MemberData(nameof(Pieces))]
    public void Frames_are_counted_by_kind(int piece)
    {
        var driver = new StreamDriver(new WebSocketParser());
        driver.Say(ToServer, Hex.Bytes(MaskedHello), piece).Say(ToClient, Hex.Bytes("81 05 48656c6c6f"), piece);
        driver.Say(ToClient, Hex.Bytes("01 03 48656c 80 02 6c6f"), piece); // one message in two frames
        driver.Say(ToClient, Hex.Bytes("89 05 48656c6c6f"), piece)
            .Say(ToServer, Hex.Bytes("8a 85 37fa213d 7f9f4d5158"), piece);
        driver.Say(ToClient, [0x82, 0x7E, 1, 0, .. new byte[256]], piece);
        driver.Say(ToClient, [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0, .. new byte[65536]], Math.Max(piece, 1000)).End();
        Has(Assert.Single(driver.Records), "ws.frames=8", "ws.frames.toserver=2", "ws.text=3", "ws.continuation=1",
            "ws.binary=2", "ws.ping=1", "ws.pong=1", "ws.masked=2", "ws.messages=5", "ws.fragmented=1",
            "ws.bytes.toserver=10", "ws.bytes.toclient=65807");
    }

    [Theory, MemberData(nameof(Pieces))]
    public void A_close_is_unmasked_and_read(int piece)
    {
        // 1000 "bye" under the mask 01020304.
        var driver = new StreamDriver(new WebSocketParser());
        driver.Say(ToServer, Hex.Bytes("88 85 01020304 02ea 61 7d 64"), piece).End();
        Has(Assert.Single(driver.Records), "ws.close=1", "ws.close.code=1000", "ws.close.reason=bye");
    }

    [Theory]
    [InlineData(ToServer, "81 01 61", "unmasked")]
    [InlineData(ToClient, "81 81 00000000 61", "masked")]
    [InlineData(ToClient, "a1 01 61", "reserved-bits")]
    [InlineData(ToClient, "83 01 61", "opcode")]
    [InlineData(ToClient, "09 00", "control-frame")] // in pieces
    [InlineData(ToClient, "89 7e 0100", "control-frame")] // too long
    [InlineData(ToClient, "82 7f ffffffffffffffff", "length")]
    public void What_breaks_the_rules_is_named(Direction direction, string frame, string problem)
    {
        var driver = new StreamDriver(new WebSocketParser());
        driver.Say(direction, Hex.Bytes(frame)).End();
        Has(Assert.Single(driver.Records), $"ws.problem={problem}", "Malformed");
    }

    [Fact]
    public void A_hole_inside_a_frame_is_stepped_over()
    {
        var driver = new StreamDriver(new WebSocketParser());
        driver.Say(ToClient, [0x82, 0x7E, 1, 0, .. new byte[100]]);
        Assert.True(driver.Parser.TryResync(ToClient, 150, driver.Context));
        driver.Say(ToClient, [.. new byte[6], .. Hex.Bytes("81 05 48656c6c6f")]).End();
        Has(Assert.Single(driver.Records), "!Partial", "ws.binary=1", "ws.text=1", "ws.bytes.toclient=261");
    }

    [Fact]
    public void A_hole_across_frames_loses_only_what_was_in_it()
    {
        var driver = new StreamDriver(new WebSocketParser());
        driver.Say(ToClient, Hex.Bytes("81 05 4865"));
        Assert.True(driver.Parser.TryResync(ToClient, 50, driver.Context));
        driver.Say(ToClient, Hex.Bytes("8301")); // no frame begins so
        driver.Say(ToClient, Hex.Bytes("81 05 48656c6c6f")).End();
        Has(Assert.Single(driver.Records), "!Partial", "ws.text=2");
    }

    [Theory]
    [InlineData("0000000000000000 3800000000000000 3d")] // numbers of a binary payload, each a continuation if a head
    [InlineData("0000 0138 61")] // and with something that begins behind
    [InlineData("0200 8001 61")] // begins with nothing and is final next
    [InlineData("0203 616263 8101 61")] // a message within another
    [InlineData("8103 616263 8001 61")] // the end of a message that was whole
    public void What_cannot_follow_is_no_frame_behind_a_hole(string payload)
    {
        var driver = new StreamDriver(new WebSocketParser());
        driver.Say(ToClient, Hex.Bytes("81 01 61"));
        Assert.True(driver.Parser.TryResync(ToClient, 50, driver.Context));
        driver.Say(ToClient, Hex.Bytes(payload)).Say(ToClient, Hex.Bytes("81 05 48656c6c6f")).End();
        Has(Assert.Single(driver.Records), "!Partial", "ws.frames=2", "ws.text=2", "ws.continuation=0");
        Assert.DoesNotContain("Malformed", driver.Records[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0103 616263 8001 61", 2)] // a message in two frames
    [InlineData("0103 616263 8900", 2)] // a ping within it
    [InlineData("8003 616263 8101 61", 2)] // the end of one, and another
    [InlineData("8101 61", 1)]
    public void What_may_follow_is_a_frame_behind_a_hole(string payload, int frames)
    {
        var driver = new StreamDriver(new WebSocketParser());
        driver.Say(ToClient, Hex.Bytes("81 01 61"));
        Assert.True(driver.Parser.TryResync(ToClient, 50, driver.Context));
        driver.Say(ToClient, Hex.Bytes(payload)).End();
        Has(Assert.Single(driver.Records), "!Partial", $"ws.frames={frames + 1}");
    }

    [Fact]
    public void It_is_never_found_by_its_bytes_alone() =>
        Assert.Equal(Verdict.No, WebSocketParser.Probe(Hex.Bytes(MaskedHello), ToServer, default));

    private static void Has(string record, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, record, StringComparison.Ordinal));
}
