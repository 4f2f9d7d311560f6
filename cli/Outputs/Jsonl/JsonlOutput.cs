using System.Text.Json;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Jsonl;

/// <summary>One JSON object a record, its keys the names that filters use.</summary>
/// <remarks>Times are RFC 3339 with nanoseconds in UTC, durations whole nanoseconds, octets hex.</remarks>
internal sealed class JsonlOutput(OutputBuffer buffer, Func<ushort, string?> interfaceName) : Output
{
    private static readonly JsonEncodedText s_time = JsonEncodedText.Encode("time");
    private static readonly JsonEncodedText s_kind = JsonEncodedText.Encode("kind");
    private static readonly JsonEncodedText s_flow = JsonEncodedText.Encode("flow.id");
    private static readonly JsonEncodedText s_source = JsonEncodedText.Encode("src.ip");
    private static readonly JsonEncodedText s_sourcePort = JsonEncodedText.Encode("src.port");
    private static readonly JsonEncodedText s_target = JsonEncodedText.Encode("dst.ip");
    private static readonly JsonEncodedText s_targetPort = JsonEncodedText.Encode("dst.port");
    private static readonly JsonEncodedText s_protocol = JsonEncodedText.Encode("proto");
    private static readonly JsonEncodedText s_app = JsonEncodedText.Encode("app");
    private static readonly JsonEncodedText s_vlan = JsonEncodedText.Encode("vlan");
    private static readonly JsonEncodedText s_tunnel = JsonEncodedText.Encode("tunnel");
    private static readonly JsonEncodedText s_tunnelId = JsonEncodedText.Encode("tunnel.id");
    private static readonly JsonEncodedText s_interface = JsonEncodedText.Encode("interface");
    private static readonly JsonEncodedText s_partial = JsonEncodedText.Encode("partial");
    private static readonly JsonEncodedText s_malformed = JsonEncodedText.Encode("malformed");

    private JsonEncodedText[][] _names = [];

    private Utf8JsonWriter Json { get; } = new(buffer, JsonText.Options);

    public override bool Write(RecordView record)
    {
        ref readonly var header = ref record.Header;
        if (header.Kind >= _names.Length) Learn();
        Json.WriteStartObject();
        WriteHead(header, record.Schema.Info.Name);
        var names = _names[header.Kind];
        foreach (var field in record)
        {
            Json.WritePropertyName(names[field.Field.Index]);
            WriteValue(field.Value);
        }

        Json.WriteEndObject();
        Json.Flush();
        Json.Reset();
        buffer.EndLine();
        return true;
    }

    public override void Flush() => buffer.Flush();

    private void WriteHead(in RecordHeader header, string kind)
    {
        Span<byte> text = stackalloc byte[AddressText.SizeMax];
        Json.WriteString(s_time, text[..Timestamps.Rfc3339(text, header.TimeNanos)]);
        Json.WriteString(s_kind, kind);
        Json.WriteNumber(s_flow, header.FlowId);
        var hasPorts = header.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite;
        Json.WriteString(s_source, text[..AddressText.Format(text, header.Client)]);
        if (hasPorts) Json.WriteNumber(s_sourcePort, header.ClientPort);
        Json.WriteString(s_target, text[..AddressText.Format(text, header.Server)]);
        if (hasPorts) Json.WriteNumber(s_targetPort, header.ServerPort);
        Json.WriteString(s_protocol, IpProtocolNames.Own(header.Protocol));
        if (header.App != Apps.Unknown) Json.WriteString(s_app, Apps.Name(header.App));
        if (header.OuterVlan != 0)
        {
            Json.WriteStartArray(s_vlan);
            Json.WriteNumberValue(header.OuterVlan);
            if (header.InnerVlan != 0) Json.WriteNumberValue(header.InnerVlan);
            Json.WriteEndArray();
        }

        if (header.Tunnel != TunnelKind.None)
        {
            Json.WriteString(s_tunnel, TunnelNames.Of(header.Tunnel));
            Json.WriteNumber(s_tunnelId, header.TunnelId);
        }

        if (interfaceName(header.Interface) is { } name) Json.WriteString(s_interface, name);
        if ((header.Traits & RecordTraits.Partial) != 0) Json.WriteBoolean(s_partial, true);
        if ((header.Traits & RecordTraits.Malformed) != 0) Json.WriteBoolean(s_malformed, true);
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
                Json.WriteStringValue(text[..Timestamps.Rfc3339(text, value.Nanos)]);
                return;
            case FieldKind.Text:
                JsonText.WriteValue(Json, value.Text);
                return;
            case FieldKind.Bytes:
                WriteHex(value.Text);
                return;
            case FieldKind.Address:
                Json.WriteStringValue(text[..AddressText.Format(text, value.Address)]);
                return;
            case FieldKind.Texts:
                Json.WriteStartArray();
                foreach (var each in value.Texts) JsonText.WriteValue(Json, each);
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

    private void WriteHex(ReadOnlySpan<byte> octets) => Json.WriteStringValue(Convert.ToHexStringLower(octets));

    private void Learn() => _names =
    [
        .. RecordKinds.All.Select(
            schema => schema.Fields.Select(field => JsonEncodedText.Encode(field.Name)).ToArray()),
    ];
}
