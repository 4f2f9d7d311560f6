using System.Text;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>What stands in one place of a grid.</summary>
internal readonly record struct GridCell(byte[] Text, Paint Paint = Paint.Plain, bool IsRight = false)
{
    public static GridCell Of(string text, Paint paint = Paint.Plain) => new(Encoding.UTF8.GetBytes(text), paint);

    public static GridCell Number(string text, Paint paint = Paint.Plain) =>
        new(Encoding.UTF8.GetBytes(text), paint, IsRight: true);
}

/// <summary>Rows under titles, every column as wide as what stands in it, for people. Where a terminal is too narrow
/// the widest texts are cut.</summary>
internal sealed class Grid(params string[] titles)
{
    private const int Gap = 2;

    /// <summary>No text is cut shorter to make room for others.</summary>
    private const int ColumnsMin = 12;

    private readonly List<GridCell[]> _rows = [];

    public int Count => _rows.Count;

    /// <summary>Columns before the first.</summary>
    public int Indent { get; init; }

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

        var surplus = Indent + widths.Sum() + Gap * (widths.Length - 1) - columnsMax;
        while (surplus > 0)
        {
            var widest = Array.IndexOf(widths, widths.Max());
            if (widths[widest] <= ColumnsMin) break;

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
