using NetSniff.Tests.Worker.Store.DuckDb;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.ClickHouse;

namespace NetSniff.Tests.Worker.Store.ClickHouse;

/// <summary>What the ClickHouse store does beyond the contract of all.</summary>
public sealed class ClickHouseStoreTests : IDisposable
{
    private static readonly LaneId s_lane = new("00112233445566778899aabbccddeeff", "w1/flows");
    private static readonly TimeSpan s_seconds = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();

    private FixedClock Clock { get; } = new(StoreContractTests.Start);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nobody_there_is_said_with_the_address_and_without_the_password()
    {
        var options = new ClickHouseOptions
        {
            Address = ClickHouseAddress.Parse("clickhouse://me@127.0.0.1:1/db"), Password = () => "hush",
        };
        var error = Assert.Throws<IOException>(() => new ClickHouseStore(options));
        Assert.Contains("ClickHouse at 127.0.0.1:1/db does not answer: Connection refused", error.Message);
        Assert.DoesNotContain("hush", error.ToString());
    }

    [Fact]
    public void A_wrong_password_is_said_and_not_shown()
    {
        var options = Options() with { Password = () => "wrong-one" };
        var error = Assert.Throws<IOException>(() => new ClickHouseStore(options));
        Assert.Contains("assword", error.Message);
        Assert.DoesNotContain("wrong-one", error.ToString());
    }

    [Fact]
    public void Too_many_bytes_drop_the_oldest_hours_and_keep_the_lanes()
    {
        using var store = new ClickHouseStore(Options() with { BytesMax = 1 });
        for (var hour = 0; hour < 3; hour++)
        {
            var records = new RandomRecords(hour);
            for (var index = 0; index < 10; index++)
            {
                records.Add(StoreContractTests.Start - hour * StoreContractTests.Hour);
            }

            StoreContractTests.Append(store, s_lane, (ulong)hour + 1, records);
        }

        store.Commit();
        Assert.True(store.Counts.BytesOnDisk > 0);
        Assert.Equal(30, store.Expire(StoreContractTests.Start));
        Assert.Equal(0, store.Counts.Records);
        Assert.Equal(30, store.Counts.RecordsExpired);
        using var again = new ClickHouseStore(Options());
        Assert.Equal((0, 30), (again.Counts.Records, again.Counts.RecordsExpired));
        Assert.Equal(3ul, again.Stored[s_lane]);
    }

    [Fact]
    public void Records_without_an_hour_are_pushed_out_by_the_next_ones()
    {
        using var store = new ClickHouseStore(Options() with { StraysMax = 15 });
        for (ulong batch = 1; batch <= 3; batch++)
        {
            var records = new RandomRecords((int)batch);
            for (var index = 0; index < 10; index++)
            {
                records.Add(StoreContractTests.Start - (1000 + index) * StoreContractTests.Hour);
            }

            StoreContractTests.Append(store, s_lane, batch, records);
            store.Commit();
        }

        Assert.Equal((10, 20), (store.Counts.Records, store.Counts.RecordsExpired));
        Assert.Equal(10, StoreContractTests.ReadAll(store).Records.Count);
        Assert.Empty(store.Hours);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void More_than_a_page_comes_in_order_and_each_once(bool isLast)
    {
        using var store = new ClickHouseStore(Options());
        var times = new List<long>();
        for (ulong batch = 0; batch < 30; batch++)
        {
            var sink = TestRecords.NewSink();
            for (var number = batch * 1000; number < (batch + 1) * 1000; number++)
            {
                // Crowded at one moment, and thin elsewhere: pages end within the same nanosecond.
                var time = StoreContractTests.Start + (number < 20_000 ? 7 : (long)number * 100_000_000);
                StoreContractTests.EmitFlow(sink, time, number);
                times.Add(time);
            }

            store.Append(
                new StoreBatch { Lane = s_lane, Sequence = batch + 1, Records = sink.Bytes, Count = sink.Count });
            if (batch == 11) store.Commit();
        }

        store.Commit();
        var found = new Gathered();
        Assert.False(store.Read(new RecordQuery { CountMax = 30_000, IsLast = isLast }, found, default));
        times.Sort();
        Assert.Equal(times, found.Times);
        Assert.Equal(30_000, found.Records.Select(Convert.ToHexString).Distinct().Count());
        // One of a few, which no page but the last has, asked by a test that the server has no words for.
        var few = new Gathered();
        var query = new RecordQuery
        {
            CountMax = 3, IsLast = isLast, Where = "flow.bytes.toserver >= 29990 and not node like 'x*'",
        };
        Assert.True(store.Read(query, few, default));
        Assert.Equal(3, few.Records.Count);
    }

    [Fact]
    public void Patterns_group_what_they_match()
    {
        using var store = new ClickHouseStore(Options());
        var records = new RandomRecords(5);
        for (var index = 0; index < 2000; index++) records.Add(StoreContractTests.Start + index, "http");
        StoreContractTests.Append(store, s_lane, 1, records);
        store.Commit();
        string[] filters = ["http.host like 'EX*'", "http.host matches /^x+$/", "not http.host like '*e*'"];
        foreach (var where in filters)
        {
            var found = new Gathered();
            store.Read(new RecordQuery { Where = where, Kinds = ["http"], CountMax = 10_000 }, found, default);
            var rows = store.Aggregate(new AggregateQuery { Kind = "http", Where = where }, default);
            Assert.Equal(found.Records.Count, Assert.Single(rows).Values[0]);
            Assert.NotEmpty(found.Records);
        }

        using var narrow = new ClickHouseStore(Options() with { TextsAskedMax = 2 });
        var query = new AggregateQuery { Kind = "http", Where = "http.host like 'e*'" };
        Assert.Contains("more than 2", Assert.Throws<FormatException>(() => narrow.Aggregate(query, default)).Message);
    }

    [Fact]
    public void Sql_sees_words_for_moments_addresses_and_peers()
    {
        using var store = new ClickHouseStore(Options());
        StoreContractTests.Append(store, s_lane, 1, StoreContractTests.Flows(1, 50));
        store.Commit();
        var row = Assert.Single(Ask(
            store,
            "SELECT toString(min(time)) AS t, min(time_ns) AS n, countIf(src_ip LIKE '%.%') AS v4 FROM flow").Rows);
        Assert.Equal(["\"2026-03-01 12:00:00\"", StoreContractTests.Start.ToString(null, null)], row.Take(2));
        Assert.NotEqual("0", row[2]);
        Assert.NotEmpty(Ask(store, "SELECT name FROM peers WHERE kind = 'pod' AND name = 'cart-1'").Rows);
        Assert.Equal("\"w1/flows\"", Assert.Single(Ask(store, "SELECT name FROM lanes").Rows)[0]);
        Assert.Contains(Ask(store, "SHOW TABLES").Rows, one => one[0] == "\"flow\"");
        Assert.Contains(Ask(store, "describe http").Rows, one => one[0] == "\"status\"");
    }

    [Fact]
    public void Sql_ends_at_its_time_its_memory_and_its_bytes()
    {
        var options = Options() with { MemoryBytesMax = 64 << 20, AnswerBytesMax = 1 << 20 };
        using var store = new ClickHouseStore(options);
        StoreContractTests.Append(store, s_lane, 1, StoreContractTests.Flows(1, 500));
        store.Commit();
        // A view that has no end, where one of ours was.
        var view = options.Address.Database + ".lanes";
        ClickHouseServer.Shared.Ask($"DROP TABLE {view}");
        ClickHouseServer.Shared.Ask($"CREATE VIEW {view} AS SELECT number FROM system.numbers");
        var late = new SqlQuery("SELECT max(number) FROM lanes", 10, TimeSpan.FromSeconds(1));
        Assert.Contains("1 s", Assert.Throws<TimeoutException>(() => store.Sql(late, default)).Message);
        var large = "SELECT length(groupArray(toString(arrayJoin(range(9000000))))) AS n FROM flow";
        Assert.Contains("memory", Assert.Throws<SqlException>(() => Ask(store, large)).Message);
        var wide = new SqlQuery(
            "SELECT arrayStringConcat(arrayMap(x -> 'abcdefghij', range(1000)), '') AS w FROM flow", 1000, s_seconds);
        var answer = store.Sql(wide, default);
        Assert.True(answer.IsCut);
        Assert.InRange(answer.Rows.Count, 50, 105);
    }

    private ClickHouseOptions Options() => ClickHouseServer.Shared.Options(_folder.Path, Clock);

    private static SqlResult Ask(ClickHouseStore store, string sql) =>
        store.Sql(new SqlQuery(sql, 1000, s_seconds), default);
}
