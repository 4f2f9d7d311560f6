namespace NetSniff.Cli.Commands.Top;

internal enum TopPane : byte { Talkers, Protocols, Errors }

/// <summary>What the keys have set. Changed by <see cref="Press"/> alone.</summary>
internal sealed class TopState
{
    private const int FilterLengthMax = 64;

    public TopPane Pane { get; private set; }

    /// <summary>Number of the column that rows are sorted by, in the order of the pane.</summary>
    public int Sort { get; private set; }

    public bool IsFrozen { get; private set; }

    public bool IsHelp { get; private set; }

    public bool IsOver { get; private set; }

    /// <summary>Rows that do not hold this text are left out; empty for all.</summary>
    public string Filter { get; private set; } = "";

    /// <summary>The filter is being typed.</summary>
    public bool IsTyping { get; private set; }

    /// <summary>Rows above the first that is shown.</summary>
    public int Offset { get; private set; }

    public void Press(ConsoleKeyInfo key)
    {
        if (key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control }) IsOver = true;
        else if (IsTyping) Type(key);
        else if (IsHelp) IsHelp = false;
        else Command(key);
    }

    private void Type(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                IsTyping = false;
                break;
            case ConsoleKey.Escape:
                (IsTyping, Filter) = (false, "");
                break;
            case ConsoleKey.Backspace:
                if (Filter.Length > 0) Filter = Filter[..^1];
                break;
            default:
                if (!char.IsControl(key.KeyChar) && Filter.Length < FilterLengthMax) Filter += key.KeyChar;
                break;
        }

        Offset = 0;
    }

    private void Command(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Tab:
                Show((TopPane)(((int)Pane + (key.Modifiers == ConsoleModifiers.Shift ? 2 : 1)) % 3));
                return;
            case ConsoleKey.Escape:
                (Filter, Offset) = ("", 0);
                return;
            case ConsoleKey.DownArrow or ConsoleKey.J:
                Offset++;
                return;
            case ConsoleKey.UpArrow or ConsoleKey.K:
                Offset = Math.Max(0, Offset - 1);
                return;
            case ConsoleKey.Home:
                Offset = 0;
                return;
        }

        switch (key.KeyChar)
        {
            case 'q': IsOver = true; break;
            case '?' or 'h': IsHelp = true; break;
            case '/': IsTyping = true; break;
            case 'f' or ' ': IsFrozen = !IsFrozen; break;
            case 's': Sort = (Sort + 1) % TopRows.SortsOf(Pane); break;
            case '1': Show(TopPane.Talkers); break;
            case '2': Show(TopPane.Protocols); break;
            case '3': Show(TopPane.Errors); break;
        }
    }

    /// <summary>No further than the rows reach.</summary>
    public void Bound(int rows) => Offset = Math.Clamp(Offset, 0, Math.Max(0, rows - 1));

    private void Show(TopPane pane) => (Pane, Sort, Offset) = (pane, 0, 0);
}
