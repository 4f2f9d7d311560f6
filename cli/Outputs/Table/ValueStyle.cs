using System.Buffers.Text;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>How one field reads on a line: its unit, the names of its numbers, its colour.</summary>
internal sealed class ValueStyle
{
    /// <summary>Entries of a list shown before the rest is counted.</summary>
    private const int ListedMax = 4;

    /// <summary>Octets shown in hex before the rest is counted.</summary>
    private const int OctetsMax = 16;

    private readonly Field _field;
    private readonly IReadOnlyList<string>? _names;
    private readonly bool _isSize;

    public ValueStyle(Field field)
    {
        _field = field;
        _names = NumberNames.For(field.Name);
        var words = field.Name.Split('.');
        _isSize = words.Contains("bytes") || words.Contains("payload");
    }

    public int Index => _field.Index;

    public string Name => _field.Name;

    public void Write(Line line, FieldValue value)
    {
        Span<byte> text = stackalloc byte[AddressText.SizeMax];
        switch (_field.Kind)
        {
            case FieldKind.Number:
                WriteNumber(line, value.Number);
                return;
            case FieldKind.Flag:
                line.Own(value.Flag ? "true"u8 : "false"u8);
                return;
            case FieldKind.Duration:
                line.Own(Human.Duration(value.Nanos));
                return;
            case FieldKind.Time:
                line.Own(text[..Timestamps.Rfc3339(text, value.Nanos)]);
                return;
            case FieldKind.Text:
                WriteText(line, value.Text);
                return;
            case FieldKind.Bytes:
                WriteHex(line, value.Text);
                return;
            case FieldKind.Address:
                line.Own(text[..AddressText.Format(text, value.Address)]);
                return;
            default:
                WriteList(line, value);
                return;
        }
    }

    private void WriteText(Line line, ReadOnlySpan<byte> text)
    {
        line.Use(CodePaint.Of(_field.Name, text));
        line.Captured(text);
        line.Use(Paint.Plain);
    }

    private void WriteNumber(Line line, ulong number)
    {
        line.Use(CodePaint.Of(_field.Name, number));
        if (_names is { } names && number < (ulong)names.Count)
        {
            line.Own(names[(int)number]);
        }
        else if (_isSize)
        {
            line.Own(Human.Size(number));
        }
        else
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(number, digits, out var written);
            line.Own(digits[..written]);
        }

        line.Use(Paint.Plain);
    }

    private static void WriteHex(Line line, ReadOnlySpan<byte> octets)
    {
        Span<byte> pair = stackalloc byte[2];
        foreach (var octet in octets[..Math.Min(octets.Length, OctetsMax)])
        {
            pair[0] = JsonText.HexDigit(octet >> 4);
            pair[1] = JsonText.HexDigit(octet & 0xF);
            line.Own(pair);
        }

        if (octets.Length > OctetsMax) line.Own("…"u8);
    }

    private static void WriteList(Line line, FieldValue value)
    {
        var listed = 0;
        if (value.Kind == FieldKind.Numbers)
        {
            Span<byte> digits = stackalloc byte[20];
            for (; listed < Math.Min(value.NumbersCount, ListedMax); listed++)
            {
                if (listed > 0) line.Own(", "u8);
                Utf8Formatter.TryFormat(value.NumberAt(listed), digits, out var written);
                line.Own(digits[..written]);
            }
        }
        else
        {
            foreach (var text in value.Texts)
            {
                if (listed == ListedMax) break;
                if (listed++ > 0) line.Own(", "u8);
                line.Captured(text);
            }
        }

        if (value.NumbersCount > listed) line.Own($" +{value.NumbersCount - listed}");
    }
}
