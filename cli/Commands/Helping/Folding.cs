using System.Text;

namespace NetSniff.Cli.Commands.Helping;

/// <summary>Text broken into lines of a width; a word longer than that stands alone.</summary>
internal static class Folding
{
    private const string Indent = "    ", More = " \\";

    public static IEnumerable<string> Words(string text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            if (line.Length > 0) line.Append(' ');
            line.Append(word);
        }

        yield return line.ToString();
    }

    /// <summary>What is typed into a shell, so that it can be typed as it stands there: broken with a backslash, or
    /// inside quotes without.</summary>
    public static IEnumerable<string> Typed(string text, int width)
    {
        var (indent, quote) = ("", '\0');
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            // Room for the backslash, whether it will be needed or not.
            if (line.Length > indent.Length && line.Length + 1 + word.Length > width - More.Length)
            {
                yield return line + (quote == '\0' ? More : "");
                line.Clear().Append(indent = Indent);
            }
            else if (line.Length > 0)
            {
                line.Append(' ');
            }

            line.Append(word);
            foreach (var letter in word)
            {
                if (quote == '\0' && letter is '\'' or '"') quote = letter;
                else if (letter == quote) quote = '\0';
            }
        }

        yield return line.ToString();
    }
}
