using System.Text;

namespace NetSniff.Cli.Commands.Top;

/// <summary>The whole terminal, for as long as it lives: a second screen without a cursor, given back at the end.
/// </summary>
internal sealed class TopScreen : IDisposable
{
    private const string Enter = "\u001b[?1049h\u001b[?25l\u001b[2J", Leave = "\u001b[?25h\u001b[?1049l";

    private readonly Stream _output;
    private List<string> _shown = [];

    public TopScreen(Stream output)
    {
        _output = output;
        Write(Enter);
    }

    /// <summary>Shows lines from the top; those that are there already are not written again.</summary>
    /// <param name="isAnew">Everything: the terminal has another size.</param>
    public void Show(List<string> lines, bool isAnew)
    {
        var text = new StringBuilder();
        if (isAnew) text.Append("\u001b[2J");
        for (var row = 0; row < lines.Count; row++)
        {
            if (!isAnew && row < _shown.Count && _shown[row] == lines[row]) continue;
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\u001b[{row + 1};1H").Append(lines[row]);
        }

        _shown = lines;
        if (text.Length > 0) Write(text.ToString());
    }

    public void Dispose() => Write(Leave);

    private void Write(string text)
    {
        _output.Write(Encoding.UTF8.GetBytes(text));
        _output.Flush();
    }
}
