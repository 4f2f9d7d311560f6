using System.Buffers.Text;
using NetSniff.Flows;
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
    private readonly bool _isHttpStatus;
    private readonly bool _isFlowEnd;
    private readonly bool _isCode;
    private readonly bool _isCodeName;

    public ValueStyle(Field field)
    {
        _field = field;
        _names = NumberNames.For(field.Name);
        var words = field.Name.Split('.');
        _isSize = words.Contains("bytes") || words.Contains("payload");
        _isHttpStatus = field.Name == "http.status";
        _isFlowEnd = field.Name == "flow.end";
        _isCodeName = field.Name == "dns.rcode_name";
        _isCode = field.Name is "grpc.status" or "dns.rcode";
    }

    public int Index => _field.Index;

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
        if (_isCodeName)
        {
            var isFine = text.SequenceEqual("NOERROR"u8);
            line.Use(isFine ? Paint.Green : text.SequenceEqual("SERVFAIL"u8) ? Paint.Red : Paint.Yellow);
        }

        line.Captured(text);
        if (_isCodeName) line.Use(Paint.Plain);
    }

    private void WriteNumber(Line line, ulong number)
    {
        line.Use(PaintOf(number));
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

    private Paint PaintOf(ulong number)
    {
        if (_isFlowEnd) return number == (ulong)FlowEnd.Reset ? Paint.Yellow : Paint.Dim;
        if (_isHttpStatus) return number >= 500 ? Paint.Red : number >= 400 ? Paint.Yellow : Paint.Green;
        if (!_isCode) return Paint.Plain;
        if (number == 0) return Paint.Green;
        return IsServersFault(number) ? Paint.Red : Paint.Yellow;
    }

    // What HTTP would say with a status of 500 or more: for gRPC UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL,
    // UNAVAILABLE and DATA_LOSS, as OpenTelemetry counts them; for DNS SERVFAIL.
    private bool IsServersFault(ulong code) =>
        _field.Name == "grpc.status" ? code is 2 or 4 or 12 or 13 or 14 or 15 : code == 2;

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
