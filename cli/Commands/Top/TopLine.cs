using NetSniff.Filters.Expression;

namespace NetSniff.Cli.Commands.Top;

/// <summary>What is typed behind `/` and `:`.</summary>
internal static class TopLine
{
    private static readonly string[] s_words = ["talkers", "protocols", "errors", "sort", "kind", "quit"];

    /// <returns>Why it cannot be; empty when it was done.</returns>
    public static string Take(TopState state, TopTyping typing, string text) =>
        typing == TopTyping.Filter ? Look(state, text) : Do(state, text.Split(' ', 2, StringSplitOptions.TrimEntries));

    private static string Look(TopState state, string text)
    {
        var parse = FilterExpression.Parse(text);
        if (!parse.IsOk) return parse.Problem!.Format(text).Split('\n')[0];

        state.Push(text, state.Pane);
        return state.Complaint;
    }

    private static string Do(TopState state, string[] words)
    {
        var (verb, rest) = (words[0].ToLowerInvariant(), words.Length > 1 ? words[1] : "");
        switch (verb)
        {
            case "q" or "quit":
                state.End();
                return "";
            case "sort":
                return Sort(state, rest);
            case "kind" when rest.Length > 0:
                return Kind(state, rest);
            case "kind":
                return $":kind NAME, one of {string.Join(", ", FieldCatalog.Shared.Kinds.Names)}";
        }

        if (rest.Length == 0 && Enum.TryParse<TopPane>(verb, ignoreCase: true, out var pane) && !char.IsDigit(verb[0]))
        {
            state.Show(pane);
            return "";
        }

        if (rest.Length == 0 && FieldCatalog.Shared.Kinds.Names.Contains(verb)) return Kind(state, verb);

        return Likeness.Nearest(verb, s_words.Concat(FieldCatalog.Shared.Kinds.Names)) is { } near
            ? $"no command {verb}; did you mean {near}?"
            : $"no command {verb}: {string.Join(", ", s_words)}, or a kind such as http";
    }

    private static string Kind(TopState state, string name)
    {
        var kinds = FieldCatalog.Shared.Kinds.Names;
        return kinds.Contains(name)
            ? Look(state, $"kind == {name}")
            : $"no kind {name}: {string.Join(", ", kinds)}";
    }

    private static string Sort(TopState state, string title)
    {
        var titles = TopRows.SortTitles(state.Pane);
        var sort = titles.FindIndex(known => known.Equals(title, StringComparison.OrdinalIgnoreCase));
        if (sort < 0) sort = titles.FindIndex(known => known.StartsWith(title, StringComparison.OrdinalIgnoreCase));
        if (sort < 0 || title.Length == 0) return $":sort {string.Join(", ", titles).ToLowerInvariant()}";

        state.SortBy(sort);
        return "";
    }
}
