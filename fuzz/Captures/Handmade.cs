using System.Text;
using NetSniff.Packets;

namespace NetSniff.Fuzz.Captures;

/// <summary>Connections and datagrams written by hand: seeds and test cases where there is no corpus.</summary>
internal static class Handmade
{
    private const int SegmentBytesMax = 1448;
    private const long Millisecond = 1_000_000;
    private static readonly Address s_client = Address.FromBytes([192, 0, 2, 10]);
    private static readonly Address s_server = Address.FromBytes([198, 51, 100, 20]);

    /// <summary>One connection of each kind.</summary>
    public static IReadOnlyList<Talk> Talks { get; } =
    [
        Say(80,
            "GET /a?x=1 HTTP/1.1\r\nHost: a.test\r\nUser-Agent: seed\r\nAccept: */*\r\n\r\n",
            "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world",
            "POST /b HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;x=y\r\nabcde\r\n0\r\nX-Trailer: t\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "HEAD /c HTTP/1.0\r\n\r\n",
            "HTTP/1.0 304 Not Modified\r\nConnection: close\r\n\r\n"),
        new(50001, 80,
        [
            Client("GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"u8
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"u8),
            Server("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"u8
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"u8),
            new(false, Hex("81 85 01020304 69676F686E  89 80 01020304")),
            new(true, Hex("01 03 616263  80 02 6465  8A 00  82 7E 0100") ),
            new(true, new byte[256]),
            new(false, Hex("88 82 01020304 02EA")),
            new(true, Hex("88 02 03E8")),
        ]),
        new(50002, 8080,
        [
            Client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8),
            // SETTINGS; HEADERS on stream 1: GET, /, http, "a.test" by literals, gRPC content type
            new(false, Hex("000006 04 00 00000000 0003 00000064")),
            new(false, Hex("00002F 01 04 00000001 83 86 44 06 2F732E532F4D 41 06 612E74657374"
                + "5F 10 6170706C69636174696F6E2F67727063 40 02 7465 08 747261696C657273")),
            new(false, Hex("000007 00 01 00000001 00 00000002 0801")),
            new(true, Hex("000000 04 00 00000000 000000 04 01 00000000")),
            new(true, Hex("000013 01 04 00000001 88 5F 10 6170706C69636174696F6E2F67727063")),
            new(true, Hex("000007 00 00 00000001 00 00000002 0802")),
            new(true, Hex("00000E 01 05 00000001 40 0B 677270632D737461747573 01 30")),
            new(false, Hex("000008 06 00 00000000 0102030405060708 000004 03 00 00000001 00000008")),
            new(true, Hex("000008 07 00 00000000 00000001 00000000")),
        ]),
        new(50003, 443,
        [
            new(false, ClientHello("a.test")),
            new(true, Hex("16 0303 0030 02 00002C 0303" + new string('7', 64)
                + "00 1301 00 0004 0017 0000 16 0303 0004 0E 000000")),
            new(true, Hex("14 0303 0001 01 17 0303 0004 DEADBEEF")),
            new(false, Hex("14 0303 0001 01 17 0303 0003 ABCDEF 15 0303 0002 0100")),
        ]),
        new(50004, 53,
        [
            new(false, [0, 25, .. Question(1, 7)]),
            new(true, [0, 41, .. Answer(1, 7)]),
        ]),
    ];

    /// <summary>Datagrams, with the port they go to; odd ones come back from there.</summary>
    public static IReadOnlyList<(ushort Port, bool IsFromServer, byte[] Bytes)> Datagrams { get; } =
    [
        (53, false, Question(1, 7)), (53, true, Answer(1, 7)),
        (5353, false, Question(1, 0)), (5353, true, Answer(1, 0)),
        (5355, false, Question(28, 9)), (5355, true, Answer(1, 9)),
    ];

    /// <summary>All of it as a capture: connections with handshake and end, then datagrams.</summary>
    public static IReadOnlyList<CapturedFrame> Capture() => [.. Segments().Select(FrameBuilder.Ethernet)];

    public static IEnumerable<Segment> Segments()
    {
        var time = 1_700_000_000_000_000_000L;
        foreach (var talk in Talks)
        {
            foreach (var segment in Segments(talk, time)) yield return segment;
            time += 1_000 * Millisecond;
        }

        foreach (var (port, isFromServer, bytes) in Datagrams)
        {
            var ends = new Ends(s_client, s_server, 40000, port);
            yield return new Segment(isFromServer ? ends.Reversed : ends, bytes, time);
            time += Millisecond;
        }
    }

    /// <summary>A connection as its segments.</summary>
    public static IEnumerable<Segment> Segments(Talk talk, long time)
    {
        var ends = new Ends(s_client, s_server, talk.ClientPort, talk.ServerPort);
        uint[] next = [1000, 70000];
        Segment Next(bool isFromServer, TcpFlags flags, byte[] bytes)
        {
            var side = isFromServer ? 1 : 0;
            var segment = new Segment(isFromServer ? ends.Reversed : ends, bytes, time += Millisecond)
            {
                IsTcp = true,
                Sequence = next[side],
                Acknowledgement = (flags & TcpFlags.Ack) != 0 ? next[1 - side] : 0,
                Flags = flags,
                WindowScale = (flags & TcpFlags.Syn) != 0 ? (byte)7 : Segment.NoWindowScale,
            };
            next[side] += (uint)bytes.Length + ((flags & (TcpFlags.Syn | TcpFlags.Fin)) != 0 ? 1u : 0u);
            return segment;
        }

        yield return Next(false, TcpFlags.Syn, []);
        yield return Next(true, TcpFlags.Syn | TcpFlags.Ack, []);
        yield return Next(false, TcpFlags.Ack, []);
        foreach (var saying in talk.Sayings)
        {
            foreach (var piece in saying.Bytes.Chunk(SegmentBytesMax))
            {
                yield return Next(saying.IsFromServer, TcpFlags.Ack | TcpFlags.Psh, piece);
            }
        }

        yield return Next(false, TcpFlags.Fin | TcpFlags.Ack, []);
        yield return Next(true, TcpFlags.Fin | TcpFlags.Ack, []);
        yield return Next(false, TcpFlags.Ack, []);
    }

    private static Talk Say(ushort port, params string[] texts) => new(
        50000, port,
        [.. texts.Select((text, index) => new Saying(index % 2 == 1, Encoding.Latin1.GetBytes(text)))]);

    private static Saying Client(ReadOnlySpan<byte> text) => new(false, text.ToArray());

    private static Saying Server(ReadOnlySpan<byte> text) => new(true, text.ToArray());

    private static byte[] Hex(string text) =>
        Convert.FromHexString(string.Concat(text.Where(character => !char.IsWhiteSpace(character))));

    /// <summary>`w.test`, of a type.</summary>
    private static byte[] Question(byte type, byte id) =>
        [0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. Hex("01 77 04 74657374 00"), 0, type, 0, 1];

    private static byte[] Answer(byte type, byte id) =>
        [0, id, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. Question(type, id).AsSpan(12),
            .. Hex("C00C 0001 0001 0000003C 0004 C0000207")];

    private static byte[] ClientHello(string name)
    {
        var host = Encoding.ASCII.GetBytes(name);
        byte[] extensions =
        [
            0, 0, 0, (byte)(host.Length + 5), 0, (byte)(host.Length + 3), 0, 0, (byte)host.Length, .. host,
            .. Hex("000A 0004 0002 001D  000B 0002 0100  000D 0004 0002 0403  0010 0005 0003 02 6832"
                + "002B 0003 02 0304  0033 0006 0004 001D 0000"),
        ];
        byte[] body =
        [
            3, 3, .. new byte[32], 0, 0, 4, 0x13, 0x01, 0xC0, 0x2F, 1, 0,
            (byte)(extensions.Length >> 8), (byte)extensions.Length, .. extensions,
        ];
        byte[] handshake = [1, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];
        return [0x16, 3, 1, (byte)(handshake.Length >> 8), (byte)handshake.Length, .. handshake];
    }
}
