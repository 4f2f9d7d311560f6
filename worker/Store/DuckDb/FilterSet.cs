using System.Collections.Immutable;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>A filter, put into SQL for each table that is asked, once for all that have the same columns.</summary>
internal sealed class FilterSet : IDisposable
{
    private readonly List<FilterSql> _filters = [];
    private readonly Dictionary<(KindTable Table, string Columns), string?> _tests = [];
    private readonly DuckFiles _files;
    private readonly string? _where;

    /// <exception cref="FormatException">There is no such kind, or the filter cannot be read.</exception>
    public FilterSet(DuckFiles files, IReadOnlyList<string> names, string? where)
    {
        (_files, _where) = (files, where);
        foreach (var name in names)
        {
            if (files.Kinds.Find(name) is null) throw new FormatException($"there are no records of kind '{name}'");
        }

        Tables = [.. files.Kinds.All.Where(table => names.Count == 0 || names.Contains(table.Name))];
        // Whoever asks a store without a record learns what is wrong with his filter as well.
        foreach (var table in Tables) Test(table, [.. table.Columns.Select(column => column.Name)]);
    }

    /// <summary>Of the kinds that are asked for.</summary>
    public IReadOnlyList<KindTable> Tables { get; }

    /// <summary>What the rows of a table with these columns are asked; null where none can match.</summary>
    public string? Test(KindTable table, ImmutableArray<string> columns)
    {
        var key = (table, string.Join(',', columns));
        if (_tests.TryGetValue(key, out var known)) return known;

        var filter = new FilterSql(table, _files.Books, columns);
        _filters.Add(filter);
        var test = filter.Of(_where);
        if (test is "false" or "(false)") test = null;
        _tests.Add(key, test);
        return test;
    }

    public void Dispose()
    {
        foreach (var filter in _filters) filter.Dispose();
    }
}
