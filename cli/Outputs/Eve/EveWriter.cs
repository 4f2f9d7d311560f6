using System.Text.Json;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>Writes one EVE event a line: the head every event shares, then whatever a projection adds.</summary>
/// <remarks>Event types and fields are those of Suricata 8. Addresses are written as in RFC 5952, times in UTC.</remarks>
internal sealed class EveWriter
{
    /// <summary>Flow ids stay exact in readers that keep numbers as doubles.</summary>
    private const ulong FlowIdMax = (1ul << 53) - 1;

    private static readonly JsonEncodedText s_timestamp = JsonEncodedText.Encode("timestamp");
    private static readonly JsonEncodedText s_flowId = JsonEncodedText.Encode("flow_id");
    private static readonly JsonEncodedText s_interface = JsonEncodedText.Encode("in_iface");
    private static readonly JsonEncodedText s_eventType = JsonEncodedText.Encode("event_type");
    private static readonly JsonEncodedText s_vlan = JsonEncodedText.Encode("vlan");
    private static readonly JsonEncodedText s_source = JsonEncodedText.Encode("src_ip");
    private static readonly JsonEncodedText s_sourcePort = JsonEncodedText.Encode("src_port");
    private static readonly JsonEncodedText s_target = JsonEncodedText.Encode("dest_ip");
    private static readonly JsonEncodedText s_targetPort = JsonEncodedText.Encode("dest_port");
    private static readonly JsonEncodedText s_protocol = JsonEncodedText.Encode("proto");
    private static readonly JsonEncodedText s_version = JsonEncodedText.Encode("ip_v");
    private static readonly JsonEncodedText s_icmpType = JsonEncodedText.Encode("icmp_type");
    private static readonly JsonEncodedText s_icmpCode = JsonEncodedText.Encode("icmp_code");
    private static readonly JsonEncodedText s_communityId = JsonEncodedText.Encode("community_id");
    private static readonly JsonEncodedText s_tunnel = JsonEncodedText.Encode("tunnel");
    private static readonly JsonEncodedText s_id = JsonEncodedText.Encode("id");

    private readonly OutputBuffer _buffer;
    private readonly bool _isFlushedPerEvent;

    /// <summary>Every event reaches the stream when it ends.</summary>
    public EveWriter(Stream output) : this(new OutputBuffer(output)) => _isFlushedPerEvent = true;

    /// <summary>Events gather in the buffer.</summary>
    public EveWriter(OutputBuffer buffer)
    {
        _buffer = buffer;
        Json = new Utf8JsonWriter(buffer, JsonText.Options);
    }

    public Utf8JsonWriter Json { get; }

    /// <summary>Names of interfaces by <see cref="RecordHeader.Interface"/>; those without one are left out.</summary>
    public Func<ushort, string?> InterfaceName { get; set; } = static _ => null;

    /// <summary>Opens the event and writes its head: timestamp, flow_id, event_type, addresses, community_id.</summary>
    /// <param name="direction">Who said it: source and target of the event follow from it.</param>
    public void Begin(in RecordHeader header, string eventType, long timeNanos, Direction direction)
    {
        Json.WriteStartObject();
        Span<byte> text = stackalloc byte[AddressText.SizeMax];
        Json.WriteString(s_timestamp, text[..Timestamps.Eve(text, timeNanos)]);
        Json.WriteNumber(s_flowId, header.FlowId & FlowIdMax);
        if (InterfaceName(header.Interface) is { } name) Json.WriteString(s_interface, name);
        Json.WriteString(s_eventType, eventType);
        if (header.OuterVlan != 0) WriteVlans(header.OuterVlan, header.InnerVlan);

        var isToServer = direction == Direction.ToServer;
        var source = isToServer ? header.Client : header.Server;
        var target = isToServer ? header.Server : header.Client;
        var hasPorts = header.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite;
        Json.WriteString(s_source, text[..AddressText.Format(text, source)]);
        if (hasPorts) Json.WriteNumber(s_sourcePort, isToServer ? header.ClientPort : header.ServerPort);
        Json.WriteString(s_target, text[..AddressText.Format(text, target)]);
        if (hasPorts) Json.WriteNumber(s_targetPort, isToServer ? header.ServerPort : header.ClientPort);
        Json.WriteString(s_protocol, IpProtocolNames.Eve(header.Protocol));
        Json.WriteNumber(s_version, source.IsV4 ? 4 : 6);
        if (header.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6)
        {
            Json.WriteNumber(s_icmpType, header.ClientPort);
            Json.WriteNumber(s_icmpCode, IcmpPairs.CodeOf(header.Protocol, header.ClientPort, header.ServerPort));
        }

        if (header.Tunnel != TunnelKind.None) WriteTunnel(header.Tunnel, header.TunnelId);
        var length = CommunityId.Format(
            text, header.Client, header.Server, header.Protocol, header.ClientPort, header.ServerPort);
        Json.WriteString(s_communityId, text[..length]);
    }

    /// <summary>A text field that need not be UTF-8: control characters are escaped by JSON, bytes that are no
    /// UTF-8 stay readable (<see cref="JsonText"/>).</summary>
    public void Text(string name, ReadOnlySpan<byte> value)
    {
        Json.WritePropertyName(name);
        JsonText.WriteValue(Json, value);
    }

    /// <summary>A text in an array.</summary>
    public void TextValue(ReadOnlySpan<byte> value) => JsonText.WriteValue(Json, value);

    /// <summary>A time in a field of its own.</summary>
    public void Time(string name, long nanos)
    {
        Span<byte> text = stackalloc byte[Timestamps.EveSize];
        Json.WriteString(name, text[..Timestamps.Eve(text, nanos)]);
    }

    public void End()
    {
        Json.WriteEndObject();
        Json.Flush();
        Json.Reset();
        _buffer.EndLine();
        if (_isFlushedPerEvent) _buffer.Flush();
    }

    private void WriteVlans(ushort outer, ushort inner)
    {
        Json.WriteStartArray(s_vlan);
        Json.WriteNumberValue(outer);
        if (inner != 0) Json.WriteNumberValue(inner);
        Json.WriteEndArray();
    }

    private void WriteTunnel(TunnelKind kind, uint id)
    {
        Json.WriteStartObject(s_tunnel);
        Json.WriteString(s_protocol, TunnelNames.Of(kind));
        Json.WriteNumber(s_id, id);
        Json.WriteEndObject();
    }
}

/// <summary>Turns one record into EVE events: usually one, for a DNS exchange two.</summary>
internal delegate void EveProjection(EveWriter writer, RecordView record);
