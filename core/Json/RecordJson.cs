using System.Text;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Json;

/// <summary>One JSON object a record, its keys the names that filters use.</summary>
/// <remarks>Times are RFC 3339 with nanoseconds in UTC, durations whole nanoseconds, octets hex.</remarks>
public sealed class RecordJson(OutputBuffer buffer, OriginBook origins)
{
    private readonly TimeText _times = new();
    private byte[][][] _names = [];

    private JsonLine Json { get; } = new(buffer);

    /// <summary>Writes a line.</summary>
    public void Write(RecordView record)
    {
        ref readonly var header = ref record.Header;
        if (header.Kind >= _names.Length) Learn();
        Json.WriteStartObject();
        WriteHead(header, record.Schema.Info.Name);
        var names = _names[header.Kind];
        foreach (var field in record)
        {
            Json.WritePropertyName(names[field.Index]);
            WriteValue(field.Value);
        }

        Json.WriteEndObject();
        Json.End();
    }

    private void WriteHead(in RecordHeader header, string kind)
    {
        Span<byte> text = stackalloc byte[AddressText.SizeMax];
        Json.WriteString("time"u8, text[.._times.Rfc3339(text, header.TimeNanos)]);
        Json.WriteString("kind"u8, kind);
        Json.WriteNumber("flow.id"u8, header.FlowId);
        var hasPorts = header.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite;
        Json.WriteString("src.ip"u8, text[..AddressText.Format(text, header.Client)]);
        if (hasPorts) Json.WriteNumber("src.port"u8, header.ClientPort);
        Json.WriteString("dst.ip"u8, text[..AddressText.Format(text, header.Server)]);
        if (hasPorts) Json.WriteNumber("dst.port"u8, header.ServerPort);
        Json.WriteString("proto"u8, IpProtocolNames.Own(header.Protocol));
        if (header.App != Apps.Unknown) Json.WriteString("app"u8, Apps.Name(header.App));
        if (header.OuterVlan != 0)
        {
            Json.WriteStartArray("vlan"u8);
            Json.WriteNumberValue(header.OuterVlan);
            if (header.InnerVlan != 0) Json.WriteNumberValue(header.InnerVlan);
            Json.WriteEndArray();
        }

        if (header.Tunnel != TunnelKind.None)
        {
            Json.WriteString("tunnel"u8, TunnelNames.Of(header.Tunnel));
            Json.WriteNumber("tunnel.id"u8, header.TunnelId);
        }

        var (node, interfaceName) = origins.Of(header.Interface);
        if (node.Length > 0) Json.WriteString("node"u8, node);
        if (interfaceName.Length > 0) Json.WriteString("interface"u8, interfaceName);
        if (header.ClientPeer != Peers.Unnamed) PeerJson.Write(Json, Peers.Of(header.ClientPeer), PeerJson.Source);
        if (header.ServerPeer != Peers.Unnamed) PeerJson.Write(Json, Peers.Of(header.ServerPeer), PeerJson.Target);
        if ((header.Traits & RecordTraits.Partial) != 0) Json.WriteBoolean("partial"u8, true);
        if ((header.Traits & RecordTraits.Malformed) != 0) Json.WriteBoolean("malformed"u8, true);
    }

    private void WriteValue(FieldValue value)
    {
        Span<byte> text = stackalloc byte[AddressText.SizeMax];
        switch (value.Kind)
        {
            case FieldKind.Flag:
                Json.WriteBooleanValue(value.Flag);
                return;
            case FieldKind.Duration:
                Json.WriteNumberValue(value.Nanos);
                return;
            case FieldKind.Time:
                Json.WriteStringValue(text[.._times.Rfc3339(text, value.Nanos)]);
                return;
            case FieldKind.Text:
                Json.WriteTextValue(value.Text);
                return;
            case FieldKind.Bytes:
                Json.WriteHexValue(value.Text);
                return;
            case FieldKind.Address:
                Json.WriteStringValue(text[..AddressText.Format(text, value.Address)]);
                return;
            case FieldKind.Texts:
                Json.WriteStartArray();
                foreach (var each in value.Texts) Json.WriteTextValue(each);
                Json.WriteEndArray();
                return;
            case FieldKind.Numbers:
                Json.WriteStartArray();
                for (var index = 0; index < value.NumbersCount; index++) Json.WriteNumberValue(value.NumberAt(index));
                Json.WriteEndArray();
                return;
            default:
                Json.WriteNumberValue(value.Number);
                return;
        }
    }

    private void Learn() => _names =
    [
        .. RecordKinds.All.Select(
            schema => schema.Fields.Select(field => Encoding.UTF8.GetBytes(field.Name)).ToArray()),
    ];
}
