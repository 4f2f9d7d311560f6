using System.Text.Unicode;
using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>DNS, mDNS and LLMNR as Suricata logs them, DNS version 3: one event for the question, one for the answer.
/// </summary>
internal static class DnsEve
{
    private const int HeadBytesMax = 256;

    // EVE knows the four bits of the header; what EDNS adds to them (RFC 6891 section 6.1.3) has a field of its own.
    private const ulong HeaderRcodeMask = 0xF;

    // Text of a name or of record data, unescaped; what is odd in it grows fourfold.
    private const int PlainBytesMax = 4 * 1024;
    private const int ShownBytesMax = 4 * PlainBytesMax;

    public static void Write(EveWriter writer, RecordView record)
    {
        var isAsked = Flag(writer, record, Fields.HasQuery);
        var isAnswered = Flag(writer, record, Fields.HasResponse);
        var kind = Apps.Name(record.Header.App) switch
        {
            "mdns" => "mdns"u8,
            "llmnr" => "llmnr"u8,
            _ => "dns"u8,
        };
        // The messages of a zone transfer answer one question.
        if (isAsked && Number(writer, record, Fields.TransferMessage) == 0)
        {
            writer.Begin(record.Header, kind, record.Header.TimeNanos, Direction.ToServer);
            writer.Json.WriteStartObject(kind);
            WriteQuery(writer, record, isAnswered);
            writer.Json.WriteEndObject();
            writer.End();
        }

        if (!isAnswered) return;

        var latency = record.TryGet(Fields.Latency, out var value) ? value.Nanos : 0;
        writer.Begin(record.Header, kind, record.Header.TimeNanos + latency, Direction.ToClient);
        writer.Json.WriteStartObject(kind);
        WriteResponse(writer, record);
        writer.Json.WriteEndObject();
        writer.End();
    }

    private static void WriteQuery(EveWriter writer, RecordView record, bool isAnswered)
    {
        WriteHead(writer, record, "request"u8, Number(writer, record, Fields.QueryFlags));
        WriteQuestions(writer, record);
        // Of an answered question the lists belong to the answer; alone (mDNS: what is known already) they are its own.
        if (!isAnswered) WriteSections(writer, record);
    }

    private static void WriteResponse(EveWriter writer, RecordView record)
    {
        WriteHead(writer, record, "response"u8, Number(writer, record, Fields.Flags));
        var code = Number(writer, record, Fields.Rcode);
        WriteRcode(writer, "rcode"u8, code & HeaderRcodeMask);
        if (code > HeaderRcodeMask) WriteRcode(writer, "extended_rcode"u8, code);

        if (Number(writer, record, Fields.QuestionCount) > 0) WriteQuestions(writer, record);
        WriteSections(writer, record);
    }

    /// <summary>From the version to the operation.</summary>
    private static void WriteHead(EveWriter writer, RecordView record, ReadOnlySpan<byte> type, ulong flags)
    {
        var head = writer.Json.Begin(HeadBytesMax);
        head.Put("\"version\":3,\"type\":\""u8);
        head.Put(type);
        head.Put("\",\"tx_id\":"u8);
        head.Put(Number(writer, record, Fields.Exchange));
        head.Put(",\"id\":"u8);
        head.Put(Number(writer, record, Fields.Id));
        head.Put(",\"flags\":\""u8);
        head.Put([HexDigit(flags >> 12), HexDigit(flags >> 8), HexDigit(flags >> 4), HexDigit(flags)]);
        head.Put("\""u8);
        if ((flags & 0x8000) != 0) head.Put(",\"qr\":true"u8);
        if ((flags & 0x0400) != 0) head.Put(",\"aa\":true"u8);
        if ((flags & 0x0200) != 0) head.Put(",\"tc\":true"u8);
        if ((flags & 0x0100) != 0) head.Put(",\"rd\":true"u8);
        if ((flags & 0x0080) != 0) head.Put(",\"ra\":true"u8);
        if ((flags & 0x0040) != 0) head.Put(",\"z\":true"u8);
        head.Put(",\"opcode\":"u8);
        head.Put(Number(writer, record, Fields.Opcode));
        writer.Json.End(in head);
    }

    private static byte HexDigit(ulong value) => JsonText.HexDigit((int)value & 0xF);

    private static void WriteRcode(EveWriter writer, ReadOnlySpan<byte> property, ulong code)
    {
        var name = DnsTypes.RcodeName((uint)code);
        if (name.IsEmpty) writer.Json.WriteString(property, $"{code}");
        else writer.Json.WriteString(property, name);
    }

    private static void WriteQuestions(EveWriter writer, RecordView record)
    {
        var json = writer.Json;
        if (record.TryGet(Fields.QuestionNames, out var names)
            && record.TryGet(Fields.QuestionTypes, out var types))
        {
            json.WriteStartArray("queries"u8);
            var index = 0;
            foreach (var name in names.Texts) WriteQuestion(json, name, types.NumberAt(index++));
            json.WriteEndArray();
            return;
        }

        if (!record.TryGet(Fields.QueryName, out var only)) return;

        // Cut within the name or behind it, a question has no type.
        json.WriteStartArray("queries"u8);
        json.WriteStartObject();
        WriteName(json, "rrname"u8, only.Text);
        if (record.TryGet(Fields.QueryType, out var type)) WriteType(json, (ushort)type.Number);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteQuestion(JsonLine json, ReadOnlySpan<byte> name, ulong type)
    {
        json.WriteStartObject();
        WriteName(json, "rrname"u8, name);
        WriteType(json, (ushort)type);
        json.WriteEndObject();
    }

    private static void WriteSections(EveWriter writer, RecordView record)
    {
        WriteSection(writer, record, "answers"u8, Fields.AnswerNames);
        WriteSection(writer, record, "authorities"u8, Fields.AuthorityNames);
        WriteSection(writer, record, "additionals"u8, Fields.AdditionalNames);
    }

    /// <param name="first">Field of the names; types, times to live and data follow it in the description.</param>
    private static void WriteSection(EveWriter writer, RecordView record, ReadOnlySpan<byte> section, int first)
    {
        if (!record.TryGet(first, out var names)) return;
        if (!record.TryGet(first + 1, out var types)) return;
        if (!record.TryGet(first + 2, out var ttls)) return;
        if (!record.TryGet(first + 3, out var data)) return;

        var json = writer.Json;
        json.WriteStartArray(section);
        var index = 0;
        var rest = data.Texts.GetEnumerator();
        foreach (var name in names.Texts)
        {
            if (!rest.MoveNext()) break;

            var type = (ushort)types.NumberAt(index);
            json.WriteStartObject();
            WriteName(json, "rrname"u8, name);
            WriteType(json, type);
            json.WriteNumber("ttl"u8, ttls.NumberAt(index));
            DnsEveData.Write(json, type, rest.Current);
            json.WriteEndObject();
            index++;
        }

        json.WriteEndArray();
    }

    private static void WriteType(JsonLine json, ushort type)
    {
        var name = DnsTypes.Name(type);
        if (name.IsEmpty) json.WriteString("rrtype"u8, $"TYPE{type}");
        else json.WriteString("rrtype"u8, name);
    }

    /// <summary>Suricata does not escape names: dots inside labels are dots, and a name that is no UTF-8 has its odd
    /// octets as \xNN. The root is empty.</summary>
    internal static void WriteName(JsonLine json, ReadOnlySpan<byte> property, ReadOnlySpan<byte> name)
    {
        if (name.IndexOf((byte)'\\') < 0)
        {
            json.WriteString(property, name is [(byte)'.'] ? default : name);
            return;
        }

        Span<byte> plain = stackalloc byte[Math.Min(name.Length, PlainBytesMax)];
        plain = plain[..Unescape(name, plain)];
        if (Utf8.IsValid(plain))
        {
            json.WriteString(property, plain);
            return;
        }

        Span<byte> shown = stackalloc byte[ShownBytesMax];
        json.WriteString(property, shown[..Show(plain, shown)]);
    }

    private static int Unescape(ReadOnlySpan<byte> text, Span<byte> plain)
    {
        var length = 0;
        for (var index = 0; index < text.Length && length < plain.Length; index++)
        {
            var value = text[index];
            if (value == '\\' && index + 1 < text.Length)
            {
                value = text[++index];
                if (char.IsAsciiDigit((char)value) && index + 2 < text.Length)
                {
                    value = (byte)(100 * (value - '0') + 10 * (text[index + 1] - '0') + text[index + 2] - '0');
                    index += 2;
                }
            }

            plain[length++] = value;
        }

        return length;
    }

    private static int Show(ReadOnlySpan<byte> plain, Span<byte> shown)
    {
        var digits = "0123456789abcdef"u8;
        var length = 0;
        foreach (var octet in plain)
        {
            if (octet is >= 0x20 and < 0x7F)
            {
                shown[length++] = octet;
                continue;
            }

            shown[length++] = (byte)'\\';
            shown[length++] = (byte)'x';
            shown[length++] = digits[octet >> 4];
            shown[length++] = digits[octet & 0xF];
        }

        return length;
    }

    private static bool Flag(EveWriter writer, RecordView record, int field) =>
        record.TryGet(field, out var value) && value.Flag;

    private static ulong Number(EveWriter writer, RecordView record, int field) =>
        record.TryGet(field, out var value) ? value.Number : 0;

    /// <summary>Places of the fields, looked up by name once.</summary>
    private static class Fields
    {
        public static readonly int Id = Of("dns.id"), Opcode = Of("dns.opcode"), HasQuery = Of("dns.has_query"),
            HasResponse = Of("dns.has_response"), Rcode = Of("dns.rcode"), Flags = Of("dns.flags"),
            QueryFlags = Of("dns.query.flags"), QueryName = Of("dns.qname"), QueryType = Of("dns.qtype"),
            QuestionNames = Of("dns.questions.names"), QuestionTypes = Of("dns.questions.types"),
            QuestionCount = Of("dns.questions.count"), AnswerNames = Of("dns.answers.names"),
            AuthorityNames = Of("dns.authority.names"), AdditionalNames = Of("dns.additional.names"),
            Latency = Of("dns.latency"), Exchange = Of("dns.exchange"),
            TransferMessage = Of("dns.transfer.message");

        private static int Of(string name) => RecordKinds.Register<DnsRecord>().Find(name)!.Index;
    }
}
