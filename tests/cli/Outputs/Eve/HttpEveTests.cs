using System.Text;
using NetSniff.Cli.Outputs.Eve;
using NetSniff.Protocols;
using NetSniff.Protocols.Http;
using NetSniff.Protocols.Http1;
using NetSniff.Protocols.WebSocket;
using NetSniff.Records;
using Xunit;

namespace NetSniff.Tests.Outputs.Eve;

public sealed class HttpEveTests
{
    [Theory]
    [InlineData(
        "POST /a?b=1 HTTP/1.1\r\nHost: a.test:8080\r\nUser-Agent: u\r\nReferer: r\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /c\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 2\r\n\r\nhi",
        "\"http\":{\"hostname\":\"a.test\",\"http_port\":8080,\"url\":\"/a?b=1\",\"http_user_agent\":\"u\","
        + "\"http_content_type\":\"text/html\",\"http_refer\":\"r\",\"http_method\":\"POST\",\"protocol\":\"HTTP/1.1\","
        + "\"status\":302,\"redirect\":\"/c\",\"length\":2}}")]
    [InlineData(
        "GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n", "",
        "\"http\":{\"hostname\":\"[2001:db8::1]\",\"http_port\":81,\"url\":\"/\",\"http_method\":\"GET\","
        + "\"protocol\":\"HTTP/1.1\"}}")]
    [InlineData(
        "GET / HTTP/1.1\r\nHost: 2001:db8::1\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
        "\"http\":{\"hostname\":\"2001:db8::1\",\"url\":\"/\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\","
        + "\"status\":100}}")]
    [InlineData(
        "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        "\"http\":{\"url\":\"/\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":101,\"length\":0}}")]
    [InlineData(
        "<html>\r\n\r\n", "",
        "\"anomaly\":{\"app_proto\":\"http\",\"type\":\"applayer\",\"event\":\"request-line\","
        + "\"layer\":\"proto_parser\"}}")]
    public void An_exchange_is_one_event(string asked, string answered, string wanted)
    {
        var driver = new StreamDriver(new Http1Parser()).Say(Direction.ToServer, Encoding.ASCII.GetBytes(asked));
        driver.Say(Direction.ToClient, Encoding.ASCII.GetBytes(answered)).End();
        Assert.EndsWith(wanted, Assert.Single(Events(driver.Sink, HttpEve.Write)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_grpc_call_has_its_headers_and_its_parts()
    {
        var sink = TestRecords.NewSink();
        var asked = new TextListBuilder(stackalloc byte[128]);
        asked.Add(":method: POST"u8);
        asked.Add("content-type: application/grpc"u8);
        var answered = new TextListBuilder(stackalloc byte[128]);
        answered.Add("grpc-status: 0"u8);
        sink.Emit(
            new HttpRecord
            {
                Version = "2"u8, Method = "POST"u8, Uri = "/s.S/M"u8, Status = 200, HasResponse = true,
                StreamId = 1, HasStreamId = true, RequestContentType = "application/grpc"u8,
                RequestHeaders = asked.List, ResponseHeaders = answered.List, IsGrpc = true,
                GrpcService = "s.S"u8, GrpcMethod = "M"u8, GrpcStatus = 0, HasGrpcStatus = true,
            }, 0, RecordTraits.None);
        Assert.EndsWith(
            "\"http\":{\"version\":\"2\",\"url\":\"/s.S/M\",\"request_content_type\":\"application/grpc\","
            + "\"http_method\":\"POST\",\"status\":200,\"length\":0,"
            + "\"request_headers\":[{\"name\":\":method\",\"value\":\"POST\"},"
            + "{\"name\":\"content-type\",\"value\":\"application/grpc\"}],"
            + "\"response_headers\":[{\"name\":\"grpc-status\",\"value\":\"0\"}],"
            + "\"http2\":{\"stream_id\":1,\"request\":{},\"response\":{}},"
            + "\"grpc\":{\"service\":\"s.S\",\"method\":\"M\",\"code\":0}}}",
            Assert.Single(Events(sink, HttpEve.Write)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_websocket_connection_is_one_event_if_it_was_used()
    {
        var used = new StreamDriver(new WebSocketParser())
            .Say(Direction.ToServer, [0x81, 0x82, 0, 0, 0, 0, (byte)'h', (byte)'i', 0x89, 0x80, 0, 0, 0, 0])
            .Say(Direction.ToClient, [0x81, 0x01, (byte)'x', 0x88, 0x02, 0x03, 0xE8]).End();
        Assert.EndsWith(
            "\"websocket\":{\"frames\":4,\"ops\":{\"text\":2,\"connection_close\":1,\"ping\":1},\"masked\":2,"
            + "\"bytes_toserver\":2,\"bytes_toclient\":3,\"compress\":false,\"close_code\":1000}}",
            Assert.Single(Events(used.Sink, WebSocketEve.Write)), StringComparison.Ordinal);
        Assert.Empty(Events(new StreamDriver(new WebSocketParser()).End().Sink, WebSocketEve.Write));
    }

    private static string[] Events(RecordSink sink, EveProjection project)
    {
        using var output = new MemoryStream();
        var writer = new EveWriter(output);
        foreach (var record in new RecordWalker(sink.Bytes)) project(writer, record);
        return Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
