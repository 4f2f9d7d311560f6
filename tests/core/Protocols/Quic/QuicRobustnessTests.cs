using NetSniff.Protocols;
using NetSniff.Protocols.Quic;
using NetSniff.Tests.Protocols.Tls;

namespace NetSniff.Tests.Protocols.Quic;

public sealed class QuicRobustnessTests
{
    private static readonly byte[] s_hello = HelloBuilder.Message(1, new HelloBuilder().Name("shop.example")
        .Protocols("h3").Versions(0x0304).Extension(57, 1, 1, 1).Client());

    private static byte[] Initial(byte[] frames) =>
        QuicBuilder.Seal(QuicBuilder.Padded(frames, 600), QuicBuilder.ClientId, [9]);

    /// <summary>No bytes throw, whether they are changed before they are sealed (bad frames under good keys) or after;
    /// not even an exception that is caught.</summary>
    [Fact]
    public void No_bytes_throw()
    {
        var chance = new Random(20_260_101);
        var driver = new FlowDriver(new QuicParser());
        byte[] google = [.. "CHLO"u8, 2, 0, 0, 0, .. new byte[40]];
        byte[][] seeds =
        [
            Initial(QuicBuilder.Crypto(0, s_hello)),
            QuicBuilder.Opaque(QuicBuilder.Retry, [9], QuicBuilder.ClientId),
            QuicBuilder.Negotiation([9], QuicBuilder.ClientId, 1, 2),
            [0x0d, .. QuicBuilder.ClientId, .. "Q043"u8, 1, .. new byte[16], .. google],
            [0xc3, .. "Q046"u8, 0x50, .. QuicBuilder.ClientId, .. new byte[16], .. google],
        ];
        var thrown = 0;
        EventHandler<System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs> count = (_, raised) =>
        {
            if (raised.Exception.StackTrace?.Contains("Quic", StringComparison.Ordinal) == true) thrown++;
        };
        AppDomain.CurrentDomain.FirstChanceException += count;
        for (ulong round = 1; round <= 6_000; round++)
        {
            for (var datagrams = chance.Next(1, 4); datagrams > 0; datagrams--)
            {
                var bytes = chance.Next(3) == 0
                    ? Initial(Mutated(chance, [2, 1, 0, 1, 0, 0, 0, .. QuicBuilder.Crypto(0, s_hello)]))
                    : Mutated(chance, seeds[chance.Next(seeds.Length)]);
                var direction = (Direction)chance.Next(2);
                QuicParser.Probe(bytes, direction, new ProbeHints(443, 443, true));
                driver.Say(direction, bytes, round);
            }

            driver.End(round);
            driver.Sink.Clear();
        }

        AppDomain.CurrentDomain.FirstChanceException -= count;
        Assert.Equal(0, thrown);
        Assert.Equal(0, ((QuicParser)driver.Parser).Open);
    }

    /// <summary>Versions whose hello is in clear need no cipher: nothing at all is allocated.</summary>
    [Fact]
    public void Nothing_is_allocated_where_nothing_is_opened()
    {
        byte[] google = [0x0d, .. QuicBuilder.ClientId, .. "Q043"u8, 1, .. new byte[16], .. "CHLO"u8, 1, 0, 0, 0,
            .. "SNI\0"u8, 3, 0, 0, 0, .. "a.b"u8];
        var parser = new QuicParser();
        var sink = TestRecords.NewSink();
        var context = new ParseContext(sink) { FlowId = 1, NowNanos = 1 };
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var round = 0; round < 100; round++)
            {
                context.Slot = 0;
                QuicParser.Probe(google, Direction.ToServer, default);
                parser.Parse(google, Direction.ToServer, context);
                parser.Parse(google.AsSpan(0, 9), Direction.ToClient, context);
                sink.Clear();
            }
        }));
    }

    /// <summary>All that a connection allocates is what its two ciphers do: making a key, the cipher of a call.
    /// </summary>
    [Fact]
    public void What_is_allocated_is_what_the_ciphers_force()
    {
        var client = Initial(QuicBuilder.Crypto(0, s_hello));
        var answer = QuicBuilder.Crypto(0, HelloBuilder.Message(2, new HelloBuilder().Server()));
        var server = QuicBuilder.Seal(answer, [9], [8], keyId: QuicBuilder.ClientId, fromServer: true);
        var parser = new QuicParser();
        var sink = TestRecords.NewSink();
        var context = new ParseContext(sink) { FlowId = 1, NowNanos = 1 };
        var keys = new InitialKeys();
        var frames = new byte[InitialKeys.PacketBytesMax];
        Assert.True(LongHeader.TryRead(client, out _));
        var whole = Allocations.Least(() =>
        {
            context.Slot = 0;
            QuicParser.Probe(client, Direction.ToServer, default);
            parser.Parse(client, Direction.ToServer, context);
            parser.Parse(server, Direction.ToClient, context);
            sink.Clear();
        });
        var ciphers = Allocations.Least(() =>
        {
            // The probe opens the first packet, the parser opens it again, then the server's.
            long largest = -1;
            LongHeader.TryRead(client, out var header);
            keys.TryDerive(1, QuicBuilder.ClientId);
            keys.Open(client, in header, false, ref largest, frames);
            keys.Open(client, in header, false, ref largest, frames);
            largest = -1;
            LongHeader.TryRead(server, out header);
            Assert.True(keys.Open(server, in header, true, ref largest, frames) >= 0);
        });
        Assert.Equal(ciphers, whole);
        keys.Dispose();
    }

    private static byte[] Mutated(Random chance, byte[] bytes)
    {
        var copy = (byte[])bytes.Clone();
        for (var flips = chance.Next(0, 5); flips > 0; flips--) copy[chance.Next(copy.Length)] = (byte)chance.Next(256);
        return chance.Next(3) == 0 ? copy[..chance.Next(1, copy.Length)] : copy;
    }
}
