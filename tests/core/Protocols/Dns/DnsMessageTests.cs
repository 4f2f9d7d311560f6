using System.Text;
using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using Xunit;

namespace NetSniff.Tests.Protocols.Dns;

/// <summary>What single messages read as, names and malformed ones above all.</summary>
public sealed class DnsMessageTests
{
    public static TheoryData<string, string, string> Names => new()
    {
        { "plain", "03 777777 01 61 00", "www.a" },
        { "the root", "00", "." },
        { "dot inside a label", "03 612E62 00", "a\\.b" },
        { "backslash", "03 615C62 00", "a\\\\b" },
        { "control and high octets", "04 61 00 FF 7F 00", "a\\000\\255\\127" },
        { "UTF-8 stays", "02 C3A9 00", "\u00e9" },
        { "blanks and signs stay", "05 61 20 28 22 29 00", "a (\")" },
        { "upper case stays", "02 5757 00", "WW" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Names_read(string about, string wire, string text)
    {
        byte[] message = [.. DnsBytes.Header(1, 0x0100, 1), .. Hex.Bytes(wire), 0, 1, 0, 1];
        var names = new DatagramDriver(new DnsParser()).Ask(message).End().Select("dns.qname", "dns.problem");
        Assert.True(Latin(text) + " -" == Assert.Single(names), about);
    }

    public static TheoryData<string, string, string> Malformed => new()
    {
        {
            "ends in the second record",
            "0001 8180 0001 0002 0000 0000 01 61 00 0001 0001  C00C 0001 0001 0000003C 0004 C0000207  C00C 0001",
            "short"
        },
        {
            "first question's name points to the second's",
            "0001 0100 0002 0000 0000 0000 C012 0001 0001 01 61 00 0001 0001",
            "pointer"
        },
        {
            "answer's name points out of the message",
            "0001 8180 0001 0001 0000 0000 01 61 00 0001 0001  C040 0001 0001 0000003C 0004 C0000207",
            "pointer"
        },
        {
            "answer's name points to itself",
            "0001 8180 0001 0001 0000 0000 01 61 00 0001 0001  C013 0001 0001 0000003C 0004 C0000207",
            "pointer"
        },
        {
            "pointers that chase each other",
            "0001 8180 0001 0001 0000 0000 01 61 00 0001 0001  C00C 0005 0001 0000003C 0004 01 62 C01F",
            "pointer"
        },
        {
            "label of an old type",
            "0001 8180 0001 0001 0000 0000 01 61 00 0001 0001  4161 0001 0001 0000003C 0004 C0000207",
            "label"
        },
        {
            "address of five octets",
            "0001 8180 0001 0001 0000 0000 01 61 00 0001 0001  C00C 0001 0001 0000003C 0005 C000020700",
            "rdata"
        },
        {
            "address of three octets",
            "0001 8180 0001 0001 0000 0000 01 61 00 0001 0001  C00C 0001 0001 0000003C 0003 C00002",
            "rdata"
        },
        {
            "name runs out of its data",
            "0001 8180 0001 0001 0000 0000 01 61 00 0001 0001  C00C 0005 0001 0000003C 0002 05 62",
            "short"
        },
        { "bytes behind the end", "0001 8180 0001 0000 0000 0000 01 61 00 0001 0001  DEAD", "trailing-bytes" },
        { "question ends in its name", "0001 0100 0001 0000 0000 0000 06 616263646566", "short" },
        {
            "two OPT records",
            "0001 8180 0001 0000 0000 0002 01 61 00 0001 0001 00 0029 1000 00000000 0000 00 0029 1000 00000000 0000",
            "edns"
        },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_messages_say_what_could_be_read(string about, string wire, string problem)
    {
        var bytes = Hex.Bytes(wire);
        var direction = (bytes[2] & 0x80) != 0 ? Direction.ToClient : Direction.ToServer;
        var driver = new DatagramDriver(new DnsParser()).Say(direction, bytes).End();
        Assert.True(driver.LastResult == DatagramResult.Done, about);
        var line = Assert.Single(driver.Records);
        Assert.Contains("Malformed", line, StringComparison.Ordinal);
        Assert.True(line.EndsWith($"dns.problem={problem}", StringComparison.Ordinal), about + ": " + line);
    }

    public static TheoryData<string, string> Unreadable => new()
    {
        { "nothing", "" },
        { "eleven bytes", "0001 0100 0001 0000 0000 00" },
        { "pointer as the first name", "0001 0100 0001 0000 0000 0000 C00C 0001 0001" },
        { "a question of nothing", "0001 0100 0000 0000 0000 0000" },
        { "text", "474554202F20485454502F312E310D0A486F73743A20612E746573740D0A0D0A" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void Unreadable_messages_are_broken(string about, string wire)
    {
        var driver = new DatagramDriver(new DnsParser()).Ask(Hex.Bytes(wire)).End();
        Assert.True(driver.LastResult == DatagramResult.Broken, about);
        Assert.Empty(driver.Records);
    }

    [Fact]
    public void A_truncated_answer_may_stop_anywhere()
    {
        byte[] message = [.. DnsBytes.Header(1, 0x8380, 1, 3), .. DnsBytes.Question("a.test"), 0xC0, 0x0C, 0];
        Assert.DoesNotContain("problem", Assert.Single(new DatagramDriver(new DnsParser()).Reply(message).Records));
    }

    [Fact]
    public void A_name_of_255_octets_is_read_and_one_of_256_is_not()
    {
        var longest = string.Join('.', "abc".Select(letter => new string(letter, 63))) + '.' + new string('d', 61);
        Assert.Equal(
            [longest],
            new DatagramDriver(new DnsParser()).Ask(DnsBytes.Query(1, longest)).End().Select("dns.qname"));

        var driver = new DatagramDriver(new DnsParser()).Ask(DnsBytes.Query(1, longest + "d"));
        Assert.Equal(DatagramResult.Broken, driver.LastResult);
    }

    /// <summary>An error without its question is told with all that the asker asked, and the next message with nothing
    /// of it.</summary>
    [Fact]
    public void Of_several_questions_none_is_lost_where_the_answer_repeats_none()
    {
        byte[] two =
            [.. DnsBytes.Header(1, 0x0100, 2), .. DnsBytes.Question("a.test"), .. DnsBytes.Question("b.test", 28)];
        var driver = new DatagramDriver(new DnsParser()).Ask(two).Reply(DnsBytes.Header(1, 0x8184, 0))
            .Ask(DnsBytes.Query(2, "c.test")).Reply(DnsBytes.Address(2, "c.test"));
        Assert.Equal(
            ["a.test [a.test, b.test] [1, 28] NOTIMP", "c.test - - NOERROR"],
            driver.Select("dns.qname", "dns.questions.names", "dns.questions.types", "dns.rcode_name"));
    }

    [Fact]
    public void Many_answers_are_cut_and_say_so()
    {
        var records = Enumerable.Range(0, 300).Select(n => DnsBytes.Record(1, n, [10, 0, (byte)(n >> 8), (byte)n]));
        var line = Assert.Single(new DatagramDriver(new DnsParser())
            .Reply(DnsBytes.Answer(1, "a.test", 1, 0x8180, [.. records])).Records);
        Assert.Contains("dns.answers.count=300", line, StringComparison.Ordinal);
        Assert.Contains("10.0.0.255]", line, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.1.0", line, StringComparison.Ordinal);
        Assert.Contains("dns.cut=true", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_section_is_read_and_edns_apart()
    {
        byte[] message =
        [
            .. DnsBytes.Header(1, 0x8403, 1, 0, 1, 2), .. DnsBytes.Question("a.test"),
            .. DnsBytes.Record(2, 300, DnsBytes.Name("ns.test")), .. DnsBytes.Record(1, 301, [192, 0, 2, 1]),
            .. Hex.Bytes("00 0029 04D0 01008000 000B 0008 0007 0001 1800 C00002"),
        ];
        Assert.Equal(
            ["[2] [300] [ns.test] [1] [301] [192.0.2.1] 19 BADMODE 1232 0 true 192.0.2.0/24"],
            new DatagramDriver(new DnsParser()).Reply(message).Select(
                "dns.authority.types", "dns.authority.ttls", "dns.authority.data", "dns.additional.types",
                "dns.additional.ttls", "dns.additional.data", "dns.rcode", "dns.rcode_name", "dns.edns.size",
                "dns.edns.version", "dns.edns.do", "dns.edns.client_subnet"));
    }

    [Fact]
    public void What_the_asker_takes_is_read_from_the_question()
    {
        byte[] query =
        [
            .. DnsBytes.Header(1, 0x0110, 1, 0, 0, 1), .. DnsBytes.Question("a.test"),
            .. Hex.Bytes("00 0029 1000 00008000 0000"),
        ];
        Assert.Equal(["4096 true true"], new DatagramDriver(new DnsParser()).Ask(query)
            .Reply(DnsBytes.Address(1, "a.test")).Select("dns.edns.size", "dns.edns.do", "dns.cd"));
    }

    [Fact]
    public void Multicast_says_every_message_and_who_answered_is_the_server()
    {
        byte[] query =
        [
            .. DnsBytes.Header(0, 0, 2), .. DnsBytes.Question("_http._tcp.local", 12),
            .. DnsBytes.Question("a.local", 255, 0x8001),
        ];
        byte[] answer =
        [
            .. DnsBytes.Header(0, 0x8400, 0, 1), .. DnsBytes.Name("_http._tcp.local"),
            .. Hex.Bytes("000C 8001 00001194 0004 01 61 C00C"),
        ];
        var driver = new DatagramDriver(new MdnsParser()).Ask(query).Ask(answer);
        Assert.Equal(
            [
                "true false _http._tcp.local [_http._tcp.local, a.local] [12, 255] -",
                "false true - - - [a._http._tcp.local]",
            ],
            driver.Select("dns.has_query", "dns.has_response", "dns.qname", "dns.questions.names",
                "dns.questions.types", "dns.answers.data"));
        Assert.DoesNotContain(driver.Records, line => line.Contains("Partial", StringComparison.Ordinal));
    }

    [Fact]
    public void No_bytes_throw()
    {
        var random = new Random(20240607);
        byte[] good = [.. DnsBytes.Address(1, "www.example.test"), .. DnsBytes.Record(6, 1, [1, 97, 0, 0xC0, 12])];
        var driver = new DatagramDriver(new DnsParser());
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = (byte[])good.Clone();
            for (var change = random.Next(1, 8); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            driver.Say((Direction)(round & 1), bytes[..random.Next(bytes.Length + 1)]);
            if (round % 100 == 0) driver.Context.Records.Clear();
        }
    }

    private static string Latin(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
