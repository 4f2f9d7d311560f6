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

    private const string Bars = " ▁▂▃▄▅▆▇█";
    private const string Bold = "1", Dim = "2", Red = "31", Green = "32", Yellow = "33", Reverse = "7";

    private static readonly string[] s_help =
    [
        "tab, 1, 2, 3   talkers, protocols, errors",
        "s              sort by the next column",
        "/              rows that hold a text; esc takes it away",
        "j k ↓ ↑ home   move through the rows",
        "f, blank       freeze the picture; it goes on counting",
        "q, ctrl-C      end",
        "",
        "Rates are of the last seconds, BIT/S and PKT/S of what passed on the",
        "wire, TX/S exchanges that were understood: requests, questions,",
        "handshakes. P50 and P99 are latencies of the last ten seconds or so.",
        "A key ends this help.",
    ];

    public List<string> Draw(TopTally tally, TopState state, in TopHead head, int width, int height)
    {
        (width, height) = (Math.Max(width, WidthMin), Math.Max(height, HeightMin));
        List<string> lines = [TitleLine(state, head, width), .. Totals(tally, width), Panes(state, width)];
        var room = height - lines.Count - 1;
        if (state.IsHelp) lines.AddRange(s_help.Take(room).Select(line => Fit("  " + line, width)));
        else lines.AddRange(Table(tally, state, width, room));
        while (lines.Count < height - 1) lines.Add(new string(' ', width));
        lines.Add(Foot(state, head, width));
        return lines;
    }

    private string TitleLine(TopState state, in TopHead head, int width)
    {
        var mode = head.IsOver ? "ended" : state.IsFrozen ? "frozen" : "";
        var seconds = Math.Max(1, (long)head.Up.TotalSeconds);
        var right = $"{mode}  up {Human.Duration(seconds * 1_000_000_000)}  "
            + head.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        var left = $"netsniff top  {TerminalText.Clean(head.Title)}";
        return Paint(Fit(left, width - right.Length - 1) + " " + right, Bold);
    }

    private IEnumerable<string> Totals(TopTally tally, int width)
    {
        var errors = Human.Share(tally.Errors.CountRate, tally.Transactions.CountRate);
        var flows = tally.FlowsLive > 0 ? $"{Human.Size(tally.FlowsLive)} flows  " : "";
        yield return Fit(
            $"{Human.Size(8 * tally.Traffic.ByteRate)}b/s  {Human.Size(tally.Traffic.CountRate)} pkt/s  {flows}"
            + $"{Human.Size(tally.Transactions.CountRate)} tx/s  {errors} errors  "
            + $"p50 {TopRows.Length(tally.Latency.Quantile(0.5))}  p99 {TopRows.Length(tally.Latency.Quantile(0.99))}",
            width);
        yield return Sparkline(tally, width);
        yield return Losses(tally, width);
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

        var label = $" max {Human.Size(8.0 * most)}b/s";
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

        var filter = state.IsTyping || state.Filter.Length > 0 ? $"  /{state.Filter}{(state.IsTyping ? "▏" : "")}" : "";
        return text.Append(Paint(Fit(filter, width - length), Yellow)).ToString();
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
        state.Bound(rows.Count);
        foreach (var row in rows.Skip(state.Offset).Take(room - 1))
        {
            var text = new StringBuilder();
            for (var index = 0; index < columns.Length; index++)
            {
                text.Append(Cell(TerminalText.Clean(row.Cells[index]), widths[index], columns[index].IsNumber));
            }

            var isBad = state.Pane == TopPane.Errors && row.Numbers[1] >= 500;
            lines.Add(isBad ? Paint(Fit(text.ToString(), width), Red) : Fit(text.ToString(), width));
        }

        if (rows.Count == 0) lines.Add(Paint(Fit(Nothing(state), width), Dim));
        return lines;
    }

    private static string Nothing(TopState state) => state.Filter.Length > 0
        ? $"no row holds '{state.Filter}'; esc shows all"
        : state.Pane == TopPane.Errors ? "no errors so far" : "nothing so far";

    /// <summary>A blank between columns; those without a width of their own share what is left.</summary>
    private static int[] Widths(TopColumn[] columns, int width)
    {
        var wide = columns.Count(column => column.Width == 0);
        var left = width - columns.Sum(column => column.Width) - columns.Length;
        return [.. columns.Select(column => column.Width > 0 ? column.Width : Math.Max(4, left / wide))];
    }

    private static string Cell(string text, int width, bool isNumber)
    {
        if (text.Length > width) text = width > 1 ? text[..(width - 1)] + "…" : text[..width];
        return (isNumber ? text.PadLeft(width) : text.PadRight(width)) + " ";
    }

    private string Foot(TopState state, in TopHead head, int width)
    {
        if (head.Trouble.Length > 0) return Paint(Fit(TerminalText.Clean(head.Trouble), width), Red);

        var keys = state.IsTyping
            ? "type; enter keeps it, esc takes it away"
            : "q end  tab pane  s sort  / filter  f freeze  ? help";
        return Paint(Fit(keys, width), Dim);
    }

    private static string Fit(string text, int width) => width <= 0
        ? ""
        : text.Length > width ? text[..(width - 1)] + "…" : text.PadRight(width);

    private string Paint(string text, string style) => isColoured ? $"\u001b[{style}m{text}\u001b[0m" : text;
}
