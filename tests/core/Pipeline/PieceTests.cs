using NetSniff.Packets;
using Xunit;

namespace NetSniff.Tests.Pipeline;

/// <summary>Datagrams in pieces, counted into the flows they belong to.</summary>
public sealed class PieceTests
{
    private const ushort More = 0x2000;

    [Fact]
    public void A_datagram_in_hundreds_of_small_pieces_is_whole()
    {
        using var talk = new TcpTalk();
        Say(talk, sourcePort: 7, pieces: 600);
        var line = Assert.Single(talk.Records("flow"));
        Assert.Contains("flow.packets.toserver=600 ", line, StringComparison.Ordinal);

        // Only a whole datagram has a payload: 600 pieces of eight bytes, without UDP's header.
        Assert.Contains("flow.payload.toserver=4792 ", line, StringComparison.Ordinal);
    }

    /// <summary>A sender that numbers all its datagrams alike.</summary>
    [Fact]
    public void The_same_number_with_other_ports_is_another_datagram()
    {
        using var talk = new TcpTalk();
        Say(talk, sourcePort: 7, pieces: 3);
        Say(talk, sourcePort: 8, pieces: 4);
        Assert.Equal([3, 4], talk.Records("flow").Select(Packets).Order());
    }

    [Fact]
    public void A_repeated_datagram_is_counted_with_the_first()
    {
        using var talk = new TcpTalk();
        Say(talk, sourcePort: 7, pieces: 3);
        Say(talk, sourcePort: 7, pieces: 3);
        Assert.Equal([6], talk.Records("flow").Select(Packets));
    }

    [Fact]
    public void A_datagram_that_never_gets_whole_is_in_the_ledger()
    {
        using var talk = new TcpTalk();
        talk.Ip(IpProtocol.Udp, [0, 7, 0, 99, 0, 16, 0, 0], id: 77, fragment: More);
        Assert.Single(talk.Records("flow"));
        Assert.Equal([KeyValuePair.Create("fragments: datagrams that never got whole", 1L)], talk.Losses());
    }

    private static int Packets(string line)
    {
        const string Field = "flow.packets.toserver=";
        var start = line.IndexOf(Field, StringComparison.Ordinal) + Field.Length;
        return int.Parse(line.AsSpan(start, line.IndexOf(' ', start) - start), null);
    }

    private static void Say(TcpTalk talk, byte sourcePort, int pieces)
    {
        for (var piece = 0; piece < pieces; piece++)
        {
            var length = 8 * pieces;
            byte[] bytes = piece == 0 ? [0, sourcePort, 0, 99, (byte)(length >> 8), (byte)length, 0, 0] : new byte[8];
            talk.Ip(IpProtocol.Udp, bytes, id: 77, fragment: (ushort)(piece | (piece < pieces - 1 ? More : 0)));
        }
    }
}
