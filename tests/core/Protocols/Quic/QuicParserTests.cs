using NetSniff.Protocols;
using NetSniff.Protocols.Quic;
using NetSniff.Tests.Protocols.Tls;

namespace NetSniff.Tests.Protocols.Quic;

public sealed class QuicParserTests
{
    private static readonly byte[] s_source = Hex.Bytes("c1c2c3c4");
    private static readonly byte[] s_serverId = Hex.Bytes("5e5e5e5e5e5e5e5e");
    private static readonly byte[] s_retryRandom = Hex.Bytes(
        "CF21AD74 E59A6111 BE1D8C02 1E65B891 C2A21116 7ABB8C5E 079E09E2 C8A8339C");

    private static readonly byte[] s_short = [0x41, .. Enumerable.Range(1, 40).Select(value => (byte)(value * 11))];

    // User agent of transport parameters: kind 0x3129, as a varint.
    private static HelloBuilder ClientHello => new HelloBuilder { Ciphers = [0x1301, 0x1302] }.Name("shop.example")
        .Protocols("h3", "h3-29").Groups(29, 23).Algorithms(0x0403).Versions(0x0304)
        .Extension(57, [0x01, 0x02, 0x40, 0x64, 0x71, 0x29, 0x05, .. "Agent"u8]);

    private static byte[] Client => HelloBuilder.Message(1, ClientHello.Client());

    private static byte[] Server(byte[]? random = null) => HelloBuilder.Message(2,
        new HelloBuilder { Ciphers = [0x1301] }.Extension(43, 3, 4).Extension(51).Server(random));

    private static byte[] ClientInitial(uint version = QuicBuilder.V1) => QuicBuilder.Seal(
        QuicBuilder.Padded(QuicBuilder.Crypto(0, Client), 1150), QuicBuilder.ClientId, s_source, version);

    private static byte[] ServerInitial(uint version = QuicBuilder.V1, byte[]? keyId = null, byte[]? random = null) =>
        QuicBuilder.Seal([2, 0, 0, 0, 0, .. QuicBuilder.Crypto(0, Server(random))], s_source, s_serverId, version,
            keyId ?? QuicBuilder.ClientId, fromServer: true);

    private static FlowDriver Asked(params byte[] datagram) =>
        new FlowDriver(new QuicParser()).Say(Direction.ToServer, datagram);

    private static string Only(FlowDriver driver) => Assert.Single(driver.Records);

    [Theory]
    [InlineData(QuicBuilder.V1, "v1")]
    [InlineData(QuicBuilder.V2, "v2")]
    [InlineData(QuicBuilder.Draft29, "draft-29")]
    [InlineData(QuicBuilder.Draft27, "draft-27")]
    public void A_connection_is_one_record_and_then_finished(uint version, string name)
    {
        Assert.Equal(Verdict.Yes, QuicParser.Probe(ClientInitial(version), Direction.ToServer, default));
        var driver = Asked(ClientInitial(version)).Say(Direction.ToClient, ServerInitial(version));
        Assert.Equal(DatagramResult.Finished, driver.Last);
        Assert.StartsWith($"quic quic.sni=shop.example quic.version={version} quic.version_name={name} "
            + $"quic.version_selected={version} quic.alpn_offered=[h3, h3-29] quic.user_agent=Agent quic.ja3=",
            Only(driver), StringComparison.Ordinal);
        Assert.Contains(
            "quic.client.extensions=[0, 16, 10, 13, 43, 57] quic.client.groups=[29, 23] quic.client.psk=false",
            Only(driver), StringComparison.Ordinal);
        Assert.Equal(0, ((QuicParser)driver.Parser).Open);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_hello_in_shuffled_pieces_over_several_initials_is_the_same(int seed)
    {
        var chance = new Random(seed);
        var pieces = Client.Chunk(17).Select((bytes, index) => QuicBuilder.Crypto(17 * index, bytes))
            .OrderBy(_ => chance.Next()).ToArray();
        var driver = new FlowDriver(new QuicParser());
        uint number = 0;
        foreach (var few in pieces.Chunk(4))
        {
            // Pings, padding and a piece sent twice in between.
            byte[] frames = [1, .. few.SelectMany(piece => (byte[])[.. piece, 0, 0]), .. few[0], 1];
            driver.Say(Direction.ToServer, QuicBuilder.Seal(
                QuicBuilder.Padded(frames, 1150), QuicBuilder.ClientId, s_source, number: number++));
        }

        driver.Say(Direction.ToClient, ServerInitial());
        var whole = Asked(ClientInitial()).Say(Direction.ToClient, ServerInitial());
        Assert.Equal(FieldsOf(whole, "quic.sni", "quic.ja3", "quic.ja4", "quic.cipher"),
            FieldsOf(driver, "quic.sni", "quic.ja3", "quic.ja4", "quic.cipher"));
        Assert.Contains($" quic.initials.toserver={number} ", Only(driver), StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_retry_the_keys_follow_from_the_servers_id()
    {
        var second = QuicBuilder.Seal(
            QuicBuilder.Padded(QuicBuilder.Crypto(0, Client), 1150), s_serverId, s_source, token: [1, 2, 3, 4]);
        var driver = Asked(QuicBuilder.Seal(QuicBuilder.Padded(QuicBuilder.Crypto(0, Client[..100]), 1150),
                QuicBuilder.ClientId, s_source))
            .Say(Direction.ToClient, QuicBuilder.Opaque(QuicBuilder.Retry, s_source, s_serverId))
            .Say(Direction.ToServer, second)
            .Say(Direction.ToClient, ServerInitial(keyId: s_serverId));
        var line = Only(driver);
        Assert.StartsWith("quic quic.sni=shop.example", line, StringComparison.Ordinal);
        Assert.Contains(" quic.dcid=8394C8F03E515708 ", line, StringComparison.Ordinal);
        Assert.Contains(" quic.initials.toserver=2 quic.initials.toclient=1 quic.retry=true ", line,
            StringComparison.Ordinal);
        Assert.EndsWith(" quic.latency=3000000", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_server_may_go_on_in_version_2()
    {
        var line = Only(Asked(ClientInitial()).Say(Direction.ToClient, ServerInitial(QuicBuilder.V2)));
        Assert.Contains($" quic.version=1 quic.version_name=v1 quic.version_selected={QuicBuilder.V2} ", line,
            StringComparison.Ordinal);
        Assert.Contains(" quic.cipher=4865 ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_servers_fixed_bit_may_be_clear()
    {
        // RFC 9287: ngtcp2 does so from its first answer on.
        var answer = QuicBuilder.Seal(QuicBuilder.Crypto(0, Server()), s_source, s_serverId,
            keyId: QuicBuilder.ClientId, fromServer: true, isFixedBitSet: false);
        Assert.Contains(" quic.cipher=4865 ", Only(Asked(ClientInitial()).Say(Direction.ToClient, answer)),
            StringComparison.Ordinal);
        Assert.Equal(Verdict.No, QuicParser.Probe(QuicBuilder.Seal(QuicBuilder.Padded([1], 1150), QuicBuilder.ClientId,
            isFixedBitSet: false), Direction.ToServer, default));
    }

    [Fact]
    public void A_refused_version_is_the_one_reported_and_the_next_is_read()
    {
        const uint Reserved = 0x1a2a3a4a;
        byte[] first = [.. QuicBuilder.Opaque(QuicBuilder.Initial, QuicBuilder.ClientId, s_source, Reserved, 300)
            .Take(5 + 1 + 8 + 1 + 4), 0, 0x41, 0x2c, .. Enumerable.Range(0, 300).Select(value => (byte)value)];
        first = QuicBuilder.Padded(first, 1200);
        Assert.Equal(Verdict.Yes, QuicParser.Probe(first, Direction.ToServer, default));
        Assert.Equal(Verdict.No, QuicParser.Probe(first.AsSpan(0, 1199), Direction.ToServer, default));

        var line = Only(Asked(first)
            .Say(Direction.ToClient, QuicBuilder.Negotiation(s_source, QuicBuilder.ClientId, 1, QuicBuilder.V2))
            .Say(Direction.ToServer, ClientInitial())
            .Say(Direction.ToClient, ServerInitial()));
        Assert.StartsWith($"quic quic.sni=shop.example quic.version={Reserved} quic.version_selected=1 ", line,
            StringComparison.Ordinal);
        Assert.Contains($" quic.negotiation=true quic.versions_offered=[1, {QuicBuilder.V2}] ", line,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Packets_share_datagrams_and_early_data_is_seen()
    {
        var early = QuicBuilder.Opaque(QuicBuilder.EarlyData, QuicBuilder.ClientId, s_source);
        var rest = QuicBuilder.Opaque(QuicBuilder.Handshake, s_source, s_serverId);
        byte[] first = [.. ClientInitial(), .. early];
        byte[] answer = [.. ServerInitial(), .. rest, .. s_short];
        Assert.Contains(" quic.early_data=true ", Only(Asked(first).Say(Direction.ToClient, answer)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_hello_retry_is_waited_out()
    {
        var driver = Asked(ClientInitial()).Say(Direction.ToClient, ServerInitial(random: s_retryRandom));
        Assert.Empty(driver.Records);
        var end = Server(s_retryRandom).Length;
        driver.Say(Direction.ToServer, QuicBuilder.Seal(
            QuicBuilder.Padded(QuicBuilder.Crypto(Client.Length, Client), 1150), s_serverId, s_source,
            keyId: QuicBuilder.ClientId, number: 1));
        driver.Say(Direction.ToClient, QuicBuilder.Seal(QuicBuilder.Crypto(end, Server()), s_source, s_serverId,
            keyId: QuicBuilder.ClientId, fromServer: true, number: 1));
        Assert.Contains(" quic.hello_retry=true ", Only(driver), StringComparison.Ordinal);
        Assert.Contains(" quic.latency=1000000", Only(driver), StringComparison.Ordinal);
    }

    [Fact]
    public void A_close_within_the_handshake_is_told()
    {
        var close = QuicBuilder.Seal([0x1c, 0x41, 0x78, 6, 0, 0, 0, 0], s_source, s_serverId,
            keyId: QuicBuilder.ClientId, fromServer: true);
        var driver = Asked(ClientInitial()).Say(Direction.ToClient, close);
        Assert.Contains(" quic.close.code=376 quic.close.from_server=true ", Only(driver), StringComparison.Ordinal);
        Assert.StartsWith("quic !Partial quic.sni=shop.example", Only(driver), StringComparison.Ordinal);
    }

    [Fact]
    public void Packet_numbers_may_begin_anywhere_and_be_short()
    {
        var driver = new FlowDriver(new QuicParser());
        driver.Say(Direction.ToServer, QuicBuilder.Seal(QuicBuilder.Padded(QuicBuilder.Crypto(0, Client[..50]), 1150),
            QuicBuilder.ClientId, s_source, number: 0x490d72, numberLength: 3));
        driver.Say(Direction.ToServer, QuicBuilder.Seal(QuicBuilder.Padded(QuicBuilder.Crypto(50, Client[50..]), 1150),
            QuicBuilder.ClientId, s_source, number: 0x490d73, numberLength: 1));
        Assert.Contains("quic.sni=shop.example", Only(driver.End()), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_answer_the_record_comes_with_the_end_of_the_flow()
    {
        var driver = Asked(ClientInitial());
        Assert.Empty(driver.Records);
        Assert.StartsWith("quic !Partial quic.sni=shop.example", Only(driver.End()), StringComparison.Ordinal);
        Assert.DoesNotContain("quic.latency", Only(driver), StringComparison.Ordinal);
    }

    [Fact]
    public void Holes_in_a_hello_are_said_and_not_guessed_over()
    {
        var line = Only(Asked(QuicBuilder.Seal(QuicBuilder.Padded(QuicBuilder.Crypto(40, Client[40..]), 1150),
            QuicBuilder.ClientId)).End());
        Assert.DoesNotContain("quic.sni", line, StringComparison.Ordinal);
        Assert.EndsWith(" quic.problem=hello incomplete", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("06 8000FFFF 01 00", "hello too long")] // beyond what is kept
    [InlineData("08 00 00 00", "bad frame")]            // a stream in an Initial
    [InlineData("06 00 40FF 01", "bad frame")]          // ends after its packet
    [InlineData("06 00 04 0B000000", "not a hello")]
    public void What_is_odd_is_named(string frames, string problem)
    {
        var driver = Asked(QuicBuilder.Seal([.. Hex.Bytes(frames), .. new byte[30]], QuicBuilder.ClientId)).End();
        Assert.EndsWith($" quic.problem={problem}", Only(driver), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flow_of_many_datagrams_ends_at_the_limit()
    {
        var driver = Asked(ClientInitial());
        for (var count = 2; count < QuicParser.DatagramsMax; count++) driver.Say(Direction.ToServer, s_short);
        Assert.Equal(DatagramResult.Done, driver.Last);
        driver.Say(Direction.ToServer, s_short);
        Assert.Equal(DatagramResult.Finished, driver.Last);
        Assert.Single(driver.Records);
    }

    [Fact]
    public void The_oldest_connection_makes_room_and_has_its_record()
    {
        var driver = new FlowDriver(new QuicParser());
        for (ulong flow = 1; flow <= QuicParser.ConnectionsMax + 1; flow++)
        {
            driver.Say(Direction.ToServer, ClientInitial(), flow);
        }

        var parser = (QuicParser)driver.Parser;
        Assert.Equal(QuicParser.ConnectionsMax, parser.Open);
        Assert.Equal(1, parser.Evicted);
        var record = Assert.Single(Headers(driver));
        Assert.Equal(1ul, record.FlowId);

        // Its flow goes on and is let go without a second record.
        driver.Say(Direction.ToClient, ServerInitial(), 1);
        Assert.Equal(DatagramResult.Finished, driver.Last);
        Assert.Single(driver.Records);
        parser.Reset();
        Assert.Equal(0, parser.Open);
    }

    [Fact]
    public void Flows_do_not_mix()
    {
        var driver = new FlowDriver(new QuicParser());
        var half = Client.Length / 2;
        for (ulong flow = 1; flow <= 9; flow++)
        {
            driver.Say(Direction.ToServer, QuicBuilder.Seal(QuicBuilder.Padded(
                QuicBuilder.Crypto(0, Client[..half]), 1150), [.. QuicBuilder.ClientId, (byte)flow]), flow);
        }

        for (ulong flow = 9; flow >= 1; flow--)
        {
            var frames = QuicBuilder.Padded(QuicBuilder.Crypto(half, Client[half..]), 1150);
            driver.Say(Direction.ToServer,
                QuicBuilder.Seal(frames, [.. QuicBuilder.ClientId, (byte)flow], number: 1), flow);
            driver.End(flow);
        }

        Assert.Equal(9, driver.Records.Count);
        Assert.All(driver.Records, line => Assert.Contains("quic.sni=shop.example", line, StringComparison.Ordinal));
        Assert.Equal([9ul, 8, 7, 6, 5, 4, 3, 2, 1], Headers(driver).Select(header => header.FlowId));
    }

    private static List<NetSniff.Records.RecordHeader> Headers(FlowDriver driver)
    {
        var headers = new List<NetSniff.Records.RecordHeader>();
        foreach (var record in new NetSniff.Records.RecordWalker(driver.Sink.Bytes)) headers.Add(record.Header);
        return headers;
    }

    private static string FieldsOf(FlowDriver driver, params string[] names) => string.Join(' ',
        Only(driver).Split(' ').Where(field => names.Contains(field.Split('=')[0])));
}
