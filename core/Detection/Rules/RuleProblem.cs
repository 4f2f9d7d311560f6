using System.Globalization;

namespace NetSniff.Detection.Rules;

/// <summary>What is wrong with a rule, and where.</summary>
/// <param name="File">As it is named to people; may be empty.</param>
/// <param name="Line">From 1 on; 0 for the whole.</param>
/// <param name="Path">`spec.detector.pattern.patterns[2].regex`; empty for the whole document.</param>
/// <param name="IsWarning">The rule works, but not all that is written in it.</param>
public sealed record RuleProblem(string File, int Line, string Path, string Text, bool IsWarning = false)
{
    /// <summary>Name of the rule, where it is known.</summary>
    public string Rule { get; init; } = "";

    public override string ToString()
    {
        var line = Line > 0 ? ":" + Line.ToString(CultureInfo.InvariantCulture) : "";
        var place = File.Length == 0 ? line.TrimStart(':') : File + line;
        var path = Path.Length == 0 ? "" : Path + ": ";
        return place.Length == 0 ? path + Text : $"{place}: {path}{Text}";
    }
}
