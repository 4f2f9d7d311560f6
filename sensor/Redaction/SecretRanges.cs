namespace NetSniff.Sensor.Redaction;

/// <summary>Places in a text that are to be hidden, found in any order. Kept and used again.</summary>
internal sealed class SecretRanges
{
    /// <summary>A text with more is hidden whole.</summary>
    public const int CountMax = 512;

    private static readonly byte[] s_redacted = "REDACTED"u8.ToArray();

    private readonly List<(int Start, int End, byte[] Replacement)> _all = [];

    public int Count => _all.Count;

    public bool IsOverfull { get; private set; }

    public void Clear()
    {
        _all.Clear();
        IsOverfull = false;
    }

    public void Add(int start, int end, byte[]? replacement = null)
    {
        if (start >= end) return;
        if (_all.Count >= CountMax) IsOverfull = true;
        else _all.Add((start, end, replacement ?? s_redacted));
    }

    /// <summary>Writes the text with each place replaced; places that touch each other are one.</summary>
    public void Write(ReadOnlySpan<byte> text, List<byte> output)
    {
        if (IsOverfull)
        {
            output.AddRange(s_redacted);
            return;
        }

        _all.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        var position = 0;
        foreach (var (start, end, replacement) in _all)
        {
            if (start >= position)
            {
                output.AddRange(text[position..start]);
                output.AddRange(replacement);
            }

            position = Math.Max(position, end);
        }

        output.AddRange(text[position..]);
    }
}
