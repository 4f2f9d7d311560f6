using System.Buffers.Text;
using NetSniff.Protocols.Dns;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>Record data as Suricata logs it: text mostly, an object for SOA, SRV and SSHFP.</summary>
internal static class DnsEveData
{
    public static void Write(JsonLine json, ushort type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case DnsTypes.Soa: WriteSoa(json, data); break;
            case DnsTypes.Srv: WriteSrv(json, data); break;
            case DnsTypes.Sshfp: WriteFingerprint(json, data); break;
            case DnsTypes.Mx:
                // Without its preference.
                TakeWord(ref data);
                DnsEve.WriteName(json, "rdata"u8, data);
                break;
            default: DnsEve.WriteName(json, "rdata"u8, data); break;
        }
    }

    private static void WriteSoa(JsonLine json, ReadOnlySpan<byte> data)
    {
        json.WriteStartObject("soa"u8);
        DnsEve.WriteName(json, "mname"u8, TakeWord(ref data));
        DnsEve.WriteName(json, "rname"u8, TakeWord(ref data));
        WriteNumber(json, "serial"u8, ref data);
        WriteNumber(json, "refresh"u8, ref data);
        WriteNumber(json, "retry"u8, ref data);
        WriteNumber(json, "expire"u8, ref data);
        WriteNumber(json, "minimum"u8, ref data);
        json.WriteEndObject();
    }

    private static void WriteSrv(JsonLine json, ReadOnlySpan<byte> data)
    {
        json.WriteStartObject("srv"u8);
        WriteNumber(json, "priority"u8, ref data);
        WriteNumber(json, "weight"u8, ref data);
        WriteNumber(json, "port"u8, ref data);
        DnsEve.WriteName(json, "name"u8, data);
        json.WriteEndObject();
    }

    private static void WriteFingerprint(JsonLine json, ReadOnlySpan<byte> data)
    {
        json.WriteStartObject("sshfp"u8);
        WriteNumber(json, "algo"u8, ref data);
        WriteNumber(json, "type"u8, ref data);
        Span<byte> pairs = stackalloc byte[256];
        var length = 0;
        for (var index = 0; index + 1 < data.Length && length + 3 <= pairs.Length; index += 2)
        {
            if (length > 0) pairs[length++] = (byte)':';
            pairs[length++] = data[index];
            pairs[length++] = data[index + 1];
        }

        json.WriteString("fingerprint"u8, pairs[..length]);
        json.WriteEndObject();
    }

    private static void WriteNumber(JsonLine json, ReadOnlySpan<byte> name, ref ReadOnlySpan<byte> data)
    {
        if (Utf8Parser.TryParse(TakeWord(ref data), out uint value, out _)) json.WriteNumber(name, value);
    }

    private static ReadOnlySpan<byte> TakeWord(ref ReadOnlySpan<byte> data)
    {
        var blank = data.IndexOf((byte)' ');
        var word = blank < 0 ? data : data[..blank];
        data = blank < 0 ? default : data[(blank + 1)..];
        return word;
    }
}
