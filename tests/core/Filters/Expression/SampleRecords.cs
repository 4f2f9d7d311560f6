using System.Text;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Tests.Filters.Expression;

/// <summary>A record with one field of every kind, for what no protocol happens to have.</summary>
internal readonly ref struct SampleRecord : IRecord
{
    public static RecordInfo Info { get; } = new("sample", "One field of every kind.");

    public ulong Count { get; init; }
    public bool HasCount { get; init; }
    public bool IsUp { get; init; }
    public bool HasUp { get; init; }
    public long Delay { get; init; }
    public long When { get; init; }
    public ReadOnlySpan<byte> Name { get; init; }
    public ReadOnlySpan<byte> Key { get; init; }
    public Address Peer { get; init; }
    public bool HasPeer { get; init; }
    public TextList Tags { get; init; }
    public ReadOnlySpan<ulong> Codes { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        visitor.Number("sample.count", "A number", Count, HasCount);
        visitor.Flag("sample.up", "A flag", IsUp, HasUp);
        visitor.Duration("sample.delay", "A duration", Delay, Delay != 0);
        visitor.Time("sample.when", "A time", When, When != 0);
        visitor.Text("sample.name", "A text", Name);
        visitor.Bytes("sample.key", "Octets", Key);
        visitor.Address("sample.peer", "An address", Peer, HasPeer);
        visitor.Texts("sample.tags", "Texts", Tags);
        visitor.Numbers("sample.codes", "Numbers", Codes);
    }
}

/// <summary>The records that the tables of the filter tests ask about, by a short name.</summary>
internal static class SampleRecords
{
    /// <summary>2026-01-31T09:00:00Z.</summary>
    public const long Nine = 1_769_850_000_000_000_000;

    private static readonly RecordSink s_sink = Make();

    public static string[] Names { get; } = ["http", "request", "flow", "ping", "sample", "blank"];

    public static RecordView Get(string name)
    {
        var index = Array.IndexOf(Names, name);
        foreach (var record in new RecordWalker(s_sink.Bytes))
        {
            if (index-- == 0) return record;
        }

        throw new ArgumentException(name, nameof(name));
    }

    private static RecordSink Make()
    {
        _ = global::NetSniff.Protocols.Protocols.Records;
        var sink = TestRecords.NewSink();
        sink.Context = new RecordHeader
        {
            FlowId = 7,
            Client = V4(10, 1, 2, 3),
            Server = V4(192, 0, 2, 80),
            ClientPort = 50123,
            ServerPort = 80,
            Protocol = IpProtocol.Tcp,
            App = Apps.Add("sample-app"),
            OuterVlan = 120,
            InnerVlan = 7,
            Interface = 2,
        };
        EmitHttp(sink);
        sink.Context.OuterVlan = sink.Context.InnerVlan = 0;
        sink.Context.Tunnel = TunnelKind.Vxlan;
        sink.Context.TunnelId = 4096;
        EmitFlow(sink);
        sink.Context = new RecordHeader
        {
            Client = Address.FromBytes(Hex.Bytes("2001 0db8 0000 0000 0000 0000 0000 0001")),
            Server = Address.FromBytes(Hex.Bytes("2001 0db8 0000 0000 0000 0000 0000 00ff")),
            ClientPort = 128, // ICMPv6 type
            Protocol = IpProtocol.Icmpv6,
        };
        sink.Emit(new FlowRecord
        {
            FirstNanos = Nine, LastNanos = Nine, PacketsToServer = 1, PacketsToClient = 1, BytesToServer = 98,
            BytesToClient = 98, PayloadToServer = 56, PayloadToClient = 56, End = FlowEnd.Idle, IsIcmp = true,
            IcmpType = 128,
        }, Nine, RecordTraits.Malformed);
        EmitSample(sink);
        sink.Context = default;
        sink.Emit(new SampleRecord(), 0);
        return sink;
    }

    private static void EmitHttp(RecordSink sink)
    {
        var headers = new TextListBuilder(new byte[256]);
        headers.Add("Host: shop.Example.com"u8);
        headers.Add("X-Forwarded-For: 203.0.113.9"u8);
        sink.Emit(new HttpRecord
        {
            Version = "1.1"u8, Method = "GET"u8, Uri = "/api/v1/cart?id=42"u8, Host = "shop.Example.com"u8,
            Status = 404, HasRequest = true, HasResponse = true, ResponseBytes = 1536, LatencyNanos = 5_000_000,
            HasLatency = true, RequestHeaders = headers.List, InterimStatuses = [100, 103],
        }, Nine);
        sink.Emit(new HttpRecord { Method = "POST"u8, Uri = "/"u8, HasRequest = true }, Nine + 1, RecordTraits.Partial);
    }

    private static void EmitFlow(RecordSink sink) => sink.Emit(new FlowRecord
    {
        FirstNanos = Nine, LastNanos = Nine + 1_500_000_000, PacketsToServer = 10, PacketsToClient = 12,
        BytesToServer = 2048, BytesToClient = 1_000_000, PayloadToServer = 900, PayloadToClient = 990_000,
        End = FlowEnd.Finished, IsTcp = true, State = TcpState.Closed, IsMidstream = false,
    }, Nine);

    private static void EmitSample(RecordSink sink)
    {
        var tags = new TextListBuilder(new byte[256]);
        tags.Add("red"u8);
        tags.Add(Encoding.UTF8.GetBytes("grün"));
        sink.Emit(new SampleRecord
        {
            Count = ulong.MaxValue, HasCount = true, IsUp = false, HasUp = true, Delay = -2_000_000, When = Nine + 1,
            Name = [.. "it's \"a\"\\b\n*?"u8, 0xFF], Key = Hex.Bytes("00 ff 7a 3a"),
            Peer = V4(0, 0, 0, 0), HasPeer = true,
            Tags = tags.List, Codes = [0, 5, 300],
        }, Nine);
    }

    private static Address V4(byte first, byte second, byte third, byte fourth) =>
        Address.FromBytes([first, second, third, fourth]);
}
