using System.Globalization;
using System.Text;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Fuzz.Captures;

/// <summary>A field of a record that has left its arena.</summary>
internal readonly record struct FieldText(string Name, FieldKind Kind, string Value);

/// <summary>A record that has left its arena: what it says, without when and by which flow.</summary>
internal sealed record RecordText(
    string Kind, byte Protocol, ulong FlowId, Address Client, Address Server, ushort ClientPort, ushort ServerPort,
    RecordTraits Traits, string App, IReadOnlyList<FieldText> Fields)
{
    public bool IsPartial => (Traits & RecordTraits.Partial) != 0;

    /// <summary>Everything but times: two runs that understood the same say the same.</summary>
    public string Line { get; } = LineOf(Kind, ClientPort, ServerPort, Traits, App, Fields);

    /// <summary>The same whatever the flow is called.</summary>
    public string LineOfAnyApp { get; } = LineOf(Kind, ClientPort, ServerPort, Traits, app: "", Fields);

    public static RecordText Of(RecordView record)
    {
        var fields = new List<FieldText>();
        foreach (var field in record) fields.Add(new(field.Field.Name, field.Value.Kind, Show(field.Value)));
        ref readonly var header = ref record.Header;
        return new RecordText(
            record.Schema.Info.Name, header.Protocol, header.FlowId, header.Client, header.Server, header.ClientPort,
            header.ServerPort, header.Traits, Protocols.Apps.Name(header.App), fields);
    }

    private static string LineOf(
        string kind, ushort clientPort, ushort serverPort, RecordTraits traits, string app,
        IReadOnlyList<FieldText> fields)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{kind} {clientPort}>{serverPort} {app}");
        if (traits != RecordTraits.None) text.Append(" !").Append(traits);
        foreach (var field in fields)
        {
            if (field.Kind is FieldKind.Duration or FieldKind.Time) continue;
            text.Append(' ').Append(field.Name).Append('=').Append(field.Value);
        }

        return text.ToString();
    }

    private static string Show(FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldKind.Flag: return value.Flag ? "true" : "false";
            case FieldKind.Text: return Encoding.Latin1.GetString(value.Text);
            case FieldKind.Bytes: return Convert.ToHexString(value.Text);
            case FieldKind.Address: return value.Address.ToString();
            case FieldKind.Texts:
                var texts = new List<string>();
                foreach (var text in value.Texts) texts.Add(Encoding.Latin1.GetString(text));
                return "[" + string.Join(", ", texts) + "]";
            case FieldKind.Numbers:
                var numbers = new List<ulong>();
                for (var index = 0; index < value.NumbersCount; index++) numbers.Add(value.NumberAt(index));
                return "[" + string.Join(", ", numbers) + "]";
            case FieldKind.Duration or FieldKind.Time: return value.Nanos.ToString(CultureInfo.InvariantCulture);
            default: return value.Number.ToString(CultureInfo.InvariantCulture);
        }
    }
}

/// <summary>Gathers records as text.</summary>
internal sealed class RecordTexts : RecordConsumer
{
    public List<RecordText> All { get; } = [];

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        foreach (var record in new RecordWalker(records)) All.Add(RecordText.Of(record));
    }
}
