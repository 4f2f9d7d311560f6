using System.Globalization;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>EVE `tls` events, for TLS and DTLS alike: `proto` tells them apart.</summary>
internal static class TlsEve
{
    private const long NanosPerSecond = 1_000_000_000;

    public static void Write(EveWriter writer, RecordView record)
    {
        writer.Begin(record.Header, "tls"u8, record.Header.TimeNanos, Direction.ToServer);
        writer.Json.WriteStartObject("tls"u8);
        Text(writer, record, "tls.subject", "subject");
        Text(writer, record, "tls.issuer", "issuerdn");
        if (record.TryGet("tls.serial", out var serial)) Colons(writer, "serial", serial.Text, isUpper: true);
        if (record.TryGet("tls.fingerprint", out var print)) Colons(writer, "fingerprint", print.Text, isUpper: false);
        if (record.TryGet("tls.sans", out var names)) Texts(writer, "subjectaltname", names.Texts);
        Text(writer, record, "tls.sni", "sni");
        if (record.TryGet("tls.version", out var version))
        {
            writer.Json.WriteString("version"u8, Version((ushort)version.Number));
        }

        Time(writer, record, "tls.not_before", "notbefore");
        Time(writer, record, "tls.not_after", "notafter");
        if (record.TryGet("tls.resumed", out var resumed) && resumed.Flag)
        {
            writer.Json.WriteBoolean("session_resumed"u8, true);
        }

        Fingerprint(writer, record, "ja3", "tls.ja3", "tls.ja3_string");
        Fingerprint(writer, record, "ja3s", "tls.ja3s", "tls.ja3s_string");
        Text(writer, record, "tls.ja4", "ja4");
        if (record.TryGet("tls.alpn_offered", out var offered)) Texts(writer, "client_alpns", offered.Texts);
        if (record.TryGet("tls.alpn", out var chosen))
        {
            writer.Json.WriteStartArray("server_alpns"u8);
            writer.Json.WriteStringValue(chosen.Text);
            writer.Json.WriteEndArray();
        }

        writer.Json.WriteEndObject();
        writer.End();
    }

    /// <summary>The spelling of EVE's readers; drafts by number.</summary>
    public static string Version(ushort version) => version switch
    {
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        0xfeff => "DTLS 1.0",
        0xfefd => "DTLS 1.2",
        0xfefc => "DTLS 1.3",
        >= 0x7f00 and <= 0x7fff => $"TLS 1.3 draft-{version & 0xff}",
        _ => $"0x{version:x4}",
    };

    public static void Text(EveWriter writer, RecordView record, string field, string name)
    {
        if (record.TryGet(field, out var value)) writer.Text(name, value.Text);
    }

    public static void Texts(EveWriter writer, string name, TextList texts)
    {
        writer.Json.WriteStartArray(name);
        foreach (var text in texts) writer.Json.WriteStringValue(text);
        writer.Json.WriteEndArray();
    }

    public static void Fingerprint(EveWriter writer, RecordView record, string name, string hashField, string textField)
    {
        if (!record.TryGet(hashField, out var hash)) return;

        writer.Json.WriteStartObject(name);
        writer.Text("hash", hash.Text);
        Text(writer, record, textField, "string");
        writer.Json.WriteEndObject();
    }

    private static void Colons(EveWriter writer, string name, ReadOnlySpan<byte> bytes, bool isUpper)
    {
        var hex = isUpper ? Convert.ToHexString(bytes) : Convert.ToHexStringLower(bytes);
        writer.Json.WriteString(name, string.Join(':', hex.Chunk(2).Select(static pair => new string(pair))));
    }

    private static void Time(EveWriter writer, RecordView record, string field, string name)
    {
        if (!record.TryGet(field, out var value)) return;

        var time = DateTimeOffset.FromUnixTimeSeconds(value.Nanos / NanosPerSecond);
        writer.Json.WriteString(name, time.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
    }
}
