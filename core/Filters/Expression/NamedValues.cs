namespace NetSniff.Filters.Expression;

/// <summary>Names for the numbers of a field, so that `proto == tcp` can be written. Case does not matter.</summary>
public abstract class NamedValues
{
    public abstract IReadOnlyList<string> Names { get; }

    public abstract bool TryFind(string name, out ulong value);
}

/// <summary>Names that are known beforehand. Several may mean the same number.</summary>
public sealed class NameTable : NamedValues
{
    private readonly Dictionary<string, ulong> _values = new(StringComparer.OrdinalIgnoreCase);

    public NameTable(params (string Name, ulong Value)[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (var (name, value) in values) _values.Add(name, value);
        Names = [.. values.Select(value => value.Name)];
    }

    public override IReadOnlyList<string> Names { get; }

    public override bool TryFind(string name, out ulong value) => _values.TryGetValue(name, out value);
}
