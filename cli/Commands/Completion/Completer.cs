using System.CommandLine;

namespace NetSniff.Cli.Commands.Completion;

/// <summary>What may come next on a command line, for shells that ask.</summary>
internal static class Completer
{
    /// <summary>The hidden verb by which our scripts ask.</summary>
    public const string Verb = "__complete";

    /// <summary>Names of help that only Windows knows.</summary>
    private static readonly HashSet<string> s_odd = new(StringComparer.Ordinal) { "/?", "/h", "-?" };

    /// <param name="words">Behind the program's name; the last is being typed, and empty behind a blank.</param>
    /// <returns>What it may become, with a word about it, in order.</returns>
    public static IReadOnlyList<(string Text, string About)> Of(RootCommand root, IReadOnlyList<string> words)
    {
        var last = words.Count == 0 ? "" : words[^1];
        // `--option=val` is one word for the shell and two for us.
        var assign = last.StartsWith('-') ? last.IndexOf('=', StringComparison.Ordinal) + 1 : 0;
        var typed = last[assign..];
        var before = string.Concat(words.SkipLast(1).Select(static word => Quoted(word) + " "));
        var line = before + (assign > 0 ? last[..(assign - 1)] + " " : "") + typed;
        return
        [
            .. root.Parse(line).GetCompletions(line.Length)
                .Where(item => item.Label.StartsWith(typed, StringComparison.Ordinal) && !s_odd.Contains(item.Label))
                // Options are many: they come when they are asked for.
                .Where(item => typed.StartsWith('-') || !item.Label.StartsWith('-'))
                .Select(item => (last[..assign] + item.Label, FirstLine(item.Detail)))
                .DistinctBy(static item => item.Item1).OrderBy(static item => item.Item1, StringComparer.Ordinal),
        ];
    }

    /// <summary>As kubectl and its kin read them (cobra): a line each, and last what the shell is to do.</summary>
    public static void Write(TextWriter output, IReadOnlyList<(string Text, string About)> items)
    {
        const int NoSpace = 2, NoFiles = 4;
        foreach (var (text, about) in items)
        {
            output.Write(about.Length > 0 ? $"{text}\t{about}\n" : $"{text}\n");
        }

        var goesOn = items.Count > 0 && items.All(static item => item.Text[^1] is '/' or '=');
        output.Write(FormattableString.Invariant($":{(goesOn ? NoSpace : 0) + (items.Count > 0 ? NoFiles : 0)}\n"));
    }

    private static string FirstLine(string? text)
    {
        var line = (text ?? "").Split("\n\n")[0].ReplaceLineEndings(" ").Replace('\t', ' ');
        var end = line.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? line : line[..end];
    }

    private static string Quoted(string word) =>
        word.Length == 0 || word.Contains(' ', StringComparison.Ordinal)
            ? '"' + word.Replace("\"", "", StringComparison.Ordinal) + '"' : word;
}
