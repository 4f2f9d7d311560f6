using System.Text;
using NetSniff.Cli.Outputs.Eve;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Protocols.Dtls;
using NetSniff.Protocols.Quic;
using NetSniff.Records;
using NetSniff.Tests.Protocols.Quic;
using NetSniff.Tests.Protocols.Tls;

namespace NetSniff.Tests.Outputs.Eve;

public sealed class QuicEveTests
{
    [Fact]
    public void A_connection_is_one_event_as_suricata_has_it()
    {
        var hello = HelloBuilder.Message(1, new HelloBuilder().Name("shop.example").Protocols("h3", "h3-29")
            .Versions(0x0304).Extension(0x4469).Client());
        var driver = new FlowDriver(new QuicParser()).Say(Direction.ToServer,
            QuicBuilder.Seal(QuicBuilder.Crypto(0, hello), QuicBuilder.ClientId, version: QuicBuilder.Draft29)).End();
        var line = Assert.Single(Events(driver, QuicEve.Write));
        Assert.Contains("\"event_type\":\"quic\"", line, StringComparison.Ordinal);
        Assert.Contains("\"quic\":{\"version\":\"ff00001d\",\"sni\":\"shop.example\",\"ja3\":{\"hash\":\"", line,
            StringComparison.Ordinal);
        Assert.Contains("\",\"string\":\"771,4865,0-16-43-17513,,\"},\"ja4\":\"q13d0104h3_", line,
            StringComparison.Ordinal);
        Assert.EndsWith("\"extensions\":[{\"name\":\"server_name\",\"type\":0,\"values\":[\"shop.example\"]},"
            + "{\"name\":\"alpn\",\"type\":16,\"values\":[\"h3\",\"h3-29\"]},"
            + "{\"name\":\"supported_versions\",\"type\":43},{\"type\":17513}]}}", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Googles_versions_are_text()
    {
        byte[] datagram = [0x0d, .. QuicBuilder.ClientId, .. "Q043"u8, 1, .. new byte[16], .. "CHLO"u8, 1, 0, 0, 0,
            .. "UAID"u8, 3, 0, 0, 0, .. "a/1"u8];
        var driver = new FlowDriver(new QuicParser()).Say(Direction.ToServer, datagram).End();
        Assert.EndsWith("\"quic\":{\"version\":\"Q043\",\"ua\":\"a/1\"}}", Assert.Single(Events(driver, QuicEve.Write)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Dtls_is_a_tls_event_over_udp()
    {
        byte[] hello = new HelloBuilder { Version = 0xfefd, Cookie = [] }.Name("call.example").Client();
        byte[] length = [(byte)(hello.Length >> 16), (byte)(hello.Length >> 8), (byte)hello.Length];
        byte[] message = [1, .. length, 0, 0, 0, 0, 0, .. length, .. hello];
        byte[] record = [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, .. HelloBuilder.Long(message)];
        var driver = new FlowDriver(new DtlsParser());
        driver.Sink.Context.Protocol = IpProtocol.Udp;
        var line = Assert.Single(Events(driver.Say(Direction.ToServer, record).End(), TlsEve.Write));
        Assert.Contains("\"proto\":\"UDP\"", line, StringComparison.Ordinal);
        Assert.Contains("\"tls\":{\"sni\":\"call.example\",\"ja3\":{", line, StringComparison.Ordinal);
        Assert.Contains("\"ja4\":\"dd2d0101", line, StringComparison.Ordinal);
    }

    private static string[] Events(FlowDriver driver, EveProjection project)
    {
        using var output = new MemoryStream();
        var writer = new EveWriter(output);
        foreach (var record in new RecordWalker(driver.Sink.Bytes)) project(writer, record);
        return Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
