using NetSniff.Protocols;
using NetSniff.Protocols.Dtls;
using NetSniff.Tests.Protocols.Tls;

namespace NetSniff.Tests.Protocols.Dtls;

public sealed class DtlsParserTests
{
    private const ushort V10 = 0xfeff, V12 = 0xfefd, V13 = 0xfefc;

    private static readonly byte[] s_changeCipher = Record(20, [1]);
    private static readonly byte[] s_finished = Record(22, new byte[48], epoch: 1);
    private static readonly byte[] s_sealed13 = [0x2e, 1, 2, 0, 20, .. new byte[20]];
    private static readonly byte[] s_stun = Hex.Bytes("0101 0000 2112a442 000102030405060708090a0b");

    private static HelloBuilder ClientHello(byte[]? cookie = null) =>
        new HelloBuilder { Version = V12, Cookie = cookie ?? [], Ciphers = [0xc02f, 0xc02b] }
            .Name("call.example").Protocols("webrtc").Groups(29).Algorithms(0x0403);

    private static byte[] Client(byte[]? cookie = null, ushort number = 0) =>
        Record(22, Message(1, ClientHello(cookie).Client(), number));

    private static byte[] Server(ushort number = 0) => Record(22, Message(2,
        new HelloBuilder { Version = V12, Ciphers = [0xc02f], SessionId = [1] }.Extension(23).Server(), number), V12);

    private static byte[] Record(byte type, byte[] body, ushort version = V10, byte epoch = 0) =>
        [type, .. HelloBuilder.Words(version), 0, epoch, 0, 0, 0, 0, 0, 0, .. HelloBuilder.Long(body)];

    private static byte[] Message(byte type, byte[] body, ushort number = 0) =>
        Piece(type, body, number, 0, body.Length);

    private static byte[] Piece(byte type, byte[] body, ushort number, int start, int length) =>
        [type, .. Three(body.Length), .. HelloBuilder.Words(number), .. Three(start), .. Three(length),
            .. body.AsSpan(start, length)];

    private static byte[] Three(int value) => [(byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static FlowDriver Begin() => new(new DtlsParser());

    [Fact]
    public void A_handshake_is_one_record_and_then_finished()
    {
        var driver = Begin().Say(Direction.ToServer, Client())
            .Say(Direction.ToClient, [.. Server(), .. Record(22, Message(14, [], 3), V12)])
            .Say(Direction.ToServer, [.. Record(22, Message(16, new byte[33], 1)), .. s_changeCipher, .. s_finished])
            .Say(Direction.ToClient, [.. s_changeCipher, .. s_finished]);
        var line = Assert.Single(driver.Records);
        Assert.Equal(DatagramResult.Finished, driver.Last);
        Assert.StartsWith("tls tls.sni=call.example tls.version=65277 tls.version_name=DTLS 1.2 tls.cipher=49199 "
            + "tls.alpn_offered=[webrtc] tls.ja3=", line, StringComparison.Ordinal);
        Assert.Contains(" tls.ja3_string=65277,49199-49195,0-16-10-13,29, ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.ja3s_string=65277,49199,23 tls.ja4=dd2d0204wc_", line, StringComparison.Ordinal);
        Assert.EndsWith(" tls.latency=1000000 tls.duration=3000000", line, StringComparison.Ordinal);
        Assert.Equal(0, ((DtlsParser)driver.Parser).Open);
    }

    [Fact]
    public void A_cookie_costs_a_round_and_the_first_hello_counts()
    {
        var driver = Begin().Say(Direction.ToServer, Client())
            .Say(Direction.ToClient, Record(22, Message(3, [0xfe, 0xff, 4, 1, 2, 3, 4])))
            .Say(Direction.ToServer, Client([1, 2, 3, 4], 1))
            .Say(Direction.ToClient, Server(1)).End();
        var line = Assert.Single(driver.Records);
        Assert.StartsWith("tls !Partial tls.sni=call.example", line, StringComparison.Ordinal);
        Assert.EndsWith(" tls.latency=3000000 tls.cookie=true", line, StringComparison.Ordinal);
    }

    /// <summary>As frames of two queues come: the answer before the question.</summary>
    [Fact]
    public void A_first_hello_is_known_by_its_number_whatever_was_captured_before()
    {
        var driver = Begin().Say(Direction.ToClient, Record(22, Message(3, [0xfe, 0xff, 4, 1, 2, 3, 4])))
            .Say(Direction.ToServer, Client())
            .Say(Direction.ToServer, Client([1, 2, 3, 4], 1))
            .Say(Direction.ToClient, [.. Server(1), .. s_changeCipher]).Say(Direction.ToServer, s_changeCipher);
        var line = Assert.Single(driver.Records);
        Assert.StartsWith("tls tls.sni=call.example", line, StringComparison.Ordinal);
        Assert.Contains(" tls.ja4=dd2d0204wc_", line, StringComparison.Ordinal);
    }

    /// <summary>Versions of DTLS count down from above all of TLS, so 1.2 is no version after 1.3.</summary>
    [Theory]
    [InlineData(V12, true)]
    [InlineData(V10, true)]
    [InlineData(V13, false)]
    public void A_session_that_comes_back_is_resumed_before_dtls_13(ushort version, bool isResumed)
    {
        byte[] session = [1, 2, 3];
        var client = new HelloBuilder { Version = V12, Cookie = [], SessionId = session, Ciphers = [0xc02f] };
        var server = new HelloBuilder { Version = version == V10 ? V10 : V12, Ciphers = [0xc02f], SessionId = session };
        if (version == V13) server.Extension(43, 0xfe, 0xfc);
        var driver = Begin().Say(Direction.ToServer, Record(22, Message(1, client.Client())))
            .Say(Direction.ToClient, [.. Record(22, Message(2, server.Server())), .. s_changeCipher])
            .Say(Direction.ToServer, s_changeCipher);
        Assert.Contains(isResumed ? " tls.resumed=true " : " tls.resumed=false ", Assert.Single(driver.Records),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_hello_that_repeats_one_not_seen_has_no_fingerprint()
    {
        var line = Assert.Single(Begin().Say(Direction.ToServer, Client([1, 2, 3, 4], 1)).End().Records);
        Assert.StartsWith("tls !Partial tls.sni=call.example tls.alpn_offered=[webrtc] tls.client.version=65277 ", line,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Messages_in_shuffled_pieces_are_the_same(int seed)
    {
        var chance = new Random(seed);
        var whole = Begin().Say(Direction.ToServer, Client()).Say(Direction.ToClient, Server()).End();
        var hello = ClientHello().Client();
        var driver = Begin();
        var starts = Enumerable.Range(0, (hello.Length + 18) / 19).Select(index => 19 * index).ToArray();
        chance.Shuffle(starts);
        foreach (var start in starts)
        {
            // Pieces overlap, as RFC 6347 section 4.2.3 allows.
            driver.Say(Direction.ToServer,
                Record(22, Piece(1, hello, 0, start, Math.Min(25, hello.Length - start))));
        }

        driver.Say(Direction.ToClient, Server()).End();
        Assert.Equal(Without(whole, "tls.latency"), Without(driver, "tls.latency"));
    }

    [Fact]
    public void Dtls_13_names_its_version_in_an_extension_and_seals_with_short_headers()
    {
        var client = Record(22, Message(1, ClientHello().Versions(V13).Client()), V12);
        var server = Record(22, Message(2,
            new HelloBuilder { Version = V12, Ciphers = [0x1301] }.Extension(43, 0xfe, 0xfc).Server()), V12);
        var driver = Begin().Say(Direction.ToServer, client).Say(Direction.ToClient, [.. server, .. s_sealed13])
            .Say(Direction.ToServer, s_sealed13);
        Assert.Equal(DatagramResult.Finished, driver.Last);
        var line = Assert.Single(driver.Records);
        Assert.Contains(" tls.version=65276 tls.version_name=DTLS 1.3 tls.cipher=4865 ", line,
            StringComparison.Ordinal);
        Assert.Contains(" tls.ja4=dd3d", line, StringComparison.Ordinal);
    }

    [Fact]
    public void What_shares_the_flow_is_left_alone()
    {
        var driver = Begin().Say(Direction.ToServer, Client());
        for (var count = 0; count < 20; count++)
        {
            driver.Say(Direction.ToServer, s_stun).Say(Direction.ToClient, [0x80, 0x60, .. new byte[40]]);
            Assert.Equal(DatagramResult.Done, driver.Last);
        }

        driver.Say(Direction.ToClient, [.. Server(), .. s_changeCipher]).Say(Direction.ToServer, s_changeCipher);
        Assert.StartsWith("tls tls.sni=call.example", Assert.Single(driver.Records), StringComparison.Ordinal);
    }

    [Fact]
    public void An_alert_in_clear_is_told()
    {
        var line = Assert.Single(Begin().Say(Direction.ToServer, Client())
            .Say(Direction.ToClient, Record(21, [2, 40], V12)).End().Records);
        Assert.Contains(" tls.alert.name=handshake_failure tls.alert.from_server=true", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_middle_of_a_connection_has_a_name_and_no_record()
    {
        var middle = Record(23, new byte[60], V12, epoch: 1);
        Assert.Equal(Verdict.Yes, DtlsParser.Probe(middle, Direction.ToServer, default));
        var driver = Begin().Say(Direction.ToServer, middle);
        Assert.Equal(DatagramResult.Finished, driver.Last);
        Assert.Empty(driver.Records);
    }

    public static TheoryData<string, byte[]> Others => new()
    {
        { "nothing", [] },
        { "stun", s_stun },
        { "rtp", [0x80, 0x60, 0, 1, .. new byte[160]] },
        { "tls", HelloBuilder.Record(22, HelloBuilder.Message(1, new byte[60])) },
        { "a record cut short", Client()[..40] },
        { "a sealed record of epoch 0", Record(23, new byte[60]) },
        { "records with something behind them", [.. Record(23, new byte[60], V12, 1), 7] },
        { "an epoch nobody reaches", Record(23, new byte[60], V12, 200) },
        {
            "a piece longer than its message",
            Record(22, [1, .. Three(10), 0, 0, .. Three(8), .. Three(8), .. new byte[8]])
        },
        { "a hello of another protocol's version", Record(22, Message(1, [3, 3, .. new byte[40]])) },
        { "a message far into a handshake", Record(22, Message(1, ClientHello().Client(), 99)) },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Others_are_refused(string what, byte[] datagram) =>
        Assert.True(DtlsParser.Probe(datagram, Direction.ToServer, default) == Verdict.No, what);

    [Fact]
    public void Who_says_client_hello_is_the_client()
    {
        Assert.Equal(Verdict.Yes, DtlsParser.Probe(Client(), Direction.ToServer, default));
        Assert.Equal(Verdict.YesReversed, DtlsParser.Probe(Client(), Direction.ToClient, default));
        Assert.Equal(Verdict.Yes, DtlsParser.Probe(Server(), Direction.ToClient, default));
        Assert.Equal(Verdict.YesReversed, DtlsParser.Probe(Server(), Direction.ToServer, default));
    }

    [Fact]
    public void No_bytes_throw()
    {
        var chance = new Random(20_260_102);
        var driver = Begin();
        var hello = ClientHello().Client();
        byte[][] seeds =
        [
            Client(), Server(), s_changeCipher, s_finished, s_sealed13,
            Record(22, Piece(1, hello, 0, 10, 30)), Record(22, Piece(11, new byte[200], 2, 50, 100)),
        ];
        for (ulong round = 1; round <= 20_000; round++)
        {
            for (var datagrams = chance.Next(1, 5); datagrams > 0; datagrams--)
            {
                var bytes = (byte[])seeds[chance.Next(seeds.Length)].Clone();
                for (var flips = chance.Next(0, 5); flips > 0; flips--)
                {
                    bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
                }

                bytes = chance.Next(3) == 0 ? bytes[..chance.Next(1, bytes.Length)] : bytes;
                DtlsParser.Probe(bytes, Direction.ToServer, default);
                driver.Say((Direction)chance.Next(2), bytes, round);
            }

            driver.End(round);
            driver.Sink.Clear();
        }

        Assert.Equal(0, ((DtlsParser)driver.Parser).Open);
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var parser = new DtlsParser();
        var sink = TestRecords.NewSink();
        var context = new ParseContext(sink) { FlowId = 1, NowNanos = 1 };
        var hello = ClientHello().Client();
        byte[][] client =
            [Record(22, Piece(1, hello, 0, 0, 40)), Record(22, Piece(1, hello, 0, 40, hello.Length - 40))];
        byte[] server = [.. Server(), .. s_changeCipher];
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var round = 0; round < 100; round++)
            {
                context.Slot = 0;
                parser.Parse(client[0], Direction.ToServer, context);
                parser.Parse(client[1], Direction.ToServer, context);
                parser.Parse(server, Direction.ToClient, context);
                parser.Parse(s_changeCipher, Direction.ToServer, context);
                Assert.True(sink.Count == 1);
                sink.Clear();
            }
        }));
    }

    private static string Without(FlowDriver driver, string field) => string.Join(' ',
        Assert.Single(driver.Records).Split(' ')
            .Where(text => !text.StartsWith(field + "=", StringComparison.Ordinal)));
}
