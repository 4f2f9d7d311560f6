using System.Globalization;
using NetSniff.Protocols;
using NetSniff.Protocols.Quic;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>EVE `quic` events: one a connection, where Suricata has one a packet.</summary>
internal static class QuicEve
{
    private const ushort ServerNameType = 0, ProtocolsType = 16;

    public static void Write(EveWriter writer, RecordView record)
    {
        writer.Begin(record.Header, "quic"u8, record.Header.TimeNanos, Direction.ToServer);
        writer.Json.WriteStartObject("quic");
        if (record.TryGet(Fields.Version, out var version))
        {
            writer.Json.WriteString("version", Version((uint)version.Number));
        }

        Text(writer, record, Fields.ServerName, "sni");
        Text(writer, record, Fields.UserAgent, "ua");
        Fingerprint(writer, record, "ja3", Fields.Ja3, Fields.Ja3Text);
        Fingerprint(writer, record, "ja3s", Fields.Ja3Server, Fields.Ja3ServerText);
        Text(writer, record, Fields.Ja4, "ja4");
        WriteExtensions(writer, record);
        writer.Json.WriteEndObject();
        writer.End();
    }

    /// <summary>Google's versions are text, all others their number in hex.</summary>
    private static string Version(uint version) => version >> 16 == 0x5130
        ? string.Create(4, version, static (text, value) =>
        {
            for (var index = 0; index < 4; index++) text[index] = (char)(value >> (24 - 8 * index) & 0xff);
        })
        : version.ToString("x", CultureInfo.InvariantCulture);

    private static void WriteExtensions(EveWriter writer, RecordView record)
    {
        if (!record.TryGet(Fields.Extensions, out var types)) return;

        writer.Json.WriteStartArray("extensions");
        for (var index = 0; index < types.NumbersCount; index++)
        {
            var type = (ushort)types.NumberAt(index);
            writer.Json.WriteStartObject();
            if (ExtensionName(type) is { } name) writer.Json.WriteString("name", name);
            writer.Json.WriteNumber("type", type);
            WriteValues(writer, record, type);
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndArray();
    }

    private static void WriteValues(EveWriter writer, RecordView record, ushort type)
    {
        if (type == ServerNameType && record.TryGet(Fields.ServerName, out var serverName))
        {
            writer.Json.WriteStartArray("values");
            writer.TextValue(serverName.Text);
            writer.Json.WriteEndArray();
        }
        else if (type == ProtocolsType && record.TryGet(Fields.Protocols, out var protocols))
        {
            writer.Json.WriteStartArray("values");
            foreach (var protocol in protocols.Texts) writer.TextValue(protocol);
            writer.Json.WriteEndArray();
        }
    }

    /// <summary>IANA's names of the extensions that QUIC clients send.</summary>
    private static string? ExtensionName(ushort type) => type switch
    {
        0 => "server_name",
        5 => "status_request",
        10 => "supported_groups",
        13 => "signature_algorithms",
        16 => "alpn",
        18 => "signed_certificate_timestamp",
        21 => "padding",
        23 => "extended_master_secret",
        27 => "compress_certificate",
        28 => "record_size_limit",
        34 => "delegated_credentials",
        35 => "session_ticket",
        41 => "pre_shared_key",
        42 => "early_data",
        43 => "supported_versions",
        44 => "cookie",
        45 => "psk_key_exchange_modes",
        49 => "post_handshake_auth",
        50 => "signature_algorithms_cert",
        51 => "key_share",
        57 or 0xffa5 => "quic_transport_parameters",
        0xfe0d => "encrypted_client_hello",
        0xff01 => "renegotiation_info",
        _ => null,
    };

    private static void Text(EveWriter writer, RecordView record, int field, string name)
    {
        if (record.TryGet(field, out var value)) writer.Text(name, value.Text);
    }

    private static void Fingerprint(EveWriter writer, RecordView record, string name, int hashField, int textField)
    {
        if (!record.TryGet(hashField, out var hash)) return;

        writer.Json.WriteStartObject(name);
        writer.Text("hash", hash.Text);
        Text(writer, record, textField, "string");
        writer.Json.WriteEndObject();
    }

    /// <summary>Places of the fields, looked up by name once.</summary>
    private static class Fields
    {
        public static readonly int Version = Of("quic.version"), ServerName = Of("quic.sni"),
            UserAgent = Of("quic.user_agent"), Ja3 = Of("quic.ja3"), Ja3Text = Of("quic.ja3_string"),
            Ja3Server = Of("quic.ja3s"), Ja3ServerText = Of("quic.ja3s_string"), Ja4 = Of("quic.ja4"),
            Extensions = Of("quic.client.extensions"), Protocols = Of("quic.alpn_offered");

        private static int Of(string name) => RecordKinds.Register<QuicRecord>().Find(name)!.Index;
    }
}
