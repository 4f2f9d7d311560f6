using System.Text;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Tests.Worker.Store;

/// <summary>Records of every kind with any fields and any octets, as no parser would make them.</summary>
internal sealed class RandomRecords(int seed)
{
    private static readonly byte[][] s_texts =
    [
        "GET"u8.ToArray(), "example.com"u8.ToArray(), "/api/v1/things?x=1"u8.ToArray(), "é"u8.ToArray(),
        [0xC3], [0xA9], [0xE2, 0x82], "a\0b"u8.ToArray(), [0xFF, 0xFE, 0x00], "\U0010FE41"u8.ToArray(),
        [0xF4, 0x8F, 0xB8], [0xF4, 0x8F, 0xBF, 0xBF], "Ünïcode Hoṡt"u8.ToArray(), "it's \"quoted\" %_"u8.ToArray(),
        Encoding.UTF8.GetBytes(new string('x', 5000)), "EXAMPLE.com"u8.ToArray(), "twelve-chars"u8.ToArray(),
        "thirteen-char"u8.ToArray(),
    ];

    private static readonly ushort[] s_origins =
        [Origins.Unknown, Origins.Add("node-1", "eth0"), Origins.Add("node-2", "eth0"), Origins.Add("node-2", "")];

    // By name: another process numbers them otherwise.
    private static readonly ushort[] s_apps = [Apps.Unknown, Apps.Add("http"), Apps.Add("dns"), Apps.Add("söme-app")];

    private static readonly uint[] s_peers =
    [
        Peers.Unnamed,
        Peers.Add(new Peer { Why = "outside of everything" }),
        Peers.Add(new Peer
        {
            Kind = PeerKind.Pod, Name = "cart-1", Namespace = "shop", Workload = "cart", WorkloadKind = "Deployment",
            Node = "node-1", Zone = "eu-1a", Labels = [new("app", "cart"), new("it's", "a \"label\"")],
        }),
        Peers.Add(new Peer { Kind = PeerKind.Service, Name = "cart", Namespace = "shop", Service = "cart" }),
        Peers.Add(new Peer { Kind = PeerKind.External, Name = "example.com" }),
        Peers.Add(new Peer { Kind = PeerKind.Pod, Name = "söme-pod", Namespace = "other", Node = "node-2" }),
    ];

    private readonly Random _random = new(seed);
    private readonly List<byte> _bytes = [];

    public int Count { get; private set; }

    public byte[] Bytes => [.. _bytes];

    public void Clear()
    {
        _bytes.Clear();
        Count = 0;
    }

    /// <summary>Appends a record of any kind, at a time or near it.</summary>
    public void Add(long timeNanos, string? kind = null)
    {
        var kinds = global::NetSniff.Protocols.Protocols.Records;
        var schema = kind is null ? kinds[_random.Next(kinds.Count)] : kinds.Single(one => one.Info.Name == kind);
        var header = NewHeader(schema, timeNanos);
        var room = new byte[RecordWriter.BytesMax];
        var writer = new RecordWriter(room, schema);
        foreach (var field in schema.Fields)
        {
            if (_random.Next(4) == 0) continue;
            if (writer.Left.Length < 40_000) break;
            WriteField(ref writer, field);
        }

        _bytes.AddRange(room.AsSpan(0, writer.Finish(header)));
        Count++;
    }

    private RecordHeader NewHeader(RecordSchema schema, long timeNanos) => new()
    {
        Kind = schema.Id,
        Traits = (RecordTraits)_random.Next(4),
        TimeNanos = timeNanos,
        FlowId = (ulong)_random.NextInt64(),
        Client = NewAddress(),
        Server = NewAddress(),
        ClientPort = (ushort)_random.Next(65536),
        ServerPort = _random.Next(2) == 0 ? (ushort)443 : (ushort)_random.Next(65536),
        OuterVlan = (ushort)(_random.Next(3) * 60),
        InnerVlan = (ushort)(_random.Next(2) * 120),
        Tunnel = (TunnelKind)_random.Next(5),
        TunnelId = (uint)_random.Next(3) * 4096,
        Interface = s_origins[_random.Next(s_origins.Length)],
        ClientPeer = s_peers[_random.Next(s_peers.Length)],
        ServerPeer = s_peers[_random.Next(s_peers.Length)],
        App = s_apps[_random.Next(s_apps.Length)],
        Protocol = _random.Next(3) switch { 0 => IpProtocol.Tcp, 1 => IpProtocol.Udp, _ => IpProtocol.Icmp },
    };

    private Address NewAddress()
    {
        var bytes = new byte[_random.Next(3) == 0 ? 16 : 4];
        _random.NextBytes(bytes);
        if (_random.Next(2) == 0) bytes[0] = 10;
        return Address.FromBytes(bytes);
    }

    private void WriteField(ref RecordWriter writer, Field field)
    {
        switch (field.Kind)
        {
            case FieldKind.Flag:
                writer.Flag(field.Index, _random.Next(2) != 0);
                break;
            case FieldKind.Address:
                writer.Address(field.Index, NewAddress());
                break;
            case FieldKind.Text or FieldKind.Bytes:
                writer.TryText(field.Index, s_texts[_random.Next(s_texts.Length)]);
                break;
            case FieldKind.Texts or FieldKind.Numbers:
                writer.BeginList();
                for (var left = 1 + _random.Next(4); left > 0; left--)
                {
                    if (field.Kind == FieldKind.Numbers) writer.TryListed(NewNumber());
                    else writer.TryListed(s_texts[_random.Next(s_texts.Length)]);
                }

                writer.EndList(field.Index);
                break;
            default:
                writer.Number(field.Index, NewNumber());
                break;
        }
    }

    private ulong NewNumber() => _random.Next(4) switch
    {
        0 => (ulong)_random.Next(3),
        1 => (ulong)_random.Next(600),
        2 => (ulong)_random.NextInt64(),
        _ => ulong.MaxValue - (ulong)_random.Next(3),
    };
}
