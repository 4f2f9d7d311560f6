using NetSniff.Filters.Expression;

namespace NetSniff.Worker.Serve.Authorizing;

/// <summary>Whose records somebody may see: all, or those with an end in some namespaces.</summary>
/// <remarks>It is a part of the filter, so that whatever reads records (stores, followers, other workers, searches for
/// flows) holds to it without knowing of it.</remarks>
public sealed class Sight
{
    /// <summary>Namespaces that one call names.</summary>
    public const int NamespacesMax = 32;

    private readonly string[]? _namespaces;

    private Sight(string[]? namespaces) => _namespaces = namespaces;

    public static Sight All { get; } = new(null);

    public static Sight Nothing { get; } = new([]);

    public bool IsAll => _namespaces is null;

    /// <param name="namespaces">Checked names, not empty.</param>
    public static Sight Of(IEnumerable<string> namespaces) => new([.. namespaces]);

    /// <summary>A filter that holds for what the given one holds for and may be seen.</summary>
    /// <exception cref="Grpc.Core.RpcException">The given one is no filter by itself, or both are too long together.
    /// </exception>
    public string Narrow(string where)
    {
        if (_namespaces is null) return where;

        // What is whole by itself stays whole in parentheses: nothing in it reaches beyond them.
        Asking.Filter(where);
        var names = string.Join(", ", _namespaces.Select(static name => $"'{name}'"));
        var seen = _namespaces is [] ? "false" : $"namespace in ({names})";
        var text = where.Trim();
        var narrowed = text.Length == 0 ? seen : $"( {text} ) and {seen}";
        if (narrowed.Length > FilterExpression.LengthMax)
        {
            var rest = FilterExpression.LengthMax - (narrowed.Length - text.Length);
            throw Asking.Wrong(
                $"where: with {_namespaces.Length} namespaces to look in, a filter has at most {rest} characters; "
                + $"this one has {text.Length}");
        }

        Asking.Filter(narrowed);
        return narrowed;
    }

    /// <summary>Whether something that belongs to some namespaces may be seen.</summary>
    /// <param name="namespaces">None for what only those may see who see everything.</param>
    public bool Covers(IEnumerable<string> namespaces) => _namespaces is null || namespaces.Any(_namespaces.Contains);

    /// <summary>A name as Kubernetes gives namespaces (RFC 1123): nothing that a filter could read otherwise.</summary>
    public static bool IsNamespace(string name) => name.Length is > 0 and <= 63
        && name.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    public override string ToString() => _namespaces switch
    {
        null => "all namespaces",
        [] => "nothing",
        _ => string.Join(", ", _namespaces),
    };
}
