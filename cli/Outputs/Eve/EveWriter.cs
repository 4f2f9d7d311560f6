using System.Runtime.CompilerServices;
using System.Text;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>Writes one EVE event a line: the head every event shares, then whatever a projection adds.</summary>
/// <remarks>Event types and fields are those of Suricata 8. Addresses are written as in RFC 5952, times in
/// UTC.</remarks>
internal sealed class EveWriter
{
    /// <summary>Flow ids stay exact in readers that keep numbers as doubles.</summary>
    private const ulong FlowIdMax = (1ul << 53) - 1;

    private const int HeadBytesMax = 128;
    private const int EndsBytesMax = 256;

    private static readonly byte[][] s_protocols =
        [.. Enumerable.Range(0, 256).Select(number => Encoding.UTF8.GetBytes(IpProtocolNames.Eve((byte)number)))];

    private readonly OutputBuffer _buffer;
    private readonly TimeText _times = new();
    private readonly CommunityIds _communityIds = new();
    private readonly bool _isFlushedPerEvent;

    /// <summary>Every event reaches the stream when it ends.</summary>
    public EveWriter(Stream output) : this(new OutputBuffer(output)) => _isFlushedPerEvent = true;

    /// <summary>Events gather in the buffer.</summary>
    public EveWriter(OutputBuffer buffer)
    {
        _buffer = buffer;
        Json = new JsonLine(buffer);
    }

    public JsonLine Json { get; }

    /// <summary>What <see cref="RecordHeader.Interface"/> stands for; what has no name is left out.</summary>
    public OriginBook Origins { get; set; } = OriginBook.None;

    /// <summary>Opens the event and writes its head: timestamp, flow_id, event_type, addresses, community_id.</summary>
    /// <param name="direction">Who said it: source and target of the event follow from it.</param>
    public void Begin(in RecordHeader header, ReadOnlySpan<byte> eventType, long timeNanos, Direction direction)
    {
        var head = Json.Begin(HeadBytesMax);
        head.Put("{\"timestamp\":\""u8);
        head.Advance(_times.Eve(head.Rest, timeNanos));
        head.Put("\",\"flow_id\":"u8);
        head.Put(header.FlowId & FlowIdMax);
        Json.End(in head);
        WriteOrigin(header.Interface);

        head = Json.Begin(HeadBytesMax);
        head.Put(",\"event_type\":\""u8);
        head.Put(eventType);
        head.Put("\""u8);
        Json.End(in head);
        if (header.OuterVlan != 0) WriteVlans(header.OuterVlan, header.InnerVlan);

        var isToServer = direction == Direction.ToServer;
        WriteEnds(in header, isToServer);
        if (header.Tunnel != TunnelKind.None) WriteTunnel(header.Tunnel, header.TunnelId);
        head = Json.Begin(HeadBytesMax);
        head.Put(",\"community_id\":\""u8);
        head.Put(_communityIds.Of(in header));
        head.Put("\""u8);
        Json.End(in head);
        if ((header.ClientPeer | header.ServerPeer) != Peers.Unnamed) WritePeers(in header, isToServer);
    }

    private void WriteOrigin(ushort number)
    {
        var (node, interfaceName) = Origins.Of(number);
        if (node.Length > 0) Json.WriteString("host"u8, node);
        if (interfaceName.Length > 0) Json.WriteString("in_iface"u8, interfaceName);
    }

    private void WriteEnds(in RecordHeader header, bool isToServer)
    {
        ref readonly var source = ref isToServer ? ref header.Client : ref header.Server;
        ref readonly var target = ref isToServer ? ref header.Server : ref header.Client;
        var hasPorts = header.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite;
        var ends = Json.Begin(EndsBytesMax);
        ends.Put(",\"src_ip\":\""u8);
        ends.Advance(AddressText.Format(ends.Rest, source));
        if (hasPorts)
        {
            ends.Put("\",\"src_port\":"u8);
            ends.Put(isToServer ? header.ClientPort : (ulong)header.ServerPort);
            ends.Put(",\"dest_ip\":\""u8);
            ends.Advance(AddressText.Format(ends.Rest, target));
            ends.Put("\",\"dest_port\":"u8);
            ends.Put(isToServer ? header.ServerPort : (ulong)header.ClientPort);
            ends.Put(",\"proto\":\""u8);
        }
        else
        {
            ends.Put("\",\"dest_ip\":\""u8);
            ends.Advance(AddressText.Format(ends.Rest, target));
            ends.Put("\",\"proto\":\""u8);
        }

        ends.Put(s_protocols[header.Protocol]);
        ends.Put("\",\"ip_v\":"u8);
        ends.Put(source.IsV4 ? 4ul : 6ul);
        if (header.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6)
        {
            ends.Put(",\"icmp_type\":"u8);
            ends.Put(header.ClientPort);
            ends.Put(",\"icmp_code\":"u8);
            ends.Put(IcmpPairs.CodeOf(header.Protocol, header.ClientPort, header.ServerPort));
        }

        Json.End(in ends);
    }

    /// <summary>A text field that need not be UTF-8: control characters are escaped by JSON, bytes that are no
    /// UTF-8 stay readable (<see cref="JsonText"/>).</summary>
    public void Text(string name, ReadOnlySpan<byte> value)
    {
        Json.WritePropertyName(name);
        Json.WriteTextValue(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Json.WritePropertyName(name);
        Json.WriteTextValue(value);
    }

    /// <summary>A text in an array.</summary>
    public void TextValue(ReadOnlySpan<byte> value) => Json.WriteTextValue(value);

    /// <summary>A time in a field of its own.</summary>
    public void Time(ReadOnlySpan<byte> name, long nanos)
    {
        Span<byte> text = stackalloc byte[Timestamps.EveSize];
        Json.WriteString(name, text[.._times.Eve(text, nanos)]);
    }

    public void Time(ref JsonPiece piece, long nanos) => piece.Advance(_times.Eve(piece.Rest, nanos));

    public void End()
    {
        Json.WriteEndObject();
        Json.End();
        if (_isFlushedPerEvent) _buffer.Flush();
    }

    /// <summary>Suricata knows no pods: under the name of the orchestrator, as Elastic's shippers do, by end.</summary>
    private void WritePeers(in RecordHeader header, bool isToServer)
    {
        Json.WriteStartObject("kubernetes"u8);
        WritePeer("src"u8, Peers.Of(isToServer ? header.ClientPeer : header.ServerPeer));
        WritePeer("dest"u8, Peers.Of(isToServer ? header.ServerPeer : header.ClientPeer));
        Json.WriteEndObject();
    }

    private void WritePeer(ReadOnlySpan<byte> end, Peer peer)
    {
        Json.WriteStartObject(end);
        PeerJson.Write(Json, peer, PeerJson.Plain);
        Json.WriteEndObject();
    }

    private void WriteVlans(ushort outer, ushort inner)
    {
        Json.WriteStartArray("vlan"u8);
        Json.WriteNumberValue(outer);
        if (inner != 0) Json.WriteNumberValue(inner);
        Json.WriteEndArray();
    }

    private void WriteTunnel(TunnelKind kind, uint id)
    {
        Json.WriteStartObject("tunnel"u8);
        Json.WriteString("proto"u8, TunnelNames.Of(kind));
        Json.WriteNumber("id"u8, id);
        Json.WriteEndObject();
    }
}

/// <summary>Turns one record into EVE events: usually one, for a DNS exchange two.</summary>
internal delegate void EveProjection(EveWriter writer, RecordView record);
