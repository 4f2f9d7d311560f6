using System.Text;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>What stands in one place of a grid.</summary>
/// <param name="IsWhole">Means nothing when it is cut: a number, a time.</param>
internal readonly record struct GridCell(
    byte[] Text, Paint Paint = Paint.Plain, bool IsRight = false, bool IsWhole = false)
{
    public static GridCell Of(string text, Paint paint = Paint.Plain) => new(Encoding.UTF8.GetBytes(text), paint);

    public static GridCell Number(string text, Paint paint = Paint.Plain) =>
        new(Encoding.UTF8.GetBytes(text), paint, IsRight: true, IsWhole: true);
}

/// <summary>Rows under titles, every column as wide as what stands in it, for people. Where a terminal is too narrow
/// the widest texts are cut, and if that is not enough the last columns give way.</summary>
internal sealed class Grid(params string[] titles)
{
    private const int Gap = 2;

    /// <summary>No text is cut shorter to make room for others.</summary>
    private const int ColumnsMin = 12;

    /// <summary>Titles of columns that gave way, the first of them by name.</summary>
    private const int NamedMax = 4;

    private readonly List<GridCell[]> _rows = [];

    public int Count => _rows.Count;

    /// <summary>Columns before the first.</summary>
    public int Indent { get; init; }

    /// <summary>How to see what there was no room for: begins the line that says so.</summary>
    public string Remedy { get; init; } = "a wider terminal shows";

    public void Add(params GridCell[] cells) => _rows.Add(cells);

    public void Write(Line line, OutputBuffer buffer)
    {
        var widths = Widths(line.ColumnsMax);
        var isRight = Enumerable.Range(0, titles.Length)
            .Select(column => _rows.Count > 0
                && _rows.TrueForAll(row => row[column].IsRight || row[column].Text.Length == 0))
            .ToArray();
        Write(
            line, buffer, widths,
            column => GridCell.Of(titles[column], Paint.Dim) with { IsRight = isRight[column] });
        foreach (var row in _rows) Write(line, buffer, widths, column => row[column]);
        if (widths.Length < titles.Length) WriteHidden(line, buffer, titles[widths.Length..]);
    }

    private void WriteHidden(Line line, OutputBuffer buffer, string[] hidden)
    {
        var more = hidden.Length > NamedMax ? $" and {hidden.Length - NamedMax} more columns" : "";
        var names = string.Join(", ", hidden.Take(NamedMax).Where(name => name.Length > 0));
        line.PadTo(Indent);
        line.Use(Paint.Dim);
        line.TextColumnsMax = line.ColumnsMax - Indent;
        line.Captured(Encoding.UTF8.GetBytes($"{Remedy} what there was no room for: {names}{more}"));
        line.TextColumnsMax = Line.Endless;
        line.MoveTo(buffer);
        buffer.EndLine();
    }

    private void Write(Line line, OutputBuffer buffer, int[] widths, Func<int, GridCell> cellAt)
    {
        var start = Indent;
        for (var column = 0; column < widths.Length; column++)
        {
            var cell = cellAt(column);
            var width = widths[column];
            var own = Math.Min(ColumnsOf(cell.Text), width);
            // Blanks behind the last are for nobody.
            if (own > 0)
            {
                line.PadTo(start + (cell.IsRight ? width - own : 0));
                line.Use(cell.Paint);
                line.TextColumnsMax = width;
                line.Captured(cell.Text);
                line.TextColumnsMax = Line.Endless;
                line.Use(Paint.Plain);
            }

            start += width + Gap;
        }

        line.MoveTo(buffer);
        buffer.EndLine();
    }

    private int[] Widths(int columnsMax)
    {
        var widths = titles.Select(title => title.Length).ToArray();
        foreach (var row in _rows)
        {
            for (var column = 0; column < widths.Length; column++)
            {
                widths[column] = Math.Max(widths[column], ColumnsOf(row[column].Text));
            }
        }

        if (columnsMax == Line.Endless) return widths;

        var isWhole = titles.Select((_, column) => _rows.Exists(row => row[column].IsWhole)).ToArray();
        int Least(int column) => isWhole[column] ? widths[column] : Math.Min(widths[column], ColumnsMin);
        var count = widths.Length;
        while (count > 1 && Indent + Enumerable.Range(0, count).Sum(Least) + Gap * (count - 1) > columnsMax) count--;
        Array.Resize(ref widths, count);

        var surplus = Indent + widths.Sum() + Gap * (count - 1) - columnsMax;
        while (surplus > 0)
        {
            var widest = -1;
            for (var column = 0; column < count; column++)
            {
                if (widths[column] > Least(column) && (widest < 0 || widths[column] > widths[widest])) widest = column;
            }

            if (widest < 0) break;

            widths[widest]--;
            surplus--;
        }

        return widths;
    }

    private static int ColumnsOf(ReadOnlySpan<byte> text)
    {
        Span<byte> piece = stackalloc byte[TerminalText.RuneBytesMax];
        var columns = 0;
        while (!text.IsEmpty)
        {
            TerminalText.Next(ref text, piece, out var cells);
            columns += cells;
        }

        return columns;
    }
}
