using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using Xunit;

namespace NetSniff.Tests.Protocols.Dns;

public sealed class DnsProbeTests
{
    private const string Query = "0001 0100 0001 0000 0000 0000 03 777777 04 74657374 00 0001 0001";
    private const string Answer = "0001 8180 0001 0000 0000 0000 03 777777 04 74657374 00 0001 0001";

    public static TheoryData<string, int, string, Verdict> Starts => new()
    {
        { "a question", 53, Query, Verdict.Yes },
        { "a question on any port", 9999, Query, Verdict.Yes },
        { "Z bit", 9999, "0001 0140 0001 0000 0000 0000 03 777777 04 74657374 00 0001 0001", Verdict.Yes },
        { "an answer from who seemed the client", 9999, Answer, Verdict.YesReversed },
        { "an answer between servers", 53, Answer, Verdict.Yes },
        { "trailing bytes off the port", 9999, Query + "00", Verdict.No },
        { "trailing bytes on the port", 53, Query + "00", Verdict.Yes },
        { "a class nobody has", 9999, "0001 0100 0001 0000 0000 0000 03 777777 04 74657374 00 0001 0007", Verdict.No },
        {
            "more records than bytes", 9999,
            "0001 0100 0001 0000 0000 0009 03 777777 04 74657374 00 0001 0001",
            Verdict.No
        },
        {
            "padding in a record of type zero (DNSCrypt)", 443,
            "0001 0100 0001 0000 0000 0001 03 777777 04 74657374 00 0010 0001 00 0000 0000 00000000 0006 000C0002 0000",
            Verdict.Yes
        },
        {
            "a NetBIOS name", 9999,
            "0001 0110 0001 0000 0000 0000 20 464846414542444144444443 "
            + "44444441434143414341434143414341434143414341 00 0020 0001",
            Verdict.No
        },
        {
            "NTP", 123,
            "E3 00 06 EC 00000000 00010000 49 4E 49 54 000000000000 "
            + "0000 0000000000000000 0000000000000000 C50204EBD49D6B5D",
            Verdict.No
        },
        { "zeros", 53, "000000000000000000000000", Verdict.No },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void Datagrams(string about, int port, string wire, Verdict verdict) => Assert.True(
        verdict == DnsParser.Probe(
            Hex.Bytes(wire), Direction.ToServer, new ProbeHints(40_000, (ushort)port, true)),
        about);

    [Theory]
    [InlineData(5353, 5353, true)]
    [InlineData(40_000, 5353, true)]
    [InlineData(5353, 53, false)]
    [InlineData(40_000, 53, false)]
    public void Mdns_is_known_by_its_port(ushort client, ushort server, bool isMdns) => Assert.Equal(
        isMdns ? Verdict.Yes : Verdict.No,
        MdnsParser.Probe(Hex.Bytes(Query), Direction.ToServer, new ProbeHints(client, server, true)));

    [Fact]
    public void A_stream_is_known_as_soon_as_its_header_is_there()
    {
        var bytes = DnsBytes.Framed(Hex.Bytes(Query));
        var hints = new ProbeHints(40_000, 53, true);
        for (var length = 0; length < bytes.Length; length++)
        {
            var verdict = DnsStreamParser.Probe(bytes.AsSpan(0, length), Direction.ToServer, hints);
            Assert.Equal(length < 14 ? Verdict.Maybe : Verdict.Yes, verdict);
        }
    }

    [Theory]
    [InlineData("474554202F20485454502F312E310D0A0D0A")]
    [InlineData("16030100A5010000A10303")]
    [InlineData("0005 0001 0100 0001")]
    public void Other_streams_are_not_dns(string wire) => Assert.NotEqual(
        Verdict.Yes, DnsStreamParser.Probe(Hex.Bytes(wire), Direction.ToServer, new ProbeHints(40_000, 9999, true)));
}
