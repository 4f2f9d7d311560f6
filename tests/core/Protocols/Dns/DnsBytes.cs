using System.Buffers.Binary;
using System.Text;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols.Dns;

/// <summary>Builds messages for tests.</summary>
internal static class DnsBytes
{
    public static byte[] Name(string name) =>
    [
        .. name.Split('.', StringSplitOptions.RemoveEmptyEntries)
            .Select(Encoding.UTF8.GetBytes)
            .SelectMany(label => label.Prepend((byte)label.Length)),
        0,
    ];

    public static byte[] Header(
        int id, int flags, int questions, int answers = 0, int authority = 0, int additional = 0)
    {
        var bytes = new byte[12];
        int[] fields = [id, flags, questions, answers, authority, additional];
        for (var index = 0; index < 6; index++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2 * index), (ushort)fields[index]);
        }

        return bytes;
    }

    public static byte[] Question(string name, int type = 1, int questionClass = 1) =>
        [.. Name(name), (byte)(type >> 8), (byte)type, (byte)(questionClass >> 8), (byte)questionClass];

    public static byte[] Query(int id, string name, int type = 1, int flags = 0x0100) =>
        [.. Header(id, flags, 1), .. Question(name, type)];

    /// <summary>One record whose owner is the question's name.</summary>
    public static byte[] Record(int type, int ttl, byte[] data) =>
    [
        0xC0, 0x0C, (byte)(type >> 8), (byte)type, 0, 1, 0, 0, (byte)(ttl >> 8), (byte)ttl, (byte)(data.Length >> 8),
        (byte)data.Length, .. data,
    ];

    public static byte[] Answer(int id, string name, int type = 1, int flags = 0x8180, params byte[][] records) =>
        [.. Header(id, flags, 1, records.Length), .. Question(name, type), .. records.SelectMany(record => record)];

    public static byte[] Address(int id, string name) => Answer(id, name, 1, 0x8180, Record(1, 60, [192, 0, 2, 7]));

    public static byte[] Framed(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];
}

/// <summary>Feeds datagrams of several flows to a parser as the pipeline does.</summary>
internal sealed class DatagramDriver
{
    private readonly DatagramParser _parser;
    private readonly Dictionary<ulong, uint> _slots = [];

    public DatagramDriver(DatagramParser parser)
    {
        _parser = parser;
        Context = new ParseContext(TestRecords.NewSink());
    }

    public ParseContext Context { get; }

    public DatagramResult LastResult { get; private set; }

    public List<string> Records => TestRecords.Lines(Context.Records);

    public List<string> Brief =>
        Select("dns.id", "dns.has_query", "dns.has_response", "dns.latency", "dns.retransmitted");

    /// <summary>As a capture has it that keeps so many bytes.</summary>
    public DatagramDriver SayCut(Direction direction, byte[] bytes, int kept)
    {
        Context.MissingBytes = Math.Max(0, bytes.Length - kept);
        Say(direction, bytes[..Math.Min(kept, bytes.Length)]);
        Context.MissingBytes = 0;
        return this;
    }

    public DatagramDriver Say(Direction direction, byte[] bytes, ulong flow = 1, long millis = 1)
    {
        Enter(flow);
        Context.NowNanos += millis * 1_000_000;
        LastResult = _parser.Parse(bytes, direction, Context);
        _slots[flow] = Context.Slot;
        return this;
    }

    public DatagramDriver Ask(byte[] bytes, ulong flow = 1, long millis = 1) =>
        Say(Direction.ToServer, bytes, flow, millis);

    public DatagramDriver Reply(byte[] bytes, ulong flow = 1, long millis = 1) =>
        Say(Direction.ToClient, bytes, flow, millis);

    public DatagramDriver End(ulong flow = 1)
    {
        Enter(flow);
        if (Context.Slot != 0) _parser.EndFlow(Context);
        _slots.Remove(flow);
        return this;
    }

    /// <summary>Some fields of every record, `-` where one is absent.</summary>
    public List<string> Select(params string[] names)
    {
        var lines = new List<string>();
        foreach (var record in new RecordWalker(Context.Records.Bytes))
        {
            var cells = new List<string>();
            foreach (var name in names) cells.Add(record.TryGet(name, out var value) ? TestRecords.Show(value) : "-");
            lines.Add(string.Join(' ', cells));
        }

        return lines;
    }

    private void Enter(ulong flow)
    {
        Context.FlowId = flow;
        Context.Slot = _slots.GetValueOrDefault(flow);
        ref var head = ref Context.Records.Context;
        head.FlowId = flow;
        head.Client = NetSniff.Packets.Address.FromBytes([10, 0, 0, (byte)flow]);
        head.Server = NetSniff.Packets.Address.FromBytes([10, 0, 0, 53]);
        head.ClientPort = (ushort)(50_000 + flow);
        head.ServerPort = 53;
    }
}
