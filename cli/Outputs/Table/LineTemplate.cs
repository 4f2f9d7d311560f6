using System.Numerics;
using System.Text;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>One of the templates of <see cref="RecordInfo.Lines"/>, compiled against its schema.</summary>
/// <remarks>`{a}` is a field; `{a|b}` the first of them that is there; `{a?text}` is `text` where the flag a is set and
/// nothing where it is not. Braces do not nest.</remarks>
internal sealed class LineTemplate
{
    private readonly List<Part> _parts = [];

    private LineTemplate() { }

    /// <summary>How many fields the template asks for.</summary>
    public int FieldsCount { get; private set; }

    /// <summary>Names in the template that its schema does not have: a mistake of whoever wrote it.</summary>
    public List<string> UnknownNames { get; } = [];

    public static LineTemplate Compile(string text, RecordSchema schema)
    {
        var template = new LineTemplate();
        var position = 0;
        while (position < text.Length)
        {
            var open = text.IndexOf('{', position);
            var close = open < 0 ? -1 : text.IndexOf('}', open);
            if (close < 0)
            {
                template.AddLiteral(text[position..]);
                break;
            }

            if (open > position) template.AddLiteral(text[position..open]);
            template.AddField(text[(open + 1)..close], schema);
            position = close + 1;
        }

        return template;
    }

    /// <summary>How many of the fields it asks for are there; all of them makes it fit.</summary>
    public int FieldsPresent(ulong present)
    {
        var count = 0;
        foreach (var part in _parts)
        {
            if (part.Asks && (part.Mask & present) != 0) count++;
        }

        return count;
    }

    /// <summary>Writes the line; a field that is not there becomes a dash.</summary>
    public void Write(Line line, RecordView record)
    {
        var present = record.Header.Present;
        foreach (var part in _parts)
        {
            if (part.Choices.Length == 0)
            {
                line.Own(part.Literal);
            }
            else if (!part.Asks)
            {
                if (record.TryGet(part.Choices[0].Index, out var flag) && IsSet(flag)) line.Own(part.Literal);
            }
            else
            {
                WriteFirst(line, record, part, present);
            }
        }
    }

    private static void WriteFirst(Line line, RecordView record, in Part part, ulong present)
    {
        foreach (var style in part.Choices)
        {
            if ((present >> style.Index & 1) == 0) continue;
            if (!record.TryGet(style.Index, out var value)) continue;

            style.Write(line, value);
            return;
        }

        line.Use(Paint.Dim);
        line.Own("-"u8);
        line.Use(Paint.Plain);
    }

    private static bool IsSet(FieldValue value) => value.Kind switch
    {
        FieldKind.Flag => value.Flag,
        FieldKind.Number or FieldKind.Duration or FieldKind.Time => value.Number != 0,
        _ => true,
    };

    private void AddLiteral(string text) => _parts.Add(new Part([], Encoding.UTF8.GetBytes(text), 0, Asks: false));

    private void AddField(string text, RecordSchema schema)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var names = (question < 0 ? text : text[..question]).Split('|');
        List<ValueStyle> choices = [];
        var mask = 0ul;
        foreach (var name in names)
        {
            if (schema.Find(name.Trim()) is not { } field)
            {
                UnknownNames.Add(name);
                continue;
            }

            choices.Add(new ValueStyle(field));
            mask |= 1ul << field.Index;
        }

        if (question >= 0)
        {
            if (choices.Count == 0) return;
            _parts.Add(new Part([choices[0]], Encoding.UTF8.GetBytes(text[(question + 1)..]), mask, Asks: false));
            return;
        }

        // A name nobody knows asks for what is never there: the template never fits, and the dash shows where.
        _parts.Add(new Part([.. choices], [], mask, Asks: true));
        FieldsCount++;
    }

    /// <summary>Own text, or a choice of fields. <paramref name="Asks"/>: the template does not fit without it.
    /// </summary>
    private readonly record struct Part(ValueStyle[] Choices, byte[] Literal, ulong Mask, bool Asks);
}
