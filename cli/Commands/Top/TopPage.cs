using System.Globalization;
using System.Text;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;

namespace NetSniff.Cli.Commands.Top;

/// <param name="Title">What is looked at: `live on eth0`, `worker 10.0.0.7:9465`.</param>
/// <param name="Trouble">What is wrong with it now; empty when nothing is.</param>
/// <param name="IsOver">Whether nothing more will come.</param>
internal readonly record struct TopHead(string Title, string Trouble, TimeSpan Up, DateTimeOffset Now, bool IsOver);

/// <summary>Draws a page: lines of exactly the screen's width, styled or not.</summary>
internal sealed class TopPage(bool isColoured)
{
    /// <summary>Smaller screens get what fits.</summary>
    public const int WidthMin = 40, HeightMin = 10;

    /// <summary>Letters of `:65535`.</summary>
    private const int PortMax = 6;

    private const string Bars = " ▁▂▃▄▅▆▇█";
    private const string Bold = "1", Dim = "2", Red = "31", Green = "32", Yellow = "33", Reverse = "7";

    private static readonly string[] s_help =
    [
        "tab, 1, 2, 3     talkers, protocols, errors",
        "j k ↓ ↑ home     choose a row (also page up, page down)",
        "enter            look into the row: only what belongs to it",
        "esc              back, one filter at a time",
        "/                a filter: http.status >= 500, ip == 10.0.0.7 …",
        ":                talkers, protocols, errors, sort TX/S, kind dns, quit",
        "s                sort by the next column",
        "p, blank         pause the picture; it goes on counting",
        "q, ctrl-C        end",
        "",
        "Rates are of the last seconds, BIT/S and PKT/S of what passed on the",
        "wire, TX/S exchanges that were understood: requests, questions,",
        "handshakes. P50 and P99 are latencies of the last ten seconds or so.",
        "A key ends this help.",
    ];

    public List<string> Draw(TopTally tally, TopState state, in TopHead head, int width, int height)
    {
        (width, height) = (Math.Max(width, WidthMin), Math.Max(height, HeightMin));
        var all = tally;
        tally = tally.Narrowed ?? tally;
        List<string> lines = [TitleLine(state, head, width), .. Totals(tally, all, width), Panes(state, width)];
        var room = height - lines.Count - 1;
        if (state.IsHelp) lines.AddRange(s_help.Take(room).Select(line => Fit("  " + line, width)));
        else lines.AddRange(Table(tally, state, width, room));
        while (lines.Count < height - 1) lines.Add(new string(' ', width));
        lines.Add(Foot(state, head, width));
        return lines;
    }

    private string TitleLine(TopState state, in TopHead head, int width)
    {
        var mode = head.IsOver ? "ended" : state.IsFrozen ? "paused" : "";
        var seconds = Math.Max(1, (long)head.Up.TotalSeconds);
        var right = $"{mode}  up {Human.Duration(seconds * 1_000_000_000)}  "
            + head.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        var left = $"netsniff top  {TerminalText.Clean(head.Title)}";
        return Paint(Fit(left, width - right.Length - 1) + " " + right, Bold);
    }

    private IEnumerable<string> Totals(TopTally tally, TopTally all, int width)
    {
        var errors = Human.Share(tally.Errors.CountRate, tally.Transactions.CountRate);
        var flows = all.FlowsLive > 0 ? $"{Human.Size(all.FlowsLive)} flows  " : "";
        yield return Fit(
            $"{Human.Size(8 * tally.Traffic.ByteRate)}b/s  {Human.Size(tally.Traffic.CountRate)} pkt/s  {flows}"
            + $"{Human.Size(tally.Transactions.CountRate)} tx/s  {errors} errors  "
            + $"p50 {TopRows.Length(tally.Latency.Quantile(0.5))}  p99 {TopRows.Length(tally.Latency.Quantile(0.99))}",
            width);
        yield return Sparkline(tally, width);
        yield return Losses(all, width);
    }

    private string Sparkline(TopTally tally, int width)
    {
        var seconds = tally.LastSeconds(Math.Min(TopTally.SecondsKept, width - 24));
        var most = seconds.Max();
        var text = new StringBuilder();
        foreach (var bytes in seconds)
        {
            // Eight steps; what is not nothing is seen.
            var step = most == 0 ? 0 : (int)((bytes * (Bars.Length - 1) + most - 1) / most);
            text.Append(Bars[step]);
        }

        var label = most == 0 ? "" : $" max {Human.Size(8.0 * most)}b/s";
        return Paint(text.ToString(), Green) + Fit(label, width - seconds.Length);
    }

    private string Losses(TopTally tally, int width)
    {
        var lost = tally.Lost.Where(one => one.Count > 0).OrderByDescending(one => one.Count).ToList();
        if (lost.Count == 0) return Paint(Fit("nothing lost", width), Dim);

        var text = string.Join(", ", lost.Select(one => $"{Human.Count((ulong)one.Count)} {one.Where}"));
        return Paint(Fit($"lost: {text}", width), Red);
    }

    private string Panes(TopState state, int width)
    {
        var text = new StringBuilder();
        var length = 0;
        foreach (var pane in Enum.GetValues<TopPane>())
        {
            var name = $" {(int)pane + 1} {pane.ToString().ToUpperInvariant()} ";
            text.Append(pane == state.Pane ? Paint(name, Reverse) : name);
            length += name.Length;
        }

        var way = TerminalText.Clean(string.Join(" › ", state.Filters));
        var room = width - length - 2;
        // The last is what one looks at; of a long way its beginning goes.
        if (way.Length > room) way = room > 1 ? "…" + way[^(room - 1)..] : "";
        return text.Append(Paint(Fit("  " + way, width - length), Yellow)).ToString();
    }

    private List<string> Table(TopTally tally, TopState state, int width, int room)
    {
        var columns = TopRows.ColumnsOf(state.Pane);
        var widths = Widths(columns, width);
        var sorted = TopRows.SortColumn(state.Pane, state.Sort);
        var head = new StringBuilder();
        for (var index = 0; index < columns.Length; index++)
        {
            var mark = index == sorted ? "▼" : "";
            head.Append(Cell(mark + columns[index].Title, widths[index], columns[index].IsNumber));
        }

        List<string> lines = [Paint(Fit(head.ToString(), width), Bold)];
        var rows = TopRows.Of(tally, state);
        state.See(rows, room - 1);
        var number = state.Offset;
        foreach (var row in rows.Skip(state.Offset).Take(room - 1))
        {
            var text = new StringBuilder();
            for (var index = 0; index < columns.Length; index++)
            {
                text.Append(Cell(TerminalText.Clean(row.Cells[index]), widths[index], columns[index].IsNumber));
            }

            var isBad = state.Pane == TopPane.Errors && row.Numbers[1] >= 500;
            var isChosen = number++ == state.Selected;
            var line = Fit(text.ToString(), width);
            lines.Add(isChosen ? Paint(line, Reverse) : isBad ? Paint(line, Red) : line);
        }

        if (rows.Count == 0) lines.Add(Paint(Fit(Nothing(state), width), Dim));
        return lines;
    }

    private static string Nothing(TopState state) => state.Filter.Length > 0
        ? "nothing of that so far; esc goes back"
        : state.Pane == TopPane.Errors ? "no errors so far" : "nothing so far";

    /// <summary>A blank between columns; those without a width of their own share what is left.</summary>
    private static int[] Widths(TopColumn[] columns, int width)
    {
        static int Share(TopColumn column) => column.Width > 0 ? 0 : Math.Max(1, -column.Width);

        var shares = columns.Sum(Share);
        var left = width - columns.Sum(column => Math.Max(0, column.Width)) - columns.Length;
        return [.. columns.Select(one => one.Width > 0 ? one.Width : Math.Max(4, left * Share(one) / shares))];
    }

    private static string Cell(string text, int width, bool isNumber)
    {
        if (text.Length > width)
        {
            // Of a name that is cut the port stays: it says which service.
            var colon = isNumber ? -1 : text.LastIndexOf(':');
            var tail = colon > 0 && text.Length - colon <= PortMax && text.Length - colon < width / 2
                ? text[colon..] : "";
            text = width > 1 ? text[..(width - 1 - tail.Length)] + "…" + tail : text[..width];
        }

        return (isNumber ? text.PadLeft(width) : text.PadRight(width)) + " ";
    }

    private string Foot(TopState state, in TopHead head, int width)
    {
        if (state.Typing != TopTyping.Nothing) return Typed(state, width);
        if (state.Complaint.Length > 0) return Paint(Fit(TerminalText.Clean(state.Complaint), width), Red);
        if (head.Trouble.Length > 0) return Paint(Fit(TerminalText.Clean(head.Trouble), width), Red);

        var back = state.Filter.Length > 0 ? "esc back  " : "";
        var keys = $"{back}enter look into  / filter  : command  tab pane  s sort  p pause  ? keys  q end";
        return Paint(Fit(keys, width), Dim);
    }

    /// <summary>What is typed, its end in sight, and behind it what is wrong with it.</summary>
    private string Typed(TopState state, int width)
    {
        var typed = (state.Typing == TopTyping.Filter ? "/" : ":") + TerminalText.Clean(state.Text) + "▏";
        var hint = state.Complaint.Length > 0 ? TerminalText.Clean(state.Complaint)
            : state.Text.Length > 0 ? ""
            : state.Typing == TopTyping.Filter ? "http.status >= 500, app == dns, ip == 10.0.0.0/8; esc leaves it"
            : "talkers, protocols, errors, sort COLUMN, kind NAME, quit";
        var room = state.Complaint.Length > 0 ? Math.Max(width / 3, width - hint.Length - 2) : width;
        if (typed.Length > room) typed = "…" + typed[^(room - 1)..];
        var left = width - typed.Length - 2;
        return Paint(typed, Yellow) + (left > 0
            ? "  " + Paint(Fit(hint, left), state.Complaint.Length > 0 ? Red : Dim)
            : new string(' ', width - typed.Length));
    }

    private static string Fit(string text, int width) => width <= 0
        ? ""
        : text.Length > width ? text[..(width - 1)] + "…" : text.PadRight(width);

    private string Paint(string text, string style) => isColoured ? $"\u001b[{style}m{text}\u001b[0m" : text;
}
