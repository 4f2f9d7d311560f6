using NetSniff.Records;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store.DuckDb;

/// <summary>What strangers may not ask, and what stops what they may.</summary>
public sealed class SqlLimitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DuckDbStore _store;

    public SqlLimitTests()
    {
        _store = new DuckDbStore(new DuckDbOptions
        {
            Folder = _folder.Path,
            Clock = new FixedClock(StoreContractTests.Start),
            MemoryBytesMax = 256 << 20,
            SpillBytesMax = 64 << 20,
            AnswerBytesMax = 1 << 20,
        });
        StoreContractTests.Append(_store, new LaneId("00", "l"), 1, StoreContractTests.Flows(1, 1000));
        _store.Commit();
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("ATTACH '/tmp/x.duckdb' AS x")]
    [InlineData("COPY flow TO '/tmp/x.csv'")]
    [InlineData("COPY (SELECT 1) TO '/tmp/x.parquet'")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD httpfs")]
    [InlineData("PRAGMA database_list")]
    [InlineData("SET memory_limit = '100GB'")]
    [InlineData("RESET memory_limit")]
    [InlineData("CREATE TABLE x (a INT)")]
    [InlineData("CREATE VIEW flow AS SELECT 1")]
    [InlineData("DROP VIEW flow")]
    [InlineData("INSERT INTO books.marks VALUES (0, 0)")]
    [InlineData("DELETE FROM books.flow")]
    [InlineData("UPDATE books.gone SET expired = 7")]
    [InlineData("CHECKPOINT books")]
    [InlineData("DETACH books")]
    [InlineData("USE books")]
    [InlineData("CALL pragma_database_size()")]
    [InlineData("EXPORT DATABASE '/tmp/x'")]
    [InlineData("BEGIN")]
    [InlineData("SELECT 1; DROP VIEW flow")]
    [InlineData("SELECT 1) t; DROP VIEW flow; SELECT * FROM (SELECT 1")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM 'books.duckdb'")]
    [InlineData("SELECT * FROM glob('*')")]
    [InlineData("SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')")]
    [InlineData("SELECT (SELECT max(content) FROM read_text('/etc/passwd'))")]
    [InlineData("SELECT * FROM unnest([(SELECT max(content) FROM read_text('/etc/passwd'))])")]
    [InlineData("WITH t AS (FROM read_text('/etc/passwd')) SELECT * FROM t")]
    [InlineData("WITH duckdb_tables AS (SELECT * FROM duckdb_tables) SELECT * FROM duckdb_tables")]
    [InlineData("SELECT * FROM duckdb_tables, (WITH duckdb_tables AS (SELECT 1) SELECT * FROM duckdb_tables)")]
    [InlineData("WITH a AS (SELECT * FROM duckdb_tables), duckdb_tables AS (SELECT 1) SELECT * FROM a")]
    [InlineData("WITH a AS MATERIALIZED (SELECT * FROM a) SELECT * FROM a")]
    [InlineData("SELECT * FROM flow WHERE src_port IN (SELECT 1 FROM glob('/*'))")]
    [InlineData("SELECT * FROM books.marks")]
    [InlineData("SELECT * FROM duckdb_settings()")]
    [InlineData("SELECT * FROM duckdb_secrets()")]
    [InlineData("SELECT * FROM query('SELECT 1')")]
    [InlineData("SELECT * FROM query_table(['books.marks'])")]
    [InlineData("SELECT repeat('x', 2000000000)")]
    [InlineData("SELECT * FROM waiting_rows(1::UBIGINT)")]
    [InlineData("SELECT filter_test(1::UBIGINT, 'x')")]
    [InlineData("SELECT printf('%1000000000d', 1)")]
    [InlineData("SELECT list_resize([1], 1000000000)")]
    [InlineData("EXPLAIN ANALYZE SELECT 1")]
    [InlineData("SELEC 1")]
    [InlineData("SELECT '")]
    [InlineData("")]
    [InlineData(" ; ")]
    [InlineData("SELECT 1 /*")]
    public void Is_refused(string text)
    {
        var error = Assert.Throws<SqlException>(() => Ask(text));
        Assert.NotEmpty(error.Message);
        Assert.Equal("1000", Ask("SELECT count(*) FROM flow").Rows[0][0]);
    }

    [Theory]
    [InlineData("SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c")]
    [InlineData("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t")]
    [InlineData("WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM t) SELECT max(length(s)) FROM t")]
    [InlineData("SELECT list(a.range) FROM range(100000) a, range(100000) b")]
    [InlineData("SELECT string_agg(a.range::VARCHAR, ',') FROM range(100000) a, range(100000) b")]
    [InlineData("SELECT DISTINCT a.range * 100000 + b.range FROM range(100000) a, range(100000) b")]
    [InlineData("SELECT * FROM range(100000) a, range(100000) b ORDER BY hash(a.range + b.range)")]
    public void Ends_in_time_and_memory(string text)
    {
        var before = Environment.WorkingSet;
        var end = Assert.ThrowsAny<Exception>(() => Ask(text, seconds: 2));
        Assert.True(end is SqlException or TimeoutException, end.ToString());
        Assert.True(Environment.WorkingSet - before < 3L << 30);
        Assert.Equal("1000", Ask("SELECT count(*) FROM flow").Rows[0][0]);
    }

    [Fact]
    public void Answers_are_cut_by_rows_and_by_bytes()
    {
        var answer = Ask("SELECT * FROM range(1000000)");
        Assert.True(answer.IsCut);
        Assert.Equal(100, answer.Rows.Count);
        answer = Ask("SELECT (SELECT string_agg(range::VARCHAR) FROM range(30000)) FROM range(90)");
        Assert.True(answer.IsCut);
        Assert.InRange(answer.Rows.Count, 1, 10);
    }

    [Fact]
    public void Cancelling_ends_a_query()
    {
        using var cancel = new CancellationTokenSource(200);
        var query = new SqlQuery(
            "SELECT count(*) FROM range(1000000) a, range(1000000) b", 10, TimeSpan.FromMinutes(5));
        Assert.ThrowsAny<OperationCanceledException>(() => _store.Sql(query, cancel.Token));
    }

    [Theory]
    [InlineData("SHOW TABLES")]
    [InlineData("DESCRIBE flow")]
    [InlineData("SUMMARIZE SELECT src_port FROM flow")]
    [InlineData("FROM flow LIMIT 1")]
    [InlineData("SELECT 1; ")]
    [InlineData("SELECT 1 -- a comment")]
    [InlineData("VALUES (1), (2)")]
    [InlineData("WITH flow AS (SELECT * FROM flow), few AS (SELECT * FROM flow LIMIT 3) SELECT * FROM few")]
    [InlineData("WITH a AS MATERIALIZED (FROM flow) SELECT * FROM a, (WITH b AS (FROM a) SELECT 1 FROM b LIMIT 1)")]
    [InlineData("WITH busy AS (SELECT src_ip, count(*) n FROM flow GROUP BY ALL) SELECT * FROM busy ORDER BY n DESC")]
    [InlineData("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t")]
    [InlineData("SELECT src_ip FROM flow WHERE in_net(src_addr, '10.0.0.0/8')")]
    [InlineData("SELECT time_bucket(INTERVAL 1 MINUTE, time) AS minute, sum(bytes_toserver) FROM flow GROUP BY 1")]
    [InlineData("SELECT * FROM flow WHERE time > now() - INTERVAL 1 HOUR")]
    [InlineData("SELECT f.src_ip, l.sensor FROM flow f JOIN lanes l USING (lane)")]
    [InlineData("SELECT * FROM flow POSITIONAL JOIN (SELECT unnest([1, 2, 3]))")]
    [InlineData("PIVOT (SELECT proto, src_port % 2 AS odd FROM flow) ON odd IN (0, 1) USING count(*)")]
    [InlineData("SELECT table_name, column_name FROM information_schema.columns")]
    [InlineData("SELECT http.host, http.status FROM http WHERE http.host LIKE '%.com'")]
    public void Is_answered(string text) => Assert.NotEmpty(Ask(text).Columns);

    private SqlResult Ask(string text, int seconds = 20) =>
        _store.Sql(new SqlQuery(text, 100, TimeSpan.FromSeconds(seconds)), default);
}
