using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>A field that expressions can name.</summary>
/// <param name="Record">Name of the record kind it belongs to; null for those that every record has.</param>
/// <param name="About">The docs' sentence.</param>
/// <param name="Example">An expression that uses it.</param>
public sealed record CatalogField(string Name, FieldKind Kind, string? Record, string About, string Example)
{
    /// <summary>Names for its numbers, where they have any.</summary>
    public NamedValues? Names { get; init; }

    /// <summary>Its numbers mean nothing outside the process: only names compare.</summary>
    public bool IsNamesOnly { get; init; }

    internal HeaderField Header { get; init; }

    internal PeerField? Peer { get; init; }

    /// <summary>What it is, as a sentence would say: `a number`.</summary>
    public string KindInWords => IsNamesOnly ? "a name" : Kind switch
    {
        FieldKind.Number => "a number",
        FieldKind.Flag => "true or false",
        FieldKind.Duration => "a duration",
        FieldKind.Time => "a time",
        FieldKind.Text => "text",
        FieldKind.Bytes => "bytes",
        FieldKind.Address => "an address",
        FieldKind.Texts => "a list of texts",
        _ => "a list of numbers",
    };
}
