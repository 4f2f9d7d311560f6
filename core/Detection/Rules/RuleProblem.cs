using System.Globalization;

namespace NetSniff.Detection.Rules;

public enum RuleFault : byte
{
    /// <summary>It is not written as rules are.</summary>
    Form,

    /// <summary>An expression cannot be read.</summary>
    Filter,

    Regex,
    UnknownField,

    /// <summary>A test of its own did not come out as it says.</summary>
    Test,

    /// <summary>It is asked for rightly, and this version has it not.</summary>
    NotServed,
}

/// <summary>What is wrong with a rule, and where.</summary>
/// <param name="File">As it is named to people; may be empty.</param>
/// <param name="Line">From 1 on; 0 for the whole.</param>
/// <param name="Path">`spec.detector.pattern.patterns[2].regex`; empty for the whole document.</param>
/// <param name="IsWarning">The rule works, but not all that is written in it.</param>
public sealed record RuleProblem(string File, int Line, string Path, string Text, bool IsWarning = false)
{
    /// <summary>Name of the rule, where it is known.</summary>
    public string Rule { get; init; } = "";

    /// <summary>Of what sort it is, for programs.</summary>
    public RuleFault Fault { get; init; }

    public override string ToString()
    {
        var line = Line > 0 ? ":" + Line.ToString(CultureInfo.InvariantCulture) : "";
        var place = File.Length == 0 ? line.TrimStart(':') : File + line;
        var path = Path.Length == 0 ? "" : Path + ": ";
        return place.Length == 0 ? path + Text : $"{place}: {path}{Text}";
    }
}
