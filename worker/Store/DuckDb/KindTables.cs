using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>The tables of all kinds of records, by number.</summary>
internal sealed class KindTables
{
    private volatile KindTable[] _tables = [];

    public IReadOnlyList<KindTable> All
    {
        get
        {
            _ = Protocols.Protocols.Records;
            if (_tables.Length != RecordKinds.All.Count) Refresh();
            return _tables;
        }
    }

    public KindTable Of(ushort kind)
    {
        var tables = _tables;
        return kind < tables.Length ? tables[kind] : All[kind];
    }

    public KindTable? Find(string name) => All.FirstOrDefault(table => table.Name == name);

    private void Refresh()
    {
        var schemas = RecordKinds.All;
        _tables = [.. Enumerable.Range(0, schemas.Count).Select(kind => new KindTable(schemas[kind]))];
    }
}
