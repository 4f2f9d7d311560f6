using System.Text;
using NetSniff.Tests.Protocols.Tls;
using static NetSniff.Tests.Pipeline.TcpTalk;

namespace NetSniff.Tests.Pipeline;

/// <summary>Connections that a load balancer passes on, with its own words before the client's.</summary>
public sealed class ProxyHeaderTests
{
    private const string Text = "50524f58592054435034203139322e302e322e31203139322e302e322e322034303030302038300d0a";
    private const string Binary = "0d0a0d0a000d0a515549540a2111000c010203040506070804570050";

    private static ReadOnlySpan<byte> Get => "GET /one HTTP/1.1\r\nHost: a.test\r\n\r\n"u8;

    private static ReadOnlySpan<byte> Answer => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"u8;

    private static byte[] Hello => HelloBuilder.Record(
        22, HelloBuilder.Message(1, new HelloBuilder { Ciphers = [0xc02f] }.Name("shop.example").Client()));

    [Theory]
    [InlineData(Text, true)]
    [InlineData(Binary, true)]
    [InlineData(Text, false)]
    [InlineData(Binary, false)]
    public void Byte_by_byte(string header, bool isFromStart)
    {
        using var talk = new TcpTalk();
        if (isFromStart) talk.Open();
        byte[] said = [.. Hex.Bytes(header), .. Get];
        var at = 1001u;
        foreach (var one in said) talk.Client(at++, Ack, 5001, [one]);
        talk.Server(5001, Ack, at, Answer);
        Assert.Contains("http.uri=/one http.host=a.test http.status=200", Assert.Single(talk.Records("http")),
            StringComparison.Ordinal);
        Assert.Empty(talk.Losses());
    }

    [Theory]
    [InlineData(Text)]
    [InlineData(Binary)]
    public void Before_a_handshake(string header)
    {
        byte[] said = [.. Hex.Bytes(header), .. Hello];
        for (var cut = 1; cut <= said.Length; cut++)
        {
            using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, said.AsSpan(0, cut));
            if (cut < said.Length) talk.Client(1001 + (uint)cut, Ack, 5001, said.AsSpan(cut));
            Assert.Contains("tls.sni=shop.example", Assert.Single(talk.Records("tls")), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Text, "proxy proxy.version=1 proxy.client.ip=192.0.2.1 proxy.client.port=40000 "
        + "proxy.server.ip=192.0.2.2 proxy.server.port=80")]
    [InlineData(Binary, "proxy proxy.version=2 proxy.client.ip=1.2.3.4 proxy.client.port=1111 "
        + "proxy.server.ip=5.6.7.8 proxy.server.port=80")]
    [InlineData("0d0a0d0a000d0a515549540a20000000", null)]
    public void Whose_connection_it_is(string header, string? told)
    {
        byte[] said = [.. Hex.Bytes(header), .. Get];
        foreach (var cut in new[] { 3, said.Length - 1, said.Length })
        {
            using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, said.AsSpan(0, cut));
            if (cut < said.Length) talk.Client(1001 + (uint)cut, Ack, 5001, said.AsSpan(cut));
            talk.Server(5001, Ack, 1001 + (uint)said.Length, Answer);
            Assert.Equal(told is null ? [] : [told], talk.Records("proxy"));
        }
    }

    private static byte[] Question(char name) =>
        [.. Hex.Bytes("0001 0100 0001 0000 0000 0000 01"), (byte)name, .. Hex.Bytes("04 74657374 00 0001 0001")];

    private static byte[] Answered(char name)
    {
        byte[] bytes = [.. Question(name), .. Hex.Bytes("c00c 0001 0001 0000003c 0004 c0000207")];
        (bytes[2], bytes[7]) = (0x81, 1);
        return bytes;
    }

    /// <summary>As dnsdist does: one socket, many clients, and their names before each of their datagrams.</summary>
    [Fact]
    public void Before_datagrams()
    {
        var head = Hex.Bytes("0d0a0d0a000d0a515549540a2112000c");
        byte[] one = Hex.Bytes("c0000201 0a000001 1111 0035"), other = Hex.Bytes("c0000202 0a000001 2222 0035");
        using var wire = new Wire();
        wire.Udp('>', [.. head, .. one, .. Question('a')], serverPort: 5_300).Udp('<', Answered('a'), serverPort: 5_300)
            .Udp('>', [.. head, .. other, .. Question('b')], serverPort: 5_300)
            .Udp('<', Answered('b'), serverPort: 5_300)
            .Udp('>', Hex.Bytes("0d0a0d0a000d0a515549540a20000000"), serverPort: 5_300);
        var lines = wire.Finish();
        Assert.Equal(2, lines.Count(static line => line.StartsWith("dns ", StringComparison.Ordinal)));
        Assert.Contains(lines, static line => line.Contains("dns.qname=a.test", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.Contains("dns.qname=b.test", StringComparison.Ordinal));
        Assert.Equal(["192.0.2.1", "192.0.2.2"], lines
            .Where(static line => line.StartsWith("proxy ", StringComparison.Ordinal))
            .Select(static line => line.Split("proxy.client.ip=")[1].Split(' ')[0]));
        Assert.Equal(["dns"], wire.Names);
        Assert.Equal(0, wire.Shard.Counters.DatagramsBroken);
    }

    /// <summary>The server speaks first, but not before the balancer did.</summary>
    [Theory]
    [InlineData(Text)]
    [InlineData(Binary)]
    public void Before_mail_that_turns_to_tls(string header)
    {
        using var talk = new TcpTalk().Open();
        var (client, server) = (1001u, 5001u);
        Say(Hex.Bytes(header));
        Hear("220 mail.example ESMTP Postfix\r\n");
        Say("EHLO a.example\r\n"u8.ToArray());
        Hear("250-mail.example\r\n250 STARTTLS\r\n");
        Say("STARTTLS\r\n"u8.ToArray());
        Hear("220 2.0.0 Ready to start TLS\r\n");
        Say(Hello);
        Assert.Contains("tls.sni=shop.example", Assert.Single(talk.Records("tls")), StringComparison.Ordinal);

        void Say(byte[] bytes)
        {
            talk.Client(client, Ack, server, bytes);
            client += (uint)bytes.Length;
        }

        void Hear(string text)
        {
            talk.Server(server, Ack, client, Encoding.ASCII.GetBytes(text));
            server += (uint)text.Length;
        }
    }

    /// <summary>Both ways begin with bytes that could be a balancer's.</summary>
    /// <summary>A tunnel is a connection of its own, also behind a balancer's own words.</summary>
    [Fact]
    public void Before_a_tunnel_and_in_it()
    {
        using var talk = new TcpTalk().Open();
        byte[] asked = [.. Hex.Bytes(Text), .. "CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n\r\n"u8];
        byte[] inside = [.. Hex.Bytes(Text), .. Get];
        var agreed = "HTTP/1.1 200 OK\r\n\r\n"u8;
        var (client, server) = (1001u, 5001u);
        talk.Client(client, Ack, server, asked);
        client += (uint)asked.Length;
        talk.Server(server, Ack, client, agreed);
        server += (uint)agreed.Length;
        talk.Client(client, Ack, server, inside);
        talk.Server(server, Ack, client + (uint)inside.Length, Answer);
        var records = talk.Records("http");
        Assert.Equal(2, records.Count);
        Assert.Contains("http.uri=/one http.host=a.test http.status=200", records[^1], StringComparison.Ordinal);
        Assert.Empty(talk.Losses());
    }

    [Fact]
    public void What_only_begins_like_one_is_read_as_it_is()
    {
        var post = "POST /one HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n"u8;
        using var talk = new TcpTalk().Open();
        for (var at = 0; at < post.Length; at++) talk.Client(1001 + (uint)at, Ack, 5001, post.Slice(at, 1));
        talk.Server(5001, Ack, 1001 + (uint)post.Length, Answer);
        Assert.Contains("http.method=POST http.uri=/one", Assert.Single(talk.Records("http")),
            StringComparison.Ordinal);
    }

    /// <summary>As is what one says that is longer than is waited for: nobody claims it, and that is counted.</summary>
    [Fact]
    public void One_that_is_too_long_is_counted()
    {
        byte[] said = [.. Hex.Bytes("0d0a0d0a000d0a515549540a2111 0400"), .. new byte[0x400], .. Get];
        using var talk = new TcpTalk().Open().Client(1001, Ack, 5001, said)
            .Server(5001, Ack, 1001 + (uint)said.Length, Answer);
        Assert.DoesNotContain(talk.Records("http"), line => line.Contains("/one", StringComparison.Ordinal));
        Assert.Equal(1, Assert.Single(talk.Losses()).Value);
        Assert.Contains(talk.Losses(), static loss => loss.Key == "protocols: PROXY headers too long to wait for");
    }

    /// <summary>A reused conversation looks again.</summary>
    [Fact]
    public void One_connection_after_the_other()
    {
        byte[] said = [.. Hex.Bytes(Binary), .. Get];
        using var talk = new TcpTalk();
        for (var turn = 0; turn < 3; turn++)
        {
            talk.Open().Client(1001, Ack, 5001, said).Server(5001, Ack, 1001 + (uint)said.Length, Answer)
                .Client(1001 + (uint)said.Length, Rst);
        }

        Assert.Equal(3, talk.Records("http").Count(static line =>
            line.Contains("http.uri=/one http.host=a.test http.status=200", StringComparison.Ordinal)));
    }
}
