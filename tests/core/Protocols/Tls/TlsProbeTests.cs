using NetSniff.Protocols;
using NetSniff.Protocols.Tls;
using Xunit;

namespace NetSniff.Tests.Protocols.Tls;

public sealed class TlsProbeTests
{
    private static readonly ProbeHints s_start = new(50000, 443, IsFromStart: true);
    private static readonly ProbeHints s_middle = new(50000, 443, IsFromStart: false);
    private static readonly ProbeHints s_oddMiddle = new(50000, 9999, IsFromStart: false);

    public static TheoryData<string, string, Direction, Verdict> Beginnings => new()
    {
        { "client hello",                "16 0301 0200 01 0001fc 0303", Direction.ToServer, Verdict.Yes },
        { "client hello of SSL 3",       "16 0300 0041 01 00003d 0300", Direction.ToServer, Verdict.Yes },
        { "client hello, other way",     "16 0301 0200 01 0001fc 0303", Direction.ToClient, Verdict.YesReversed },
        { "server hello",                "16 0303 005a 02 000056 0303", Direction.ToClient, Verdict.Yes },
        { "server hello, other way",     "16 0303 005a 02 000056 0303", Direction.ToServer, Verdict.YesReversed },
        { "server hello of a draft",     "16 0301 005a 02 000056 7f12", Direction.ToClient, Verdict.Yes },
        { "one byte",                    "16",                          Direction.ToServer, Verdict.Maybe },
        { "three bytes",                 "16 0301",                     Direction.ToServer, Verdict.Maybe },
        { "header only",                 "16 0301 0200",                Direction.ToServer, Verdict.Maybe },
        { "hello in tiny records",       "16 0301 0001 01",             Direction.ToServer, Verdict.Maybe },
        { "fatal alert",                 "15 0301 0002 02 28",          Direction.ToClient, Verdict.Yes },
        { "alert nobody defined",        "15 0301 0002 02 ff",          Direction.ToClient, Verdict.No },
        { "text",                        "474554202f",                  Direction.ToServer, Verdict.No },
        { "record of no version",        "16 0501 0200 01 0001fc 0303", Direction.ToServer, Verdict.No },
        { "record too long",             "16 0301 ffff 01 0001fc 0303", Direction.ToServer, Verdict.No },
        { "record of nothing",           "16 0301 0000",                Direction.ToServer, Verdict.No },
        { "hello too short",             "16 0301 0010 01 00000c 0303", Direction.ToServer, Verdict.No },
        { "hello of no version",         "16 0301 0200 01 0001fc 0909", Direction.ToServer, Verdict.No },
        { "ciphertext is no beginning",  "17 0303 0100 ffff",           Direction.ToServer, Verdict.No },
        { "SSL 2 with lengths that lie", "802e 01 0301 0015 0000 0011", Direction.ToServer, Verdict.No },
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public void A_beginning(string what, string bytes, Direction direction, Verdict verdict)
    {
        Assert.NotEmpty(what);
        Assert.Equal(verdict, TlsParser.Probe(Hex.Bytes(bytes), direction, s_start));
    }

    [Fact]
    public void In_the_middle_ciphertext_needs_a_port_or_a_second_header()
    {
        var one = Hex.Bytes("17 0303 0002 abcd");
        var two = Hex.Bytes("17 0303 0002 abcd 17 0303 0100");
        var none = Hex.Bytes("17 0303 0002 abcd 99 0303 0100");
        Assert.Equal(Verdict.Yes, TlsParser.Probe(one, Direction.ToServer, s_middle));
        Assert.Equal(Verdict.Maybe, TlsParser.Probe(one, Direction.ToServer, s_oddMiddle));
        Assert.Equal(Verdict.Yes, TlsParser.Probe(two, Direction.ToServer, s_oddMiddle));
        Assert.Equal(Verdict.No, TlsParser.Probe(none, Direction.ToServer, s_oddMiddle));
    }

    [Fact]
    public void More_bytes_never_take_back_a_verdict()
    {
        var hello = new HelloBuilder().Name("a.example").ClientRecord();
        var last = Verdict.Maybe;
        for (var length = 1; length <= hello.Length; length++)
        {
            var verdict = TlsParser.Probe(hello.AsSpan(0, length), Direction.ToServer, s_start);
            Assert.NotEqual(Verdict.No, verdict);
            Assert.True(last == Verdict.Maybe || verdict == last);
            last = verdict;
        }

        Assert.Equal(Verdict.Yes, last);
    }
}
