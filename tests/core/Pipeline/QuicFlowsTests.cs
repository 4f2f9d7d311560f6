using NetSniff.Tests.Protocols.Quic;
using NetSniff.Tests.Protocols.Tls;

namespace NetSniff.Tests.Pipeline;

/// <summary>Flows of QUIC that begin in the middle, and those with several connections.</summary>
public sealed class QuicFlowsTests
{
    private static readonly byte[] s_first = Hex.Bytes("8394c8f03e515708");
    private static readonly byte[] s_second = Hex.Bytes("1122334455667788");
    private static readonly byte[] s_one = [1, 1, 1, 1], s_other = [2, 2, 2, 2], s_server = [9, 9, 9, 9, 9, 9];
    private static readonly byte[] s_short = [0x41, .. s_server, .. Enumerable.Repeat((byte)0xa5, 40)];

    private static byte[] Ask(string name, byte[] target, byte[] source, byte[]? keyId = null, byte[]? token = null)
    {
        var hello = HelloBuilder.Message(1, new HelloBuilder().Name(name).Client());
        return QuicBuilder.Seal(
            QuicBuilder.Padded(QuicBuilder.Crypto(0, hello), 1150), target, source, keyId: keyId, token: token);
    }

    private static byte[] Answer(byte[] keyId, byte[] source, byte[] serverId) => QuicBuilder.Seal(
        QuicBuilder.Crypto(0, HelloBuilder.Message(2, new HelloBuilder().Server())), source, serverId, keyId: keyId,
        fromServer: true);

    private static string[] Told(Wire wire) =>
        [.. wire.Finish().Where(line => line.StartsWith("quic", StringComparison.Ordinal))];

    [Theory]
    [InlineData('<')]
    [InlineData('>')]
    public void One_side_of_a_handshake_has_its_name(char direction)
    {
        using var wire = new Wire();
        wire.Udp(direction, Answer(s_first, s_one, s_server), serverPort: 7_777);
        for (var turn = 0; turn < 20; turn++) wire.Udp(direction, s_short, serverPort: 7_777);
        Assert.Empty(Told(wire));
        Assert.Equal(["quic"], wire.Names);
    }

    /// <summary>The answer overtook the question on its way to the capture.</summary>
    [Theory]
    [InlineData('<', '>')]
    [InlineData('>', '<')]
    public void What_was_joined_is_told_of_when_it_begins_after_all(char server, char client)
    {
        using var wire = new Wire();
        wire.Udp(server, Answer(s_first, s_one, s_server)).Udp(client, Ask("shop.example", s_first, s_one))
            .Udp(server, Answer(s_first, s_one, s_server));
        Assert.StartsWith("quic quic.sni=shop.example ", Assert.Single(Told(wire)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("01010101", "02020202")]
    public void A_second_connection_between_the_same_sockets(string one, string other)
    {
        byte[] first = Hex.Bytes(one), second = Hex.Bytes(other);
        using var wire = new Wire();
        wire.Udp('>', Ask("one.example", s_first, first)).Udp('<', Answer(s_first, first, s_server));

        // The client's next, to the server's id, and a repeat of its first, begin nothing.
        wire.Udp('>', Ask("one.example", s_server, first, keyId: s_first));
        wire.Udp('>', Ask("one.example", s_first, first)).Udp('>', s_short).Udp('<', s_short);
        wire.Udp('>', Ask("two.example", s_second, second)).Udp('<', Answer(s_second, second, s_server));
        var lines = Told(wire);
        Assert.Collection(lines,
            line => Assert.StartsWith("quic quic.sni=one.example ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("quic quic.sni=two.example ", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.Contains(" quic.cipher=", line, StringComparison.Ordinal));
        Assert.Equal(["quic"], wire.Names);
    }

    [Fact]
    public void After_a_retry_neither_id_of_the_client_begins_another()
    {
        byte[] asked = [7, 7, 7, 7, 7, 7, 7, 7];
        using var wire = new Wire();
        wire.Udp('>', Ask("one.example", s_first, s_one))
            .Udp('<', QuicBuilder.Opaque(QuicBuilder.Retry, s_one, asked))
            .Udp('>', Ask("one.example", asked, s_one, token: [1, 2, 3])).Udp('<', Answer(asked, s_one, s_server))
            .Udp('>', Ask("one.example", asked, s_one, token: [1, 2, 3])).Udp('>', Ask("one.example", s_first, s_one));
        Assert.Single(Told(wire));
    }

    /// <summary>Nobody answers the first, or both are under way at once: each has ids of its own.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_second_one_while_the_first_is_under_way(bool hasIds)
    {
        byte[] one = hasIds ? s_one : [], other = hasIds ? s_other : [];
        using var wire = new Wire();
        wire.Udp('>', Ask("one.example", s_first, one)).Udp('>', Ask("two.example", s_second, other));
        if (hasIds)
        {
            wire.Udp('<', Answer(s_first, one, [8, 8, 8, 8]))
                .Udp('>', Ask("one.example", [8, 8, 8, 8], one, keyId: s_first));
        }

        wire.Udp('<', Answer(s_second, other, s_server));
        var lines = Told(wire);
        Assert.Collection(lines,
            line => Assert.StartsWith("quic !Partial quic.sni=one.example ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("quic quic.sni=two.example ", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.DoesNotContain("quic.problem", line, StringComparison.Ordinal));
    }

    /// <summary>Its retry was not captured: the token says that there was one.</summary>
    [Fact]
    public void A_new_id_with_a_token_is_the_same_connection()
    {
        using var wire = new Wire();
        wire.Udp('>', Ask("one.example", s_first, [])).Udp('>', Ask("one.example", s_second, [], token: [1, 2]))
            .Udp('<', Answer(s_second, [], s_server));
        Assert.Single(Told(wire));
    }
}
