using System.Text.RegularExpressions;
using NetSniff.Config;

namespace NetSniff.Sensor.Capture;

/// <summary>Which interfaces' frames are wanted, by name.</summary>
public sealed class InterfaceChoice : IEquatable<InterfaceChoice>
{
    private readonly List<Func<string, bool>> _include;
    private readonly List<Func<string, bool>> _exclude;
    private readonly string _text;

    /// <param name="include">Names, or expressions between slashes, checked ones; empty for all.</param>
    public InterfaceChoice(IReadOnlyList<string> include, IReadOnlyList<string> exclude)
    {
        ArgumentNullException.ThrowIfNull(include);
        ArgumentNullException.ThrowIfNull(exclude);
        (_include, _exclude) = ([.. include.Select(Test)], [.. exclude.Select(Test)]);
        _text = string.Join('\n', [.. include, "\0", .. exclude]);
        IsAll = include.Count == 0 && exclude.Count == 0;
    }

    public static InterfaceChoice All { get; } = new([], []);

    public bool IsAll { get; }

    public bool Wants(string name) =>
        (_include.Count == 0 || _include.Exists(test => test(name))) && !_exclude.Exists(test => test(name));

    public bool Equals(InterfaceChoice? other) => other is not null && other._text == _text;

    public override bool Equals(object? obj) => Equals(obj as InterfaceChoice);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    private static Func<string, bool> Test(string name)
    {
        if (InterfacesConfig.ExpressionOf(name) is not { } expression) return other => other == name;

        return new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant).IsMatch;
    }
}
