using System.Text;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>Colours a line may use: the sixteen of the terminal, so that they fit its theme.</summary>
internal enum Paint : byte { Plain, Dim, Bold, Red, Green, Yellow, Magenta, Cyan }

/// <summary>One line of a terminal being written: counts columns, colours, escapes, and cuts at the edge.</summary>
internal sealed class Line(bool isColoured, int columnsMax = Line.Endless)
{
    public const int Endless = int.MaxValue;

    /// <summary>Columns given up at the edge so that no number is cut in two: 135 is not 1.</summary>
    private const int CutBackMax = 12;

    private static readonly byte[] s_reset = "\e[0m"u8.ToArray();

    private byte[] _bytes = new byte[1024];
    private int _used;
    private int _cutAt;
    private int _gapAt;
    private int _gapColumns;
    private Paint _paint;

    /// <summary>Columns of the terminal.</summary>
    public int ColumnsMax { get; set; } = columnsMax;

    /// <summary>Columns written so far, beyond the edge too.</summary>
    public int Columns { get; private set; }

    /// <summary>Columns that one captured text may take; what is longer ends with an ellipsis.</summary>
    public int TextColumnsMax { get; set; } = Endless;

    /// <summary>Columns of the longest captured text so far.</summary>
    public int LongestText { get; private set; }

    /// <summary>Whether nothing more can be seen, so that there is no use in writing on.</summary>
    public bool IsFull => Columns > ColumnsMax;

    public void Clear()
    {
        (_used, Columns, LongestText) = (0, 0, 0);
        (_cutAt, _gapAt, _gapColumns) = (0, 0, 0);
        _paint = Paint.Plain;
    }

    public void Use(Paint paint)
    {
        if (!isColoured || paint == _paint) return;

        if (_paint != Paint.Plain) Put(s_reset);
        _paint = paint;
        Put(paint switch
        {
            Paint.Dim => "\e[2m"u8,
            Paint.Bold => "\e[1m"u8,
            Paint.Red => "\e[31m"u8,
            Paint.Green => "\e[32m"u8,
            Paint.Yellow => "\e[33m"u8,
            Paint.Magenta => "\e[35m"u8,
            Paint.Cyan => "\e[36m"u8,
            _ => default,
        });
    }

    /// <summary>Our own text: printed as it is.</summary>
    public void Own(ReadOnlySpan<byte> text)
    {
        foreach (var octet in text)
        {
            // Continuation bytes take no column; our own words have no wide letters.
            if ((octet & 0xC0) != 0x80) Step(1);
            Put(octet);
            // Two blanks stand between things that are said.
            var isGap = octet == ' ' && _used > 1 && _bytes[_used - 2] == ' ';
            if (isGap && Columns <= ColumnsMax - 1) (_gapAt, _gapColumns) = (_used, Columns);
        }
    }

    public void Own(string text)
    {
        Span<byte> letters = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes()) Own(letters[..rune.EncodeToUtf8(letters)]);
    }

    /// <summary>Text from the wire: made harmless.</summary>
    public void Captured(ReadOnlySpan<byte> text)
    {
        Span<byte> piece = stackalloc byte[TerminalText.RuneBytesMax];
        var start = Columns;
        var max = Math.Min(TextColumnsMax, ColumnsMax);
        var (fitting, fittingColumns) = (_used, start);
        while (!text.IsEmpty && Columns - start <= max)
        {
            // Remembers where an ellipsis would still fit.
            if (Columns - start < max) (fitting, fittingColumns) = (_used, Columns);
            var size = TerminalText.Next(ref text, piece, out var cells);
            Step(cells);
            Put(piece[..size]);
        }

        LongestText = Math.Max(LongestText, Columns - start);
        if (Columns - start <= TextColumnsMax) return;

        (_used, Columns) = (fitting, fittingColumns);
        Own("…"u8);
    }

    /// <summary>Fills with blanks up to a column.</summary>
    public void PadTo(int column)
    {
        while (Columns < column) Own(" "u8);
    }

    /// <summary>Moves the line into a buffer, cut with an ellipsis where it would pass the edge.</summary>
    public void MoveTo(OutputBuffer buffer)
    {
        var isCut = Columns > ColumnsMax;
        if (isCut && _gapAt > 0 && ColumnsMax - _gapColumns <= CutBackMax) _cutAt = _gapAt;
        buffer.Append(_bytes.AsSpan(0, isCut ? _cutAt : _used));
        if (isColoured && (isCut || _paint != Paint.Plain)) buffer.Append(s_reset);
        if (isCut) buffer.Append("…"u8);
        Clear();
    }

    public override string ToString() => Encoding.UTF8.GetString(_bytes.AsSpan(0, _used));

    // Remembers the last place where the ellipsis still fits behind what was written.
    private void Step(int cells)
    {
        if (Columns <= ColumnsMax - 1) _cutAt = _used;

        Columns += cells;
    }

    private void Put(byte octet)
    {
        if (_used == _bytes.Length) Array.Resize(ref _bytes, 2 * _bytes.Length);
        _bytes[_used++] = octet;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _used < bytes.Length) Array.Resize(ref _bytes, 2 * _bytes.Length + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_used));
        _used += bytes.Length;
    }
}
