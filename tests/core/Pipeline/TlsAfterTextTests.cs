using NetSniff.Tests.Protocols.Tls;

namespace NetSniff.Tests.Pipeline;

/// <summary>TLS that begins after something else, when the capture began in between.</summary>
public sealed class TlsAfterTextTests
{
    private static byte[] Client => Hello(1, new HelloBuilder { Ciphers = [0xc02f] }.Name("db.example").Client());

    private static byte[] Server => Hello(2, new HelloBuilder { Ciphers = [0xc02f] }.Server());

    /// <summary>PostgreSQL's server says S to a client that asks for TLS. Protocols wait for more of what begins so.
    /// </summary>
    [Fact]
    public void The_answer_to_a_question_not_captured_is_not_taken_for_the_handshake()
    {
        using var talk = new TcpTalk();
        talk.Server(5001, TcpTalk.Ack, 1001, "S"u8)
            .Client(1001, TcpTalk.Ack, 5002, Client)
            .Server(5002, TcpTalk.Ack, (uint)(1001 + Client.Length), Server);
        var line = Assert.Single(talk.Records("tls"));
        Assert.Contains(" tls.sni=db.example ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.cipher=49199 ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Malformed", line, StringComparison.Ordinal);
    }

    /// <summary>What is held of the side that answers first is read all the same when it is TLS.</summary>
    [Fact]
    public void The_beginning_of_an_answer_captured_before_its_question_is_kept()
    {
        using var talk = new TcpTalk();
        talk.Open().Server(5001, TcpTalk.Ack, 1001, Server.AsSpan(0, 3))
            .Client(1001, TcpTalk.Ack, 5001, Client)
            .Server(5004, TcpTalk.Ack, (uint)(1001 + Client.Length), Server.AsSpan(3));
        Assert.Contains(" tls.cipher=49199 ", Assert.Single(talk.Records("tls")), StringComparison.Ordinal);
    }

    private static byte[] Hello(byte type, byte[] body) => HelloBuilder.Record(22, HelloBuilder.Message(type, body));
}
