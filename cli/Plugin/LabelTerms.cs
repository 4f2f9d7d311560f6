using System.Text.RegularExpressions;
using NetSniff.Cli.Commands;

namespace NetSniff.Cli.Plugin;

/// <summary>Selectors as kubectl takes them.</summary>
internal static partial class LabelTerms
{
    private const int TermsMax = 32;

    /// <exception cref="UsageException">It is no selector.</exception>
    public static IReadOnlyList<LabelTerm> Of(string selector)
    {
        List<LabelTerm> terms = [];
        foreach (var text in Parts(selector))
        {
            terms.Add(Read(text) ?? throw new UsageException(
                $"--selector: '{text}' is no condition on a label: app=web, tier!=back, app in (a,b), app, !app"));
        }

        return terms.Count <= TermsMax
            ? terms : throw new UsageException($"--selector: more than {TermsMax} conditions");
    }

    private static LabelTerm? Read(string text)
    {
        if (Sets().Match(text) is { Success: true } set)
        {
            string[] values = [.. set.Groups["values"].Value.Split(',').Select(static value => value.Trim())];
            return new LabelTerm(set.Groups["key"].Value, values, set.Groups["not"].Length > 0);
        }

        if (Equality().Match(text) is { Success: true } equal)
        {
            return new LabelTerm(
                equal.Groups["key"].Value, [equal.Groups["value"].Value], equal.Groups["not"].Length > 0);
        }

        return Presence().Match(text) is { Success: true } there
            ? new LabelTerm(there.Groups["key"].Value, [], there.Groups["not"].Length > 0) : null;
    }

    /// <summary>Split at commas outside of parentheses.</summary>
    private static IEnumerable<string> Parts(string selector)
    {
        var (depth, start) = (0, 0);
        for (var at = 0; at <= selector.Length; at++)
        {
            var isEnd = at == selector.Length;
            if (!isEnd && selector[at] == '(') depth++;
            if (!isEnd && selector[at] == ')') depth--;
            if (!isEnd && (selector[at] != ',' || depth > 0)) continue;

            yield return selector[start..at].Trim();
            start = at + 1;
        }
    }

    private const string Key = "(?<key>[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?)";

    [GeneratedRegex("^" + Key + @"\s+(?<not>not)?in\s*\((?<values>[A-Za-z0-9_.,\s-]+)\)$")]
    private static partial Regex Sets();

    [GeneratedRegex("^" + Key + @"\s*(?<not>!)?(?(not)=|==?)\s*(?<value>[A-Za-z0-9_.-]*)$")]
    private static partial Regex Equality();

    [GeneratedRegex("^(?<not>!)?\\s*" + Key + "$")]
    private static partial Regex Presence();
}
