using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Tests.Protocols.Quic;
using NetSniff.Tests.Protocols.Tls;

namespace NetSniff.Tests.Pipeline;

/// <summary>How datagrams of a flow find their parser.</summary>
public sealed class ShardDatagramTests
{
    private static readonly byte[] s_stun = Hex.Bytes("0101 0000 2112a442 000102030405060708090a0b");

    private static byte[] DtlsHello
    {
        get
        {
            var hello = new HelloBuilder { Version = 0xfefd, Cookie = [] }.Name("call.example").Client();
            byte[] length = [0, (byte)(hello.Length >> 8), (byte)hello.Length];
            byte[] message = [1, .. length, 0, 0, 0, 0, 0, .. length, .. hello];
            return [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, .. HelloBuilder.Long(message)];
        }
    }

    private static byte[] QuicInitial
    {
        get
        {
            var hello = HelloBuilder.Message(1, new HelloBuilder().Name("shop.example").Client());
            return QuicBuilder.Seal(QuicBuilder.Padded(QuicBuilder.Crypto(0, hello), 1150), QuicBuilder.ClientId);
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(8, true)]   // behind the probing of everything
    [InlineData(31, true)]
    [InlineData(32, false)] // nobody looks any more
    public void Dtls_is_found_behind_the_stun_that_opens_a_call(int before, bool isFound)
    {
        var lines = Run([.. Enumerable.Repeat((s_stun, false), before), (DtlsHello, false)]);
        Assert.Equal(isFound, lines.Any(line => line.Contains("tls.sni=call.example", StringComparison.Ordinal)));
    }

    /// <summary>A name by one strange datagram (SNMPv3 here) is no reason to leave DNS unread on its own port.
    /// </summary>
    [Theory]
    [InlineData(53, true)]
    [InlineData(161, false)]
    public void Dns_is_found_behind_a_strange_datagram_on_its_own_port(ushort port, bool isFound)
    {
        var strange = Hex.Bytes(
            "3040 020103 300f 02030091c8 020205dc 040104 020103 0415 3013 0400 020100 020100 0405 61646d696e "
            + "0400 0400 3013 0400 0400 a00d 02030091c8 020100 020100 3000");
        var question = Hex.Bytes("0001 0100 0001 0000 0000 0000 0377777701610000010001");
        using var wire = new Wire();
        var lines = wire.Udp('>', strange, serverPort: port).Udp('>', question, serverPort: port).Finish();
        Assert.Equal(isFound, lines.Any(line => line.Contains("dns.qname=www.a", StringComparison.Ordinal)));
    }

    [Fact]
    public void Quic_whose_first_packet_came_from_the_server_is_turned_round()
    {
        var lines = Run(([0x41, .. new byte[40]], true), (QuicInitial, false));
        Assert.Contains(lines, line => line.Contains("quic.sni=shop.example", StringComparison.Ordinal));
    }

    [Fact]
    public void A_finished_connection_costs_and_says_nothing_more()
    {
        var hello = QuicBuilder.Crypto(0, HelloBuilder.Message(2, new HelloBuilder().Server()));
        var server = QuicBuilder.Seal(hello, [], [8], keyId: QuicBuilder.ClientId, fromServer: true);
        var lines = Run((QuicInitial, false), (server, true), (QuicInitial, false), (QuicInitial, false));
        Assert.Single(lines, line => line.StartsWith("quic", StringComparison.Ordinal));
    }

    /// <summary>Runs the datagrams of one flow and returns the records.</summary>
    private static List<string> Run(params (byte[] Bytes, bool IsAnswer)[] datagrams)
    {
        var lines = new Lines();
        using var shard = new Shard(new ShardOptions { FlowsMax = 1024 }, lines);
        for (var index = 0; index < datagrams.Length; index++)
        {
            var bytes = Udp(datagrams[index].Bytes, datagrams[index].IsAnswer);
            var frame = GCHandle.Alloc(bytes, GCHandleType.Pinned);
            shard.Run([new Frame(frame.AddrOfPinnedObject(), bytes.Length, bytes.Length, index + 1, LinkType.Raw)]);
            frame.Free();
        }

        shard.Finish();
        return lines.All;
    }

    private static byte[] Udp(byte[] payload, bool isAnswer)
    {
        byte[] client = [192, 0, 2, 1], server = [192, 0, 2, 2];
        byte[] clientPort = [0xc3, 0x50], serverPort = [0x1b, 0x58];
        var (length, datagram) = (28 + payload.Length, 8 + payload.Length);
        return
        [
            0x45, 0, (byte)(length >> 8), (byte)length, 0, 0, 0, 0, 64, 17, 0, 0, .. isAnswer ? server : client,
            .. isAnswer ? client : server, .. isAnswer ? serverPort : clientPort, .. isAnswer ? clientPort : serverPort,
            (byte)(datagram >> 8), (byte)datagram, 0, 0, .. payload,
        ];
    }

    private sealed class Lines : RecordConsumer
    {
        public List<string> All { get; } = [];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records)) All.Add(TestRecords.Line(record));
        }
    }
}
