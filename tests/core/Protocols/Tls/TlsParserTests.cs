using NetSniff.Protocols;
using NetSniff.Protocols.Tls;
using Xunit;

namespace NetSniff.Tests.Protocols.Tls;

public sealed class TlsParserTests
{
    private static readonly byte[] s_changeCipher = HelloBuilder.Record(20, [1]);
    private static readonly byte[] s_ciphertext = HelloBuilder.Record(23, new byte[40]);
    private static readonly byte[] s_finished = HelloBuilder.Record(22, [0xe7, .. new byte[39]]);
    private static readonly byte[] s_retryRandom = Hex.Bytes(
        "CF21AD74 E59A6111 BE1D8C02 1E65B891 C2A21116 7ABB8C5E 079E09E2 C8A8339C");

    private static HelloBuilder Client => new HelloBuilder { Ciphers = [0x1301, 0xc02f], SessionId = [7, 7, 7] }
        .Name("shop.example").Protocols("h2", "http/1.1").Groups(29, 23).Algorithms(0x0403).Versions(0x0304, 0x0303)
        .Extension(51, HelloBuilder.Long([0, 29, 0, 2, 9, 9]));

    private static byte[] Server13 =>
        new HelloBuilder { Ciphers = [0x1301], SessionId = [7, 7, 7] }.Extension(43, 3, 4).Extension(51).ServerRecord();

    private static byte[] Server12 => new HelloBuilder { Ciphers = [0xc02f], SessionId = [1] }
        .Protocols("h2").Extension(23).ServerRecord();

    [Fact]
    public void Tls_13_is_one_record_and_then_finished()
    {
        var driver = Tls13(int.MaxValue);

        var line = Assert.Single(driver.Records);
        Assert.Equal(ParseStatus.Finished, driver.LastStatus);
        Assert.StartsWith("tls tls.sni=shop.example tls.version=772 tls.version_name=TLS 1.3 tls.cipher=4865 "
            + "tls.alpn_offered=[h2, http/1.1] tls.ja3=", line, StringComparison.Ordinal);
        Assert.Contains(" tls.ja3_string=771,4865-49199,0-16-10-13-43-51,29-23, ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.ja3s_string=771,4865,43-51 ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.ja4=t13d0206h2_", line, StringComparison.Ordinal);
        Assert.Contains(" tls.client.versions=[772, 771] tls.client.extensions=[0, 16, 10, 13, 43, 51] "
            + "tls.client.groups=[29, 23] tls.client.key_shares=[29] tls.resumed=false tls.hello_retry=false",
            line, StringComparison.Ordinal);
        Assert.Contains(" tls.latency=1000000 tls.duration=2000000", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    public void Chopping_changes_nothing(int piece)
    {
        Assert.Equal(WithoutTimes(Tls13(int.MaxValue)), WithoutTimes(Tls13(piece)));
        Assert.Equal(WithoutTimes(Tls12(int.MaxValue)), WithoutTimes(Tls12(piece)));
        Assert.Equal(0, Tls12(piece).Held(Direction.ToServer));
    }

    [Fact]
    public void Tls_12_waits_for_both_sides_to_change_ciphers()
    {
        var line = Assert.Single(Tls12(int.MaxValue).Records);
        Assert.StartsWith("tls tls.sni=shop.example tls.version=771 tls.version_name=TLS 1.2 tls.cipher=49199 ",
            line, StringComparison.Ordinal);
        Assert.Contains(" tls.alpn=h2 ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.ticket=true ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_may_run_over_many_records()
    {
        var message = HelloBuilder.Message(1, Client.Client());
        byte[] records = [.. message.Chunk(5).SelectMany(chunk => HelloBuilder.Record(22, chunk))];
        var driver = new StreamDriver(new TlsParser()).Say(Direction.ToServer, records, 11)
            .Say(Direction.ToClient, Server13).End();
        Assert.Equal(WithoutTimes(Unanswered(Client.ClientRecord()).Say(Direction.ToClient, Server13).End()),
            WithoutTimes(driver));
    }

    [Theory]
    [InlineData(1_200)]
    [InlineData(9_000)]
    [InlineData(20_000)]
    public void A_hello_may_be_as_large_as_a_post_quantum_key_share(int size)
    {
        var hello = Client.Extension(0x1234, new byte[size]).Client();
        byte[] records = [.. HelloBuilder.Message(1, hello).Chunk(16_384).SelectMany(x => HelloBuilder.Record(22, x))];
        var line = Assert.Single(Unanswered(records, 1_400).End().Records);
        Assert.StartsWith("tls !Partial tls.sni=shop.example ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.ja4=t13d0207h2_", line, StringComparison.Ordinal);
    }

    /// <summary>A cookie (RFC 8446 section 4.2.2) says that there was a retry, however the hello is cut.</summary>
    [Theory]
    [InlineData(int.MaxValue, true)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    public void A_hello_with_a_cookie_answers_a_retry_that_was_lost(int piece, bool isFirstSeen)
    {
        var driver = new StreamDriver(new TlsParser());
        if (isFirstSeen) driver.Say(Direction.ToServer, Client.ClientRecord(), piece);
        driver.Say(Direction.ToServer, Client.Extension(44, HelloBuilder.Long([1, 2, 3])).ClientRecord(), piece)
            .Say(Direction.ToClient, [.. Server13, .. s_ciphertext]).Say(Direction.ToServer, s_ciphertext);
        var line = Assert.Single(driver.Records);
        Assert.StartsWith("tls !Partial", line, StringComparison.Ordinal);
        Assert.DoesNotContain("tls.ja3s", line, StringComparison.Ordinal);
        Assert.Equal(isFirstSeen, line.Contains("tls.ja3=", StringComparison.Ordinal));
    }

    [Fact]
    public void After_a_retry_the_last_server_hello_counts_but_for_the_fingerprint()
    {
        var second = new HelloBuilder { Ciphers = [0x1302] }.Name("other.example").ClientRecord();
        var retry = new HelloBuilder { Ciphers = [0x1301] }.Extension(43, 3, 4).ServerRecord(s_retryRandom);
        var driver = new StreamDriver(new TlsParser())
            .Say(Direction.ToServer, Client.ClientRecord())
            .Say(Direction.ToClient, [.. retry, .. s_changeCipher])
            .Say(Direction.ToServer, [.. s_changeCipher, .. second])
            .Say(Direction.ToClient, [.. Server13, .. s_ciphertext])
            .Say(Direction.ToServer, s_ciphertext);

        var line = Assert.Single(driver.Records);
        Assert.Equal(ParseStatus.Finished, driver.LastStatus);
        Assert.StartsWith("tls tls.sni=shop.example tls.version=772", line, StringComparison.Ordinal);
        Assert.Contains("tls.ja3s_string=771,4865,43 ", line, StringComparison.Ordinal);
        Assert.Contains("tls.hello_retry=true", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_id_that_comes_back_without_certificate_is_a_resumption()
    {
        var server = new HelloBuilder { Ciphers = [0xc02f], SessionId = [7, 7, 7] }.ServerRecord();
        var driver = Unanswered(Client.ClientRecord())
            .Say(Direction.ToClient, [.. server, .. s_changeCipher, .. s_finished])
            .Say(Direction.ToServer, [.. s_changeCipher, .. s_finished]);
        Assert.Contains("tls.resumed=true", Assert.Single(driver.Records), StringComparison.Ordinal);
    }

    [Fact]
    public void In_tls_13_only_a_chosen_key_is_a_resumption()
    {
        var server = new HelloBuilder { Ciphers = [0x1301], SessionId = [7, 7, 7] }
            .Extension(43, 3, 4).Extension(41, 0, 0).ServerRecord();
        var driver = Unanswered(Client.ClientRecord()).Say(Direction.ToClient, server).End();
        Assert.Contains("tls.resumed=true", Assert.Single(driver.Records), StringComparison.Ordinal);
        Assert.Contains("tls.resumed=false", Assert.Single(Tls13(int.MaxValue).Records), StringComparison.Ordinal);
    }

    [Fact]
    public void Early_data_does_not_end_the_handshake()
    {
        var driver = Unanswered([.. Client.ClientRecord(), .. s_changeCipher, .. s_ciphertext])
            .Say(Direction.ToClient, [.. Server13, .. s_changeCipher]);
        Assert.Contains("tls.cipher=4865", Assert.Single(driver.Records), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("02 28", "tls.alert.level=2 tls.alert.code=40 tls.alert.name=handshake_failure")]
    [InlineData("01 70", "tls.alert.level=1 tls.alert.code=112 tls.alert.name=unrecognized_name")]
    public void An_alert_in_clear_is_told(string body, string expected)
    {
        var driver = Unanswered(Client.ClientRecord())
            .Say(Direction.ToClient, HelloBuilder.Record(21, Hex.Bytes(body)), 1).End();
        var line = Assert.Single(driver.Records);
        Assert.Contains(expected + " tls.alert.from_server=true", line, StringComparison.Ordinal);
    }

    [Fact]
    public void An_encrypted_alert_is_not_read()
    {
        var driver = Tls12(int.MaxValue, beforeEnd: HelloBuilder.Record(21, [1, 0]));
        Assert.DoesNotContain("alert", Assert.Single(driver.Records), StringComparison.Ordinal);
    }

    [Fact]
    public void An_ssl_2_hello_is_a_hello_without_fingerprints()
    {
        var hello = Hex.Bytes("802e 01 0301 0015 0000 0010  00002f 000035 000005 000004 00000a 000009 010080"
            + "00112233445566778899aabbccddeeff");
        Assert.Equal(Verdict.Yes, TlsParser.Probe(hello, Direction.ToServer, default));
        foreach (var piece in new[] { 1, 3, 100 })
        {
            var line = Assert.Single(Unanswered(hello, piece).Say(Direction.ToClient, Server12).End().Records);
            Assert.Contains("tls.cipher=49199", line, StringComparison.Ordinal);
            Assert.Contains("tls.client.version=769", line, StringComparison.Ordinal);
            Assert.DoesNotContain("tls.ja3=", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_is_not_tls_after_the_hello_is_broken_and_told_once()
    {
        var driver = Unanswered(Client.ClientRecord()).Say(Direction.ToClient, "HTTP/1.1 400 Bad Request\r\n"u8).End();
        Assert.Equal(ParseStatus.Broken, driver.LastStatus);
        Assert.StartsWith("tls !Partial, Malformed tls.sni=shop.example", Assert.Single(driver.Records),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Ciphertext_alone_is_no_handshake()
    {
        var driver = new StreamDriver(new TlsParser()).Say(Direction.ToServer, s_ciphertext).End();
        Assert.Equal(ParseStatus.Finished, driver.LastStatus);
        Assert.Empty(driver.Records);
    }

    [Fact]
    public void One_side_alone_ends_at_the_limit()
    {
        var driver = new StreamDriver(new TlsParser()).Say(Direction.ToClient, [.. Server12, .. s_changeCipher]);
        var record = HelloBuilder.Record(23, new byte[16_000]);
        for (var sent = 0; sent <= TlsParser.OneSidedBytesMax; sent += 16_000) driver.Say(Direction.ToClient, record);
        Assert.Equal(ParseStatus.Finished, driver.LastStatus);
        Assert.StartsWith("tls !Partial tls.version=771", Assert.Single(driver.Records), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gap_in_a_certificate_leaves_the_rest_readable()
    {
        var certificate = HelloBuilder.Record(22, HelloBuilder.Message(11, new byte[900]));
        var driver = Unanswered(Client.ClientRecord()).Say(Direction.ToClient, [.. Server12, .. certificate[..100]]);
        Assert.True(driver.Parser.TryResync(Direction.ToClient, 500, driver.Context));
        driver.Say(Direction.ToClient, [.. certificate[600..], .. s_changeCipher]).Say(Direction.ToServer, s_changeCipher);
        Assert.Equal(ParseStatus.Finished, driver.LastStatus);
        Assert.StartsWith("tls !Partial tls.sni=shop.example tls.version=771", Assert.Single(driver.Records),
            StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_gap_over_record_ends_the_other_side_is_read_on()
    {
        var driver = Unanswered(Client.ClientRecord()).Say(Direction.ToClient, Server12);
        Assert.True(driver.Parser.TryResync(Direction.ToClient, -1, driver.Context));
        driver.Say(Direction.ToClient, [1, 2, 3]).Say(Direction.ToServer, s_changeCipher);
        Assert.Equal(ParseStatus.Finished, driver.LastStatus);
        Assert.Single(driver.Records);
    }

    [Fact]
    public void A_key_share_longer_than_its_list_ends_it()
    {
        byte[] shares = [0, 29, 0, 1, 7, 0, 23, 0xff, 0xff, 1, 2, 3, 4, 5, 6];
        var driver = Unanswered(new HelloBuilder().Extension(51, HelloBuilder.Long(shares)).ClientRecord()).End();
        Assert.Contains(" tls.client.key_shares=[29, 23] ", Assert.Single(driver.Records), StringComparison.Ordinal);
    }

    [Fact]
    public void Drafts_keep_their_number()
    {
        // Draft 18: no session id, no compression, the version in the field.
        byte[] body = [0x7f, 0x12, .. new byte[32], 0x13, 0x01, 0, 4, 0, 40, 0, 0];
        var driver = Unanswered(Client.ClientRecord())
            .Say(Direction.ToClient, HelloBuilder.Record(22, HelloBuilder.Message(2, body))).End();
        Assert.Contains("tls.version=32530 tls.cipher=4865", Assert.Single(driver.Records), StringComparison.Ordinal);
    }

    [Fact]
    public void Reset_leaves_no_trace()
    {
        var parser = new TlsParser();
        var first = new StreamDriver(parser).Say(Direction.ToServer, Client.ClientRecord())
            .Say(Direction.ToClient, [.. Server12, .. s_changeCipher]).End();
        parser.Reset();
        var line = Assert.Single(new StreamDriver(parser)
            .Say(Direction.ToServer, new HelloBuilder { HasExtensions = false }.ClientRecord()).End().Records);
        Assert.Equal("tls !Partial tls.ja3=" + Ja3Of("771,4865,,,") + " tls.ja3_string=771,4865,,, "
            + "tls.ja4=t12i010000_0f2cb44170f4_000000000000 tls.client.version=771 tls.client.psk=false "
            + "tls.client.early_data=false tls.client.ech=false", line);
        Assert.Single(first.Records);
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var parser = new TlsParser();
        var sink = TestRecords.NewSink();
        var context = new ParseContext(sink);
        var (client, server) = (Client.ClientRecord(), (byte[])[.. Server12, .. s_changeCipher]);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var round = 0; round < 100; round++) Run();
        }));

        void Run()
        {
            context.NowNanos++;
            parser.Parse(client.AsSpan(0, 60), Direction.ToServer, context);
            parser.Parse(client.AsSpan(60), Direction.ToServer, context);
            parser.Parse(server, Direction.ToClient, context);
            parser.Parse(s_changeCipher, Direction.ToServer, context);
            Assert.True(sink.Count == 1);
            sink.Clear();
            parser.Reset();
        }
    }

    [Fact]
    public void No_bytes_throw()
    {
        var chance = new Random(20_240_601);
        var parser = new TlsParser();
        byte[][] says = [Client.ClientRecord(), [.. Server12, .. HelloBuilder.Record(22, HelloBuilder.Message(11,
            HelloBuilder.Long([0, 0, 40, .. new byte[40]]))), .. s_changeCipher]];
        for (var round = 0; round < 20_000; round++)
        {
            var driver = new StreamDriver(parser);
            for (var side = 0; side < 2; side++)
            {
                var bytes = (byte[])says[side].Clone();
                for (var flips = chance.Next(1, 6); flips > 0; flips--)
                {
                    bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
                }

                driver.Say((Direction)side, bytes.AsSpan(0, chance.Next(1, bytes.Length)), chance.Next(1, 200));
            }

            driver.End();
            Assert.True(driver.Records.Count <= 1);
            parser.Reset();
        }
    }

    private static StreamDriver Unanswered(byte[] client, int piece = int.MaxValue) =>
        new StreamDriver(new TlsParser()).Say(Direction.ToServer, client, piece);

    private static StreamDriver Tls13(int piece) => Unanswered(Client.ClientRecord(), piece)
        .Say(Direction.ToClient, [.. Server13, .. s_changeCipher, .. s_ciphertext], piece)
        .Say(Direction.ToServer, [.. s_changeCipher, .. s_ciphertext], piece);

    private static StreamDriver Tls12(int piece, byte[]? beforeEnd = null) => Unanswered(Client.ClientRecord(), piece)
        .Say(Direction.ToClient, [.. Server12, .. HelloBuilder.Record(22, HelloBuilder.Message(14, []))], piece)
        .Say(Direction.ToServer, [.. s_changeCipher, .. s_finished, .. beforeEnd ?? []], piece)
        .Say(Direction.ToClient, HelloBuilder.Record(22, HelloBuilder.Message(4, new byte[50])), piece)
        .Say(Direction.ToClient, [.. s_changeCipher, .. s_finished], piece);

    private static string WithoutTimes(StreamDriver driver)
    {
        var line = Assert.Single(driver.Records);
        var end = line.IndexOf(" tls.latency", StringComparison.Ordinal);
        return end < 0 ? line : line[..end];
    }

    private static string Ja3Of(string text)
    {
        var hash = new byte[Ja3.HashSize];
        Ja3.Hash(System.Text.Encoding.ASCII.GetBytes(text), hash);
        return System.Text.Encoding.ASCII.GetString(hash);
    }
}
