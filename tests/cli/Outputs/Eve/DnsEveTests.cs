using System.Text;
using NetSniff.Cli.Outputs.Eve;
using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using NetSniff.Records;
using NetSniff.Tests.Protocols.Dns;
using Xunit;

namespace NetSniff.Tests.Outputs.Eve;

public sealed class DnsEveTests
{
    [Fact]
    public void An_exchange_is_two_events()
    {
        var lines = Events(new DatagramDriver(new DnsParser()).Ask(DnsBytes.Query(7, "www.a.test"))
            .Reply(DnsBytes.Address(7, "www.a.test")));
        Assert.Collection(
            lines,
            line => Assert.EndsWith(
                "\"dns\":{\"version\":3,\"type\":\"request\",\"tx_id\":0,\"id\":7,\"flags\":\"0100\","
                + "\"rd\":true,\"opcode\":0,\"queries\":[{\"rrname\":\"www.a.test\",\"rrtype\":\"A\"}]}}",
                line, StringComparison.Ordinal),
            line => Assert.EndsWith(
                "\"dns\":{\"version\":3,\"type\":\"response\",\"tx_id\":0,\"id\":7,\"flags\":\"8180\","
                + "\"qr\":true,\"rd\":true,\"ra\":true,\"opcode\":0,\"rcode\":\"NOERROR\","
                + "\"queries\":[{\"rrname\":\"www.a.test\",\"rrtype\":\"A\"}],"
                + "\"answers\":[{\"rrname\":\"www.a.test\",\"rrtype\":\"A\",\"ttl\":60,\"rdata\":\"192.0.2.7\"}]}}",
                line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(10, "[{\"rrname\":\"www.a\"}]")] // within the name
    [InlineData(3, "[{\"rrname\":\"www.a.test\"}]")] // behind it
    public void A_question_that_is_cut_has_no_type(int missing, string wanted)
    {
        var question = DnsBytes.Query(7, "www.a.test");
        var line = Assert.Single(Events(new DatagramDriver(new DnsParser()).Ask(question[..^missing]).End()));
        Assert.Contains("\"queries\":" + wanted, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(33, "0001 0002 01BB 01 62 C00C",
        "\"srv\":{\"priority\":1,\"weight\":2,\"port\":443,\"name\":\"b.a.test\"}")]
    [InlineData(15, "000A C00C", "\"rdata\":\"a.test\"")]
    [InlineData(44, "0102 ABCD", "\"sshfp\":{\"algo\":1,\"type\":2,\"fingerprint\":\"ab:cd\"}")]
    [InlineData(5, "02 FF61 00", "\"rdata\":\"\\\\xffa\"")]
    [InlineData(5, "03 612E62 00", "\"rdata\":\"a.b\"")]
    [InlineData(2, "00", "\"rdata\":\"\"")]
    [InlineData(6, "01 6D 00 01 72 00 00000001 00000002 00000003 00000004 00000005",
        "\"soa\":{\"mname\":\"m\",\"rname\":\"r\",\"serial\":1,\"refresh\":2,\"retry\":3,\"expire\":4,\"minimum\":5}")]
    public void Data_reads_as_suricata_has_it(int type, string data, string wanted)
    {
        var answer = DnsBytes.Answer(7, "a.test", type, 0x8180, DnsBytes.Record(type, 60, Hex.Bytes(data)));
        Assert.Contains(wanted, Assert.Single(Events(new DatagramDriver(new DnsParser()).Reply(answer))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_zone_transfer_has_one_request_and_a_response_for_each_message()
    {
        var driver = new StreamDriver(new DnsStreamParser());
        driver.Say(Direction.ToServer, DnsBytes.Framed(DnsBytes.Query(5, "zone.test", 252)));
        for (var message = 0; message < 3; message++)
        {
            driver.Say(Direction.ToClient, DnsBytes.Framed(DnsBytes.Answer(5, "zone.test", 252)));
        }

        Assert.Equal(
            ["request", "response", "response", "response"],
            Events(driver.Sink).Select(static line => line.Contains("\"request\"", StringComparison.Ordinal)
                ? "request"
                : "response"));
    }

    [Fact]
    public void Rcode_is_the_header_s_and_what_edns_adds_stands_beside_it()
    {
        byte[] bad = [.. DnsBytes.Header(7, 0x8180, 1, additional: 1), .. DnsBytes.Question("a.test"),
            .. Hex.Bytes("00 0029 1000 01000000 0000")];
        Assert.Contains(
            "\"rcode\":\"NOERROR\",\"extended_rcode\":\"BADVERS\"",
            Assert.Single(Events(new DatagramDriver(new DnsParser()).Reply(bad))), StringComparison.Ordinal);
    }

    private static string[] Events(DatagramDriver driver) => Events(driver.Context.Records);

    private static string[] Events(RecordSink records)
    {
        using var output = new MemoryStream();
        var writer = new EveWriter(output);
        foreach (var record in new RecordWalker(records.Bytes)) DnsEve.Write(writer, record);
        return Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
