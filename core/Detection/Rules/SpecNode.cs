namespace NetSniff.Detection.Rules;

public enum SpecKind : byte { Text, List, Map }

/// <summary>A document as it was written, whatever it was written in: who reads YAML or JSON makes these.</summary>
public sealed class SpecNode
{
    private SpecNode(SpecKind kind, int line) => (Kind, Line) = (kind, line);

    public SpecKind Kind { get; }

    /// <summary>From 1 on.</summary>
    public int Line { get; }

    /// <summary>Of a text; empty for nothing.</summary>
    public string Value { get; private init; } = "";

    /// <summary>Of a list.</summary>
    public IReadOnlyList<SpecNode> Elements { get; private init; } = [];

    /// <summary>Of a map, in order; keys may come twice.</summary>
    public IReadOnlyList<SpecEntry> Entries { get; private init; } = [];

    public static SpecNode Text(string value, int line) => new(SpecKind.Text, line) { Value = value };

    public static SpecNode List(IReadOnlyList<SpecNode> elements, int line) =>
        new(SpecKind.List, line) { Elements = elements };

    public static SpecNode Map(IReadOnlyList<SpecEntry> entries, int line) =>
        new(SpecKind.Map, line) { Entries = entries };

    public SpecNode? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key)?.Value;

    /// <summary>The same for documents that say the same, wherever they stand.</summary>
    internal GroupKey Revision()
    {
        var hash = new KeyHash();
        AddTo(ref hash);
        return hash.Key;
    }

    private void AddTo(ref KeyHash hash)
    {
        hash.Add((ulong)Kind);
        hash.Add(Value);
        hash.Add((ulong)(Elements.Count + Entries.Count));
        foreach (var element in Elements) element.AddTo(ref hash);
        foreach (var entry in Entries)
        {
            hash.Add(entry.Key);
            entry.Value.AddTo(ref hash);
        }
    }
}

public sealed record SpecEntry(string Key, int Line, SpecNode Value);
