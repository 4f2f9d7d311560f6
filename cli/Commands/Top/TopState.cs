namespace NetSniff.Cli.Commands.Top;

internal enum TopPane : byte { Talkers, Protocols, Errors }

/// <summary>What is typed at the foot of the screen.</summary>
internal enum TopTyping : byte { Nothing, Filter, Command }

/// <summary>What the keys have set. Changed by <see cref="Press"/> alone.</summary>
internal sealed class TopState
{
    private const int TextLengthMax = 200;

    /// <summary>Filters one inside the other.</summary>
    private const int DepthMax = 16;

    private readonly Stack<Step> _way = [];

    /// <summary>Where one was before a filter, to go back to.</summary>
    private readonly record struct Step(string Filter, TopPane Pane, int Sort, int Selected, int Offset);

    public TopPane Pane { get; private set; }

    /// <summary>Number of the column that rows are sorted by, in the order of the pane.</summary>
    public int Sort { get; private set; }

    public bool IsFrozen { get; private set; }

    public bool IsHelp { get; private set; }

    public bool IsOver { get; private set; }

    public TopTyping Typing { get; private set; }

    /// <summary>What is typed so far.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Why the last line typed was not taken; empty when it was.</summary>
    public string Complaint { get; private set; } = "";

    /// <summary>Row that Enter looks into.</summary>
    public int Selected { get; private set; }

    /// <summary>Rows above the first that is shown.</summary>
    public int Offset { get; private set; }

    /// <summary>Filters in force, the outermost first.</summary>
    public IEnumerable<string> Filters => _way.Reverse().Select(step => step.Filter);

    /// <summary>All of them as one expression; empty for none.</summary>
    public string Filter => _way.Count == 0 ? "" : string.Join(" and ", Filters.Select(text => $"({text})"));

    /// <summary>Expressions of the rows on the screen, as they were drawn.</summary>
    public IReadOnlyList<TopRow> Rows { get; private set; } = [];

    public void Press(ConsoleKeyInfo key)
    {
        if (key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control }) IsOver = true;
        else if (Typing != TopTyping.Nothing) Type(key);
        else if (IsHelp) IsHelp = false;
        else Command(key);
    }

    /// <summary>Rows as they are drawn, and how many fit: the selection stays among them and in sight.</summary>
    public void See(IReadOnlyList<TopRow> rows, int room)
    {
        Rows = rows;
        Selected = Math.Clamp(Selected, 0, Math.Max(0, rows.Count - 1));
        Offset = Math.Clamp(Offset, Math.Max(0, Selected - Math.Max(1, room) + 1), Selected);
    }

    /// <summary>Looks through one more filter.</summary>
    public void Push(string filter, TopPane pane)
    {
        if (_way.Count >= DepthMax)
        {
            Complaint = $"no more than {DepthMax} filters inside each other; esc goes back";
            return;
        }

        _way.Push(new Step(filter, Pane, Sort, Selected, Offset));
        (Pane, Selected, Offset) = (pane, 0, 0);
        if (pane != _way.Peek().Pane) Sort = 0;
    }

    public void Show(TopPane pane) => (Pane, Sort, Selected, Offset) = (pane, 0, 0, 0);

    public void SortBy(int sort) => Sort = sort;

    public void End() => IsOver = true;

    private void Type(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                Complaint = Text.Trim().Length == 0 ? "" : TopLine.Take(this, Typing, Text.Trim());
                if (Complaint.Length == 0) (Typing, Text) = (TopTyping.Nothing, "");
                break;
            case ConsoleKey.Escape:
                (Typing, Text, Complaint) = (TopTyping.Nothing, "", "");
                break;
            case ConsoleKey.Backspace:
                Complaint = "";
                if (Text.Length > 0) Text = Text[..^1];
                else Typing = TopTyping.Nothing;
                break;
            default:
                Complaint = "";
                if (!char.IsControl(key.KeyChar) && Text.Length < TextLengthMax) Text += key.KeyChar;
                break;
        }
    }

    private void Command(ConsoleKeyInfo key)
    {
        Complaint = "";
        switch (key.Key)
        {
            case ConsoleKey.Tab:
                Show((TopPane)(((int)Pane + (key.Modifiers == ConsoleModifiers.Shift ? 2 : 1)) % 3));
                return;
            case ConsoleKey.Enter:
                Enter();
                return;
            case ConsoleKey.Escape or ConsoleKey.Backspace:
                Back();
                return;
            case ConsoleKey.DownArrow or ConsoleKey.J:
                Selected++;
                return;
            case ConsoleKey.UpArrow or ConsoleKey.K:
                Selected = Math.Max(0, Selected - 1);
                return;
            case ConsoleKey.PageDown:
                Selected += Math.Max(1, Rows.Count / 4);
                return;
            case ConsoleKey.PageUp:
                Selected = Math.Max(0, Selected - Math.Max(1, Rows.Count / 4));
                return;
            case ConsoleKey.Home:
                (Selected, Offset) = (0, 0);
                return;
        }

        switch (key.KeyChar)
        {
            case 'q': IsOver = true; break;
            case '?' or 'h': IsHelp = true; break;
            case '/': Typing = TopTyping.Filter; break;
            case ':': Typing = TopTyping.Command; break;
            case 'p' or 'f' or ' ': IsFrozen = !IsFrozen; break;
            case 's': Sort = (Sort + 1) % TopRows.SortsOf(Pane); break;
            case '1': Show(TopPane.Talkers); break;
            case '2': Show(TopPane.Protocols); break;
            case '3': Show(TopPane.Errors); break;
        }
    }

    /// <summary>Of a talker, its protocols; of a protocol or an error, who has it.</summary>
    private void Enter()
    {
        if (Selected >= Rows.Count || Rows[Selected].Filter is not { Length: > 0 } filter) return;

        Push(filter, Pane == TopPane.Talkers ? TopPane.Protocols : TopPane.Talkers);
    }

    private void Back()
    {
        if (!_way.TryPop(out var step)) return;

        (Pane, Sort, Selected, Offset) = (step.Pane, step.Sort, step.Selected, step.Offset);
    }
}
