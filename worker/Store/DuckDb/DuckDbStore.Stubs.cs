namespace NetSniff.Worker.Store.DuckDb;
public sealed partial class DuckDbStore
{
    public IReadOnlyList<AggregateRow> Aggregate(AggregateQuery query, CancellationToken cancel) => throw new NotSupportedException();
    public SqlResult Sql(SqlQuery query, CancellationToken cancel) => throw new NotSupportedException();
    public long ExportParquet(string folder, long sinceNanos, long untilNanos, CancellationToken cancel) => throw new NotSupportedException();
}
