using System.Text;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>One of the templates of <see cref="RecordInfo.Lines"/>, compiled against its schema.</summary>
/// <remarks>`{a}` is a field; `{a|b}` the first of them that is there; `{a?text}` is `text` where the flag a is set and
/// nothing where it is not; `{a~1}` is left out where room is scarce, before `{b~2}`, and what stands between two
/// double blanks goes whole when all its fields go. Braces do not nest.</remarks>
internal sealed class LineTemplate
{
    /// <summary>What is never left out.</summary>
    private const int Stays = int.MaxValue;

    private const string Gap = "  ";

    private readonly List<Part> _parts = [];

    private LineTemplate() { }

    /// <summary>How many fields the template asks for.</summary>
    public int FieldsCount { get; private set; }

    /// <summary>Names in the template that its schema does not have: a mistake of whoever wrote it.</summary>
    public List<string> UnknownNames { get; } = [];

    public static LineTemplate Compile(string text, RecordSchema schema)
    {
        var template = new LineTemplate();
        foreach (var piece in Pieces(text))
        {
            var first = template._parts.Count;
            template.AddPiece(piece, schema);
            template.EndPiece(first);
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
    /// <param name="left">Parts of this rank and below are left out.</param>
    /// <param name="hidden">Takes the names of fields that were left out though they are there.</param>
    public void Write(Line line, RecordView record, int left = 0, ISet<string>? hidden = null)
    {
        var present = record.Header.Present;
        var start = line.Columns;
        foreach (var part in _parts)
        {
            if (part.Rank <= left)
            {
                if (part.Asks && (part.Mask & present) != 0) hidden?.Add(part.Choices[0].Name);
            }
            else if (part.Choices.Length == 0)
            {
                // When what stood before it has gone, so have the blanks between.
                var isFirst = line.Columns == start;
                line.Own(isFirst ? part.Literal.AsSpan().TrimStart((byte)' ') : part.Literal);
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

    /// <summary>What stands between double blanks, each but the first with the blanks before it; braces keep theirs.
    /// </summary>
    private static IEnumerable<string> Pieces(string text)
    {
        var (start, isInside) = (0, false);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] is '{' or '}') isInside = text[at] == '{';
            if (isInside || at == start || !text.AsSpan(at).StartsWith(Gap)) continue;

            yield return text[start..at];
            start = at;
        }

        yield return text[start..];
    }

    private void AddPiece(string text, RecordSchema schema)
    {
        var position = 0;
        while (position < text.Length)
        {
            var open = text.IndexOf('{', position);
            var close = open < 0 ? -1 : text.IndexOf('}', open);
            if (close < 0)
            {
                AddLiteral(text[position..]);
                break;
            }

            if (open > position) AddLiteral(text[position..open]);
            AddField(text[(open + 1)..close], schema);
            position = close + 1;
        }
    }

    /// <summary>When its last field goes, a piece's own words go with it.</summary>
    private void EndPiece(int first)
    {
        var piece = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_parts)[first..];
        var last = 0;
        foreach (ref readonly var part in piece)
        {
            if (part.Asks) last = Math.Max(last, part.Rank);
        }

        if (last is 0 or Stays) return;
        foreach (ref var part in piece)
        {
            if (!part.Asks) part = part with { Rank = last };
        }
    }

    private void AddLiteral(string text) =>
        _parts.Add(new Part([], Encoding.UTF8.GetBytes(text), 0, Asks: false, Stays));

    private void AddField(string text, RecordSchema schema)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var asked = question < 0 ? text : text[..question];
        var mark = asked.IndexOf('~', StringComparison.Ordinal);
        var rank = mark < 0 ? Stays : asked[mark + 1] - '0';
        List<ValueStyle> choices = [];
        var mask = 0ul;
        foreach (var name in (mark < 0 ? asked : asked[..mark]).Split('|'))
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
            _parts.Add(
                new Part([choices[0]], Encoding.UTF8.GetBytes(text[(question + 1)..]), mask, Asks: false, rank));
            return;
        }

        // A name nobody knows asks for what is never there: the template never fits, and the dash shows where.
        _parts.Add(new Part([.. choices], [], mask, Asks: true, rank));
        FieldsCount++;
    }

    /// <summary>Own text, or a choice of fields. <paramref name="Asks"/>: the template does not fit without it.
    /// <paramref name="Rank"/>: the smaller, the sooner it is left out.</summary>
    private readonly record struct Part(ValueStyle[] Choices, byte[] Literal, ulong Mask, bool Asks, int Rank);
}
