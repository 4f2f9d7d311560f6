namespace NetSniff.Worker.Store.DuckDb;

/// <summary>A filter, put into SQL for each kind that it may match.</summary>
internal sealed class FilterSet : IDisposable
{
    private readonly List<FilterSql> _filters = [];

    /// <exception cref="FormatException">There is no such kind, or the filter cannot be read.</exception>
    public FilterSet(DuckFiles files, IReadOnlyList<string> names, string? where)
    {
        foreach (var name in names)
        {
            if (files.Kinds.Find(name) is null) throw new FormatException($"there are no records of kind '{name}'");
        }

        foreach (var table in files.Kinds.All.Where(table => names.Count == 0 || names.Contains(table.Name)))
        {
            var filter = new FilterSql(table, files.Books.Peers.Registered);
            _filters.Add(filter);
            All.Add((table, filter.Of(where)));
        }

        All.RemoveAll(one => one.Where is "false" or "(false)");
    }

    public List<(KindTable Table, string Where)> All { get; } = [];

    public void Dispose()
    {
        foreach (var filter in _filters) filter.Dispose();
    }
}
