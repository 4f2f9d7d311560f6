using NetSniff.Protocols.Dns;
using Xunit;

namespace NetSniff.Tests.Protocols.Dns;

/// <summary>Record data as text: what dig would print.</summary>
public sealed class DnsDataTests
{
    // A pointer C00C leads to the name asked for: q.test.
    public static TheoryData<string, int, string, string> Data => new()
    {
        { "A", 1, "C0000207", "192.0.2.7" },
        { "AAAA", 28, "20010DB8 00000000 00000000 00000001", "2001:db8::1" },
        { "CNAME", 5, "03 777777 C00C", "www.q.test" },
        { "NS to the root", 2, "00", "." },
        { "PTR", 12, "C00C", "q.test" },
        { "MX", 15, "000A 02 6D78 C00C", "10 mx.q.test" },
        { "TXT of two strings", 16, "03 613D62 02 2E5C", "a=b .\\\\" },
        {
            "SOA", 6,
            "01 6D C00C 01 72 C00C 00000001 00000002 00000003 00000004 FFFFFFFF",
            "m.q.test r.q.test 1 2 3 4 4294967295"
        },
        { "SRV", 33, "0001 0002 01BB C00C", "1 2 443 q.test" },
        { "NAPTR", 35, "0064 000A 01 55 07 4532552B736970 00 00", "100 10 \"U\" \"E2U+sip\" \"\" ." },
        { "CAA", 257, "00 05 6973737565 63612E74657374", "0 issue \"ca.test\"" },
        { "DS", 43, "EC45 08 02 DEADBEEF", "60485 8 2 deadbeef" },
        { "DNSKEY", 48, "0101 03 08 0102030405", "257 3 8 AQIDBAU=" },
        { "RRSIG", 46, "0001 08 02 0000003C 00000002 00000001 EC45 C00C 0102", "A 8 2 60 2 1 60485 q.test AQI=" },
        { "NSEC", 47, "01 62 C00C 0006 400000000003 0101 40", "b.q.test A RRSIG NSEC CAA" },
        { "NSEC3", 50, "01 00 000A 02 AABB 05 0011223344 0001 40", "1 0 10 aabb 008i4cq4 A" },
        { "NSEC3PARAM without salt", 51, "01 00 0000 00", "1 0 0 -" },
        { "TLSA", 52, "03 01 01 ABCD", "3 1 1 abcd" },
        { "SSHFP", 44, "04 02 ABCD", "4 2 abcd" },
        {
            "HTTPS", 65,
            "0001 00 0001 0006 02 6832 02 6833 0003 0002 01BB 0004 0004 C0000207",
            "1 . alpn=h2,h3 port=443 ipv4hint=192.0.2.7"
        },
        { "HTTPS with ECH and an unknown key", 65, "0001 00 0005 0003 010203 0010 0001 FF", "1 . ech=AQID key16=ff" },
        { "SVCB alias", 64, "0000 C00C", "0 q.test" },
        { "URI", 256, "000A 0001 66 74 70", "10 1 \"ftp\"" },
        { "HINFO", 13, "01 61 01 62", "a b" },
        { "a type we do not know", 65280, "01020304", "01020304" },
        { "deleted by update", 1, "", "" },
    };

    [Theory]
    [MemberData(nameof(Data))]
    public void Reads(string about, int type, string data, string text)
    {
        var answer = DnsBytes.Answer(1, "q.test", type, 0x8180, DnsBytes.Record(type, 60, Hex.Bytes(data)));
        var driver = new DatagramDriver(new DnsParser()).Reply(answer);
        Assert.True($"[{text}] -" == Assert.Single(driver.Select("dns.answers.data", "dns.problem")),
            about + ": " + driver.Select("dns.answers.data", "dns.problem")[0]);
    }

    [Theory]
    [InlineData(1, "A")]
    [InlineData(65, "HTTPS")]
    [InlineData(257, "CAA")]
    [InlineData(54, "TYPE54")]
    [InlineData(65535, "TYPE65535")]
    public void Types_have_names(int type, string name) => Assert.Equal(
        [name],
        new DatagramDriver(new DnsParser()).Ask(DnsBytes.Query(1, "a.test", type)).End().Select("dns.qtype_name"));
}
