using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using Xunit;

namespace NetSniff.Tests.Protocols.Dns;

/// <summary>What most exchanges look like is read by shorter ways, which must say what the long ones do.</summary>
public sealed class DnsShortWaysTests
{
    private const int Seed = 2308;
    private const string Name = "www.Example.com";

    private static readonly string[] s_lists =
        ["dns.answers.names", "dns.answers.types", "dns.answers.ttls", "dns.answers.data", "dns.cut", "dns.problem"];

    /// <summary>With the top bit of its class set an address is the same, and takes the way of all records.</summary>
    private static byte[] Flushed(byte[] record) => [.. record[..4], 0x80, .. record[5..]];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(600)]
    public void Addresses_are_listed_alike_by_both_ways(int count)
    {
        var random = new Random(Seed);
        byte[][] records = [.. Enumerable.Range(0, count).Select(_ =>
        {
            var octets = new byte[4];
            random.NextBytes(octets);
            return DnsBytes.Record(1, random.Next(65536), octets);
        })];
        var name = string.Join('.', Enumerable.Repeat("abcdefghijkl", 4)); // so that names run out of room too
        Assert.Equal(
            Select(DnsBytes.Answer(7, name, records: [.. records.Select(Flushed)])),
            Select(DnsBytes.Answer(7, name, records: records)));
    }

    [Fact]
    public void An_address_reads_the_same_however_its_owner_is_written()
    {
        var record = DnsBytes.Record(1, 60, [192, 0, 2, 7]);
        byte[] spelt = [.. DnsBytes.Name(Name), .. record[2..]];
        // To the header by way of another pointer: the owner of the answer before, 12 + 17 + 4 bytes in.
        byte[] again = [0xC0, 33, .. record[2..]];
        var answers = Select(DnsBytes.Answer(7, Name, records: [record, spelt, again]));
        Assert.StartsWith(
            $"[{Name}, {Name}, {Name}] [1, 1, 1] [60, 60, 60] [192.0.2.7, 192.0.2.7, 192.0.2.7] ", answers);
    }

    [Fact]
    public void Wrong_lengths_and_classes_are_no_addresses()
    {
        var three = DnsBytes.Record(1, 60, [192, 0, 2]);
        var chaos = DnsBytes.Record(1, 60, [192, 0, 2, 7]);
        chaos[5] = 3;
        Assert.EndsWith("[c00002, c0000207] false rdata", Select(DnsBytes.Answer(7, Name, records: [three, chaos])));
    }

    [Fact]
    public void An_address_cut_off_is_short()
    {
        var message = DnsBytes.Answer(7, Name, records: [DnsBytes.Record(1, 60, [192, 0, 2, 7])]);
        Assert.EndsWith(" short", Select(message[..^1]));
    }

    /// <summary>Where two questions wait, each answer is looked for; where one does, it is compared first. Whatever
    /// becomes of an answer, it must become of it in both.</summary>
    [Fact]
    public void An_answer_is_paired_alike_beside_another_question_and_alone()
    {
        var random = new Random(Seed);
        string[] fields =
        [
            "dns.id", "dns.has_query", "dns.has_response", "dns.qname", "dns.qtype", "dns.rd", "dns.answers.data",
            "dns.problem",
        ];
        var paired = 0;
        for (var round = 0; round < 4_000; round++)
        {
            var answer = DnsBytes.Address(0x1234, round % 3 == 0 ? Name.ToUpperInvariant() : Name);
            if (round % 7 == 0) answer = [.. DnsBytes.Header(0x1234, 0x8183, 0)];
            if (round % 2 == 0) answer[random.Next(answer.Length)] ^= (byte)(1 << random.Next(8));
            var direction = round % 11 == 0 ? Direction.ToServer : Direction.ToClient;
            var alone = new DatagramDriver(new DnsParser()).Ask(DnsBytes.Query(0x1234, Name)).Say(direction, answer);
            var beside = new DatagramDriver(new DnsParser()).Ask(DnsBytes.Query(0xEDCB, "other.test"))
                .Ask(DnsBytes.Query(0x1234, Name)).Say(direction, answer);
            Assert.Equal(alone.LastResult, beside.LastResult);
            Assert.Equal(alone.Select(fields), beside.Select(fields));
            if (alone.Brief is [var only] && only.Contains("true true", StringComparison.Ordinal)) paired++;
        }

        Assert.InRange(paired, 1_000, 3_900);
    }

    private static string Select(byte[] answer) =>
        Assert.Single(new DatagramDriver(new DnsParser()).Reply(answer).Select(s_lists));
}
