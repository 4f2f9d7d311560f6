using System.Globalization;
using System.Text;

namespace NetSniff.Filters.Expression;

public enum FilterFault : byte
{
    Syntax,

    /// <summary>There is no field of that name.</summary>
    UnknownField,

    /// <summary>A regular expression that cannot be used.</summary>
    Regex,

    /// <summary>It is asked for rightly, and this version has it not.</summary>
    NotServed,
}

/// <summary>Why an expression is not a filter, and where.</summary>
/// <param name="Column">First character at fault, counted from 1 over the whole expression.</param>
/// <param name="Length">Characters at fault, at least 1.</param>
/// <param name="Text">What is wrong.</param>
/// <param name="Suggestion">What to write instead; empty when there is nothing good to say.</param>
public sealed record FilterProblem(int Column, int Length, string Text, string Suggestion = "")
{
    // A terminal line; a longer expression is shown around its fault.
    private const int ShownMax = 100;
    private const int ShownBefore = 60;

    /// <summary>Of what sort it is, for programs.</summary>
    public FilterFault Fault { get; init; }

    /// <summary>On one line: `unknown field 'http.statu' at column 1; did you mean http.status?`</summary>
    public override string ToString()
    {
        var place = Text + " at column " + Column.ToString(CultureInfo.InvariantCulture);
        return Suggestion.Length == 0 ? place : place + "; " + Suggestion;
    }

    /// <summary>On three lines: the problem, the expression, and a caret under the fault.</summary>
    public string Format(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        var start = Math.Clamp(Column - 1, 0, expression.Length);
        var from = start > ShownBefore ? start - ShownBefore : 0;
        var shown = expression.AsSpan(from, Math.Min(ShownMax, expression.Length - from));
        var carets = Math.Clamp(Length, 1, Math.Max(1, shown.Length - (start - from)));
        return $"{ToString()}\n  {Printable(shown)}\n  {new string(' ', start - from)}{new string('^', carets)}";
    }

    /// <summary>Input as it may be shown: one column a character, and nothing a terminal would obey.</summary>
    internal static string Printable(ReadOnlySpan<char> text)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var letter in text) shown.Append(char.IsWhiteSpace(letter) ? ' ' : IsPlain(letter) ? letter : '?');
        return shown.ToString();
    }

    private static bool IsPlain(char character) => char.GetUnicodeCategory(character)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
