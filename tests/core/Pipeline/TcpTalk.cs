using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Tests.Pipeline;

/// <summary>Shows a shard raw IPv4 packets, a millisecond apart, and keeps what it says as lines.</summary>
internal sealed unsafe class TcpTalk : IDisposable
{
    public const byte Fin = 1, Syn = 2, Rst = 4, Ack = 16;

    private const int IpSize = 20, TcpSize = 20;

    private readonly Shard _shard;
    private readonly Listener _said = new();
    private long _nanos = 1_700_000_000_000_000_000;

    public TcpTalk() => _shard = new Shard(new ShardOptions { FlowsMax = 4096 }, _said);

    /// <summary>Client 10.0.0.1:40000 and server 10.0.0.2:80 say hello; their streams begin at 1001 and 5001.</summary>
    public TcpTalk Open() => Client(1000, Syn).Server(5000, Syn | Ack, ack: 1001).Client(1001, Ack, ack: 5001);

    /// <param name="captured">Payload bytes that the capture kept.</param>
    public TcpTalk Client(
        uint sequence, int flags, uint ack = 0, ReadOnlySpan<byte> payload = default, int captured = int.MaxValue) =>
        Segment(isClient: true, sequence, flags, ack, payload, captured);

    public TcpTalk Server(
        uint sequence, int flags, uint ack = 0, ReadOnlySpan<byte> payload = default, int captured = int.MaxValue) =>
        Segment(isClient: false, sequence, flags, ack, payload, captured);

    /// <summary>An IPv4 packet or piece between the two.</summary>
    /// <param name="fragment">Flags and offset as in the header.</param>
    public TcpTalk Ip(
        byte protocol, ReadOnlySpan<byte> payload, bool isClient = true, ushort id = 0, ushort fragment = 0,
        int captured = int.MaxValue)
    {
        var packet = new byte[IpSize + payload.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), id);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), fragment);
        (packet[8], packet[9]) = (64, protocol);
        byte[] client = [10, 0, 0, 1], server = [10, 0, 0, 2];
        (isClient ? client : server).CopyTo(packet, 12);
        (isClient ? server : client).CopyTo(packet, 16);
        payload.CopyTo(packet.AsSpan(IpSize));
        return Raw(packet, captured);
    }

    /// <summary>An IP packet of any version.</summary>
    public TcpTalk Raw(byte[] packet, int captured = int.MaxValue, LinkType linkType = LinkType.Raw)
    {
        _nanos += 1_000_000;
        var kept = Math.Min(captured, packet.Length);
        var copy = (byte*)NativeMemory.Alloc((nuint)kept);
        packet.AsSpan(0, kept).CopyTo(new Span<byte>(copy, kept));
        _shard.Run([new Frame((nint)copy, kept, packet.Length, _nanos, linkType)]);
        NativeMemory.Free(copy);
        return this;
    }

    /// <summary>Ends the capture: the lines of one kind of record.</summary>
    public List<string> Records(string kind)
    {
        _shard.Finish();
        return [.. _said.Lines.Where(line => line.Split(' ')[0] == kind)];
    }

    /// <summary>Flows of an IP protocol, once the capture ended.</summary>
    public int CountOf(byte protocol) => _said.FlowsOf[protocol];

    /// <summary>Of the last flow that ended.</summary>
    public uint TunnelId => _said.TunnelId;

    /// <summary>What the shard says it lost, by reason; lines of nought are left out.</summary>
    public Dictionary<string, long> Losses() => _shard.Ledger().Where(line => line.IsLoss && line.Count > 0)
        .ToDictionary(line => $"{line.Stage}: {line.Reason}", line => line.Count);

    public void Dispose() => _shard.Dispose();

    private TcpTalk Segment(
        bool isClient, uint sequence, int flags, uint ack, ReadOnlySpan<byte> payload, int captured)
    {
        var segment = new byte[TcpSize + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)(isClient ? 40000 : 80));
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)(isClient ? 80 : 40000));
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), ack);
        (segment[12], segment[13]) = (TcpSize / 4 << 4, (byte)flags);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), 65535);
        payload.CopyTo(segment.AsSpan(TcpSize));
        var kept = captured == int.MaxValue ? int.MaxValue : IpSize + TcpSize + captured;
        return Ip(IpProtocol.Tcp, segment, isClient, captured: kept);
    }

    private sealed class Listener : RecordConsumer
    {
        public List<string> Lines { get; } = [];

        public int[] FlowsOf { get; } = new int[256];

        public uint TunnelId { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                Lines.Add(TestRecords.Line(record));
                if (record.Schema.Info.Name != "flow") continue;

                FlowsOf[record.Header.Protocol]++;
                TunnelId = record.Header.TunnelId;
            }
        }
    }
}
