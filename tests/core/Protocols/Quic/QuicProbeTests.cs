using System.Text;
using NetSniff.Protocols;
using NetSniff.Protocols.Quic;
using NetSniff.Tests.Protocols.Dns;
using NetSniff.Tests.Protocols.Tls;

namespace NetSniff.Tests.Protocols.Quic;

public sealed class QuicProbeTests
{
    private static readonly ProbeHints s_web = new(50_000, 443, true);

    private static readonly byte[] s_id = Hex.Bytes("0102030405060708");

    private static byte[] Initial()
    {
        var hello = HelloBuilder.Message(1, new HelloBuilder().Name("a.b").Client());
        return QuicBuilder.Seal(QuicBuilder.Padded(QuicBuilder.Crypto(0, hello), 1150), QuicBuilder.ClientId);
    }

    public static TheoryData<string, byte[]> Others => new()
    {
        { "nothing", [] },
        { "a short header", [0x41, .. new byte[60]] },
        { "stun", Hex.Bytes("0001 0008 2112a442 000102030405060708090a0b 00030004 00000000 00000000 00000000") },
        { "rtp", [0x80, 0x60, 0, 1, 0, 0, 0, 1, .. new byte[160]] },
        { "rtcp", [0x80, 0xc8, 0, 6, 0, 0, 0, 1, .. new byte[24]] },
        { "ntp", [0xe3, 0, 4, 0xfa, 0, 1, 0, 0, 0, 1, .. new byte[38]] },
        { "dns", [.. DnsBytes.Header(0xc000, 0x0100, 1), .. DnsBytes.Name("a.example"), 0, 1, 0, 1] },
        { "dtls", [22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 1, 0, 0, 28, .. new byte[36]] },
        { "a version nobody knows", [.. QuicBuilder.Opaque(0, QuicBuilder.ClientId, [], 0x12345678, 1180)] },
        { "a handshake packet and a byte", [.. QuicBuilder.Opaque(QuicBuilder.Handshake, s_id, [1]), 1] },
        { "a handshake packet without an end", QuicBuilder.Opaque(QuicBuilder.Handshake, s_id, [1])[..^1] },
        { "a handshake packet without ids", QuicBuilder.Opaque(QuicBuilder.Handshake, [1, 2, 3], [1]) },
        { "one whose id is too long", QuicBuilder.Opaque(QuicBuilder.Handshake, new byte[21], s_id) },
        { "a retry alone", QuicBuilder.Opaque(QuicBuilder.Retry, s_id, [1]) },
        { "a negotiation alone", QuicBuilder.Negotiation([1, 2, 3, 4], QuicBuilder.ClientId, 1, QuicBuilder.V2) },
        { "google's flags without a version of its own", [0x0d, .. new byte[8], .. "Q999"u8, .. new byte[30]] },
        { "google's long header without a hello", [0xc3, .. "Q046"u8, 0x50, .. new byte[60]] },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Others_are_refused(string what, byte[] datagram)
    {
        Assert.True(QuicParser.Probe(datagram, Direction.ToServer, s_web) == Verdict.No, what);
        Assert.True(QuicParser.Probe(datagram, Direction.ToClient, s_web) == Verdict.No, what);
    }

    [Fact]
    public void Whoever_sent_what_opens_is_the_client() =>
        Assert.Equal(Verdict.YesReversed, QuicParser.Probe(Initial(), Direction.ToClient, default));

    [Fact]
    public void An_initial_that_was_tampered_with_does_not_open_and_names_nothing()
    {
        var initial = Initial();
        for (var place = 1; place < initial.Length; place += 13)
        {
            var copy = (byte[])initial.Clone();
            copy[place] ^= 0x10;
            if (QuicParser.Probe(copy, Direction.ToServer, default) == Verdict.No) continue;

            var driver = new FlowDriver(new QuicParser()).Say(Direction.ToServer, copy);
            Assert.Equal(DatagramResult.Finished, driver.Last);
            Assert.Empty(driver.End().Records);
        }
    }

    public static TheoryData<string, byte[]> Joined => new()
    {
        { "the server's Initial", ServerInitial() },
        { "and more of its flight", [.. ServerInitial(), .. Later(QuicBuilder.Handshake)] },
        { "to its last packet", [.. ServerInitial(), .. Later(QuicBuilder.Handshake), 0x41, .. s_id, .. new byte[40]] },
        { "filled up", [.. Later(QuicBuilder.Handshake), .. new byte[300]] },
        { "0-RTT", Later(QuicBuilder.EarlyData) },
        { "the end of a handshake", Later(QuicBuilder.Handshake) },
        { "of version 2", Later(QuicBuilder.Handshake, QuicBuilder.V2) },
        { "of a draft", Later(QuicBuilder.Handshake, QuicBuilder.Draft29) },
    };

    private static byte[] ServerInitial() => QuicBuilder.Seal(QuicBuilder.Crypto(0, HelloBuilder.Message(
        2, new HelloBuilder().Server())), s_id, [7, 7, 7, 7], keyId: QuicBuilder.ClientId, fromServer: true);

    private static byte[] Later(int type, uint version = QuicBuilder.V1) =>
        QuicBuilder.Opaque(type, s_id, [7, 7, 7, 7], version);

    /// <summary>It has its name, and no record: nothing of what is told there was seen.</summary>
    [Theory]
    [MemberData(nameof(Joined))]
    public void A_connection_whose_beginning_was_not_seen_is_one_all_the_same(string what, byte[] datagram)
    {
        foreach (var direction in new[] { Direction.ToServer, Direction.ToClient })
        {
            Assert.True(QuicParser.Probe(datagram, direction, default) == Verdict.Yes, what);
            var driver = new FlowDriver(new QuicParser()).Say(direction, datagram);
            Assert.Equal(DatagramResult.Finished, driver.Last);
            Assert.Equal(0, ((QuicParser)driver.Parser).Open);
            Assert.Empty(driver.End().Records);
        }

        datagram[0] &= 0xbf;
        Assert.True(QuicParser.Probe(datagram, Direction.ToServer, default) == Verdict.No, what);
    }

    [Fact]
    public void One_that_does_not_open_must_fill_its_datagram_and_go_to_where_servers_are_to_be_told_of()
    {
        byte[] packet = [0xc3, 0, 0, 0, 1, 8, .. QuicBuilder.ClientId, 0, 0, 0x44, 0xa0, .. new byte[0x4a0]];
        Assert.Equal(Verdict.Yes, QuicParser.Probe(packet, Direction.ToServer, s_web));
        Assert.Equal(Verdict.No, QuicParser.Probe([.. packet, 1], Direction.ToServer, s_web));
        Assert.Equal(Verdict.No, QuicParser.Probe(packet.AsSpan(0, packet.Length - 1), Direction.ToServer, s_web));
        Assert.EndsWith("quic.problem=undecryptable", Assert.Single(Told(Direction.ToServer, 443)),
            StringComparison.Ordinal);
        Assert.Empty(Told(Direction.ToServer, 7_777));
        Assert.Empty(Told(Direction.ToClient, 443));

        List<string> Told(Direction direction, ushort port)
        {
            var driver = new FlowDriver(new QuicParser());
            (driver.Sink.Context.ClientPort, driver.Sink.Context.ServerPort) = (50_000, port);
            return driver.Say(direction, packet).End().Records;
        }
    }

    public static TheoryData<string, byte[]> GoogleHellos => new()
    {
        { "Q043", [0x0d, .. s_id, .. "Q043"u8, 1, .. new byte[12], 0xa0, 1, 4, 0] },
        { "Q039", [0x09, .. s_id, .. "Q039"u8, 1, .. new byte[12], 0xa0, 1] },
        { "Q046", [0xc3, .. "Q046"u8, 0x50, .. s_id, 0, 0, 0, 1, .. new byte[12], 0xa0, 1, 4, 0] },
    };

    [Theory]
    [MemberData(nameof(GoogleHellos))]
    public void Google_hellos_are_in_clear(string version, byte[] head)
    {
        byte[] datagram = [.. head, .. Hello()];
        Assert.Equal(Verdict.Yes, QuicParser.Probe(datagram, Direction.ToServer, default));
        var driver = new FlowDriver(new QuicParser()).Say(Direction.ToServer, datagram);
        driver.Say(Direction.ToClient, head[0] == 0xc3 ? datagram : [0, 1, 2, 3, 4, 5]);
        Assert.Equal(DatagramResult.Finished, driver.Last);
        var line = Assert.Single(driver.Records);
        Assert.StartsWith("quic quic.sni=old.example quic.version=", line, StringComparison.Ordinal);
        Assert.Contains($" quic.version_name={version} ", line, StringComparison.Ordinal);
        Assert.Contains(" quic.user_agent=Chrome/1 ", line, StringComparison.Ordinal);
        Assert.Contains(" quic.dcid=0102030405060708 ", line, StringComparison.Ordinal);
        Assert.EndsWith(" quic.latency=1000000", line, StringComparison.Ordinal);
    }

    /// <summary>Tag, number of values, then tags with where their values end, then the values.</summary>
    private static byte[] Hello() =>
    [
        .. "CHLO"u8, 3, 0, 0, 0, .. "PAD\0"u8, 2, 0, 0, 0, .. "SNI\0"u8, 13, 0, 0, 0, .. "UAID"u8, 21, 0, 0, 0,
        .. Encoding.ASCII.GetBytes("--old.exampleChrome/1"),
    ];
}
