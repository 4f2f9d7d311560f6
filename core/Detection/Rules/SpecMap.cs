using System.Globalization;
using NetSniff.Filters.Expression;

namespace NetSniff.Detection.Rules;

/// <summary>A text of a rule, with where it stands for whoever finds it wrong later.</summary>
public sealed record SpecText(string Value, int Line, string Path)
{
    public override string ToString() => Value;
}

/// <summary>Where problems are put while a document is read.</summary>
internal sealed class SpecProblems(string file, List<RuleProblem> problems)
{
    /// <summary>Problems of one set that are told; a file of nonsense has one on each line.</summary>
    public const int CountMax = 500;

    public string Rule { get; set; } = "";

    public int Errors { get; private set; }

    public void Add(int line, string path, string text, RuleFault fault = RuleFault.Form)
    {
        Errors++;
        Tell(new RuleProblem(file, line, path, text) { Fault = fault });
    }

    public void Add(SpecText place, string text, RuleFault fault = RuleFault.Form) =>
        Add(place.Line, place.Path, text, fault);

    public void Warn(int line, string path, string text, RuleFault fault = RuleFault.Form) =>
        Tell(new RuleProblem(file, line, path, text, true) { Fault = fault });

    private void Tell(RuleProblem problem)
    {
        if (problems.Count < CountMax) problems.Add(problem with { Rule = Rule });
    }
}

/// <summary>Reads the fields of a map, each of which must be asked for: <see cref="End"/> tells of those that were not.
/// </summary>
internal sealed class SpecMap
{
    private readonly SpecProblems _problems;
    private readonly Dictionary<string, SpecEntry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public SpecMap(SpecNode node, string path, SpecProblems problems)
    {
        (_problems, Path, Line) = (problems, path, node.Line);
        if (node.Kind != SpecKind.Map && node is not { Kind: SpecKind.Text, Value: "" })
        {
            problems.Add(node.Line, path, "must be a map of fields");
        }

        foreach (var entry in node.Entries)
        {
            if (!_entries.TryAdd(entry.Key, entry)) problems.Add(entry.Line, PathOf(entry.Key), "is there twice");
        }
    }

    public string Path { get; }

    public int Line { get; }

    public bool Has(string name)
    {
        _asked.Add(name);
        return _entries.ContainsKey(name);
    }

    public SpecNode? Node(string name)
    {
        _asked.Add(name);
        return _entries.GetValueOrDefault(name)?.Value;
    }

    public SpecMap? Map(string name, bool isRequired = false)
    {
        if (Node(name) is { } node) return new SpecMap(node, PathOf(name), _problems);
        if (isRequired) Missing(name);
        return null;
    }

    public SpecText? Text(string name, int lengthMax, bool isRequired = false)
    {
        if (Node(name) is not { } node)
        {
            if (isRequired) Missing(name);
            return null;
        }

        return AsText(node, PathOf(name), lengthMax);
    }

    public long Whole(string name, long least, long most, long otherwise, bool isRequired = false)
    {
        if (Text(name, 32, isRequired) is not { } text) return otherwise;
        if (long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
        {
            return number;
        }

        _problems.Add(text, $"is a whole number from {least} to {most}, not '{Shown(text.Value)}'");
        return otherwise;
    }

    public T OneOf<T>(string name, T otherwise, bool isRequired = false) where T : struct, Enum
    {
        if (Text(name, 64, isRequired) is not { } text) return otherwise;
        if (TryEnum<T>(text.Value, out var value)) return value;

        _problems.Add(text, NoSuch(text.Value, Enum.GetNames<T>()));
        return otherwise;
    }

    /// <summary>Nanoseconds, of `1h30m`.</summary>
    public long? Duration(string name, bool isRequired = false)
    {
        if (Text(name, 32, isRequired) is not { } text) return null;
        if (RuleDuration.TryParse(text.Value, out var nanos)) return nanos;

        _problems.Add(text, $"is a duration such as 30s or 1h30m, not '{Shown(text.Value)}'");
        return null;
    }

    public IReadOnlyList<SpecText> Texts(string name, int countMax, int lengthMax, bool isRequired = false) =>
    [
        .. Nodes(name, countMax, isRequired)
            .Select(element => AsText(element.Node, element.Path, lengthMax)).OfType<SpecText>(),
    ];

    public IReadOnlyList<SpecMap> Maps(string name, int countMax, bool isRequired = false) =>
        [.. Nodes(name, countMax, isRequired).Select(element => new SpecMap(element.Node, element.Path, _problems))];

    /// <summary>Fields that nobody asked for are mistakes: a misspelt limit would be no limit.</summary>
    public void End()
    {
        foreach (var entry in _entries.Values)
        {
            if (_asked.Contains(entry.Key)) continue;

            var near = Likeness.Nearest(entry.Key, _asked.Where(name => !_entries.ContainsKey(name)));
            var hint = near is null ? $"there are {string.Join(", ", _asked)}" : $"did you mean {near}?";
            _problems.Add(entry.Line, PathOf(entry.Key), $"unknown field; {hint}");
        }
    }

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    public static string NoSuch(string value, IReadOnlyList<string> names)
    {
        var near = Likeness.Nearest(value, names);
        return $"there is no '{Shown(value)}'; "
            + (near is null ? $"there are {string.Join(", ", names)}" : $"did you mean {near}?");
    }

    public static bool TryEnum<T>(string text, out T value) where T : struct, Enum
    {
        value = default;
        // Numbers would be taken too.
        return Enum.GetNames<T>().Contains(text, StringComparer.Ordinal) && Enum.TryParse(text, out value);
    }

    public static string Shown(string text) => FilterProblem.Printable(text.Length <= 60 ? text : text[..60] + "…");

    private IEnumerable<(SpecNode Node, string Path)> Nodes(string name, int countMax, bool isRequired)
    {
        if (Node(name) is not { } node)
        {
            if (isRequired) Missing(name);
            return [];
        }

        if (node.Kind != SpecKind.List)
        {
            _problems.Add(node.Line, PathOf(name), "must be a list");
            return [];
        }

        if (node.Elements.Count > countMax) _problems.Add(node.Line, PathOf(name), $"has at most {countMax} elements");
        if (isRequired && node.Elements.Count == 0) _problems.Add(node.Line, PathOf(name), "is empty");
        return node.Elements.Take(countMax)
            .Select((element, index) => (element, $"{PathOf(name)}[{index.ToString(CultureInfo.InvariantCulture)}]"));
    }

    private SpecText? AsText(SpecNode node, string path, int lengthMax)
    {
        if (node.Kind != SpecKind.Text) _problems.Add(node.Line, path, "must be a text or a number");
        else if (node.Value.Length == 0) _problems.Add(node.Line, path, "is empty");
        else if (node.Value.Length > lengthMax) _problems.Add(node.Line, path, $"has more than {lengthMax} characters");
        else return new SpecText(node.Value, node.Line, path);
        return null;
    }

    private void Missing(string name) => _problems.Add(Line, PathOf(name), "is missing");
}
