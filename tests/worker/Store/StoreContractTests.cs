using NetSniff.Filters.Expression;
using NetSniff.Records;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Store;

/// <summary>What every store must do.</summary>
public sealed class StoreContractTests : IDisposable
{
    /// <summary>2026-03-01T12:00:00Z.</summary>
    internal const long Start = 1_772_366_400_000_000_000;

    internal const long Second = 1_000_000_000;
    internal const long Hour = 3600 * Second;

    private static readonly LaneId s_lane = new("00112233445566778899aabbccddeeff", "w1/flows");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => Stores.Names;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Names))]
    public void Records_come_back_octet_by_octet(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        var records = new RandomRecords(1);
        for (var index = 0; index < 5000; index++) records.Add(Start + index % 7000 * Second);
        Assert.True(Append(store, s_lane, 1, records));
        store.Commit();

        var found = ReadAll(store);
        Assert.Equal(Gathered.Sorted(Gathered.Split(records.Bytes)), Gathered.Sorted(found.Records));
        Assert.Equal(found.Times.Order(), found.Times);
        Assert.Equal(5000, store.Counts.Records);
        Assert.Equal(Start, store.Counts.OldestNanos);
        Assert.Equal(5000, store.Kinds.Sum(kind => kind.Records));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_batch_is_stored_once_and_survives_reopening(string name)
    {
        using (var store = Stores.Open(name, _folder.Path))
        {
            Assert.True(Append(store, s_lane, 3, Flows(2, 10)));
            Assert.False(Append(store, s_lane, 3, Flows(2, 10)));
            Assert.False(Append(store, s_lane, 2, Flows(2, 10)));
            Assert.Empty(store.Stored);
            store.Commit();
            Assert.Equal(3ul, store.Stored[s_lane]);
            Assert.False(Append(store, s_lane, 3, Flows(2, 10)));
            store.Commit();
            Assert.True(Append(store, s_lane, 4, Flows(3, 5)));
        }

        using var again = Stores.Open(name, _folder.Path);
        Assert.Equal(3ul, again.Stored[s_lane]);
        Assert.Equal(10, again.Counts.Records);
        Assert.False(Append(again, s_lane, 3, Flows(2, 10)));
        Assert.True(Append(again, s_lane, 4, Flows(3, 5)));
        again.Commit();
        Assert.Equal(15, ReadAll(again).Records.Count);
    }

    [Theory, MemberData(nameof(Names))]
    public void What_is_not_committed_is_not_seen(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        Append(store, s_lane, 1, Flows(1, 4));
        Assert.Empty(ReadAll(store).Records);
        store.Commit();
        Assert.Equal(4, ReadAll(store).Records.Count);
    }

    [Theory, MemberData(nameof(Names))]
    public void Batches_are_taken_back_before_and_after_they_came(string name)
    {
        using (var store = Stores.Open(name, _folder.Path))
        {
            for (ulong batch = 1; batch <= 4; batch++) Append(store, s_lane, batch, Flows((int)batch, 10));
            store.Commit();
            store.Retract(s_lane, [2, 3, 6]);
            Assert.Equal(20, store.Counts.Records);
            Assert.Equal(20, store.Counts.RecordsRetracted);
            Assert.Equal(20, ReadAll(store).Records.Count);
        }

        using var again = Stores.Open(name, _folder.Path);
        Assert.Equal(20, again.Counts.RecordsRetracted);
        Assert.True(Append(again, s_lane, 5, Flows(5, 1)));
        Assert.False(Append(again, s_lane, 6, Flows(6, 1)));
        Assert.True(Append(again, s_lane, 7, Flows(7, 1)));
        again.Commit();
        Assert.Equal(22, again.Counts.Records);
        Assert.Equal(7ul, again.Stored[s_lane]);
    }

    [Theory, MemberData(nameof(Names))]
    public void First_and_last_are_of_time_and_say_what_is_cut(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        var records = new RandomRecords(3);
        for (var index = 0; index < 300; index++) records.Add(Start + index * 97 % 300 * 60 * Second);
        Append(store, s_lane, 1, records);
        store.Commit();

        var first = new Gathered();
        Assert.True(store.Read(new RecordQuery { CountMax = 10 }, first, default));
        Assert.Equal(Enumerable.Range(0, 10).Select(index => Start + index * 60 * Second), first.Times);
        var last = new Gathered();
        Assert.True(store.Read(new RecordQuery { CountMax = 10, IsLast = true }, last, default));
        Assert.Equal(Enumerable.Range(290, 10).Select(index => Start + index * 60 * Second), last.Times);
        var some = new Gathered();
        var range = new RecordQuery
        {
            SinceNanos = Start + 100 * 60 * Second,
            UntilNanos = Start + 150 * 60 * Second,
            CountMax = 50,
        };
        Assert.False(store.Read(range, some, default));
        Assert.Equal(Enumerable.Range(100, 50).Select(index => Start + index * 60 * Second), some.Times);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_filter_finds_what_it_matches(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        var records = new RandomRecords(4);
        for (var index = 0; index < 3000; index++) records.Add(Start + index * Second);
        Append(store, s_lane, 1, records);
        store.Commit();
        var all = Gathered.Split(records.Bytes);
        foreach (var where in StoreFilters.All)
        {
            var parse = FilterExpression.Parse(where);
            Assert.True(parse.IsOk, parse.Problem?.Format(where));
            var filter = parse.Filter!;
            var wanted = all.Where(record => filter.Matches(new RecordView(record))).ToList();
            var found = new Gathered();
            store.Read(new RecordQuery { Where = where, CountMax = 10_000 }, found, default);
            Assert.True(
                Gathered.Sorted(wanted).SequenceEqual(Gathered.Sorted(found.Records)),
                $"{where}: {wanted.Count} match, {found.Records.Count} found");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_filter_that_cannot_be_read_is_said_to_be(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        var query = new RecordQuery { Where = "http.statu == 1" };
        var error = Assert.Throws<FormatException>(() => store.Read(query, new Gathered(), default));
        Assert.Contains("did you mean http.status?", error.Message);
        query = new RecordQuery { Kinds = ["htp"] };
        Assert.Throws<FormatException>(() => store.Read(query, new Gathered(), default));
    }

    [Theory, MemberData(nameof(Names))]
    public void Old_hours_go_whole(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        for (var hour = 0; hour < 5; hour++)
        {
            var records = new RandomRecords(hour);
            for (var index = 0; index < 20; index++) records.Add(Start - hour * Hour, "flow");
            Append(store, s_lane, (ulong)hour + 1, records);
        }

        store.Commit();
        Assert.Equal(0, store.Expire(Start));
        // Seven days are kept: the two oldest hours began before that.
        var now = Start + 7 * 24 * Hour - 3 * Hour + 1;
        Assert.Equal(20, store.Expire(now));
        Assert.Equal(80, store.Counts.Records);
        Assert.Equal(20, store.Counts.RecordsExpired);
        Assert.Equal(Start - 3 * Hour, store.Counts.OldestNanos);
        Assert.Equal(80, ReadAll(store).Records.Count);
        Assert.Equal(0, store.Expire(now));
        Assert.Equal(5ul, store.Stored[s_lane]);
    }

    [Theory, MemberData(nameof(Names))]
    public void Reading_ends_when_it_is_cancelled(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        Append(store, s_lane, 1, Flows(1, 1000));
        store.Commit();
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => store.Read(new RecordQuery(), new Gathered(), cancel.Token));
    }

    [Theory, MemberData(nameof(Names))]
    public void Groups_are_counted_and_summed(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        var records = new RandomRecords(6);
        for (var index = 0; index < 2000; index++) records.Add(Start + index * 6 * Second, "http");
        Append(store, s_lane, 1, records);
        store.Commit();
        var all = Gathered.Split(records.Bytes);
        var wanted = new Dictionary<string, (double Count, double Max)>();
        var buckets = new SortedDictionary<long, double>();
        foreach (var bytes in all)
        {
            var record = new RecordView(bytes);
            var bucket = record.Header.TimeNanos / Hour * Hour;
            buckets[bucket] = buckets.GetValueOrDefault(bucket) + 1;
            if (!record.TryGet("http.stream", out var stream)) continue;
            var key = record.Header.Protocol.ToString(System.Globalization.CultureInfo.InvariantCulture);
            var (count, max) = wanted.GetValueOrDefault(key);
            wanted[key] = (count + 1, Math.Max(max, stream.Number));
        }

        var rows = store.Aggregate(
            new AggregateQuery
            {
                Kind = "http",
                Where = "exists http.stream",
                By = ["proto"],
                Measures = ["count", "max(http.stream)"],
            },
            default);
        Assert.Equal(
            wanted.OrderByDescending(one => one.Value.Count).Select(one => (one.Key, one.Value.Count, one.Value.Max)),
            rows.Select(row => (row.By[0], row.Values[0], row.Values[1])));

        rows = store.Aggregate(new AggregateQuery { Kind = "http", BucketNanos = Hour }, default);
        Assert.Equal(buckets.Select(one => (one.Key, one.Value)), rows.Select(row => (row.BucketNanos, row.Values[0])));
        var query = new AggregateQuery { Kind = "http", By = ["src.ip"], RowsMax = 7 };
        rows = store.Aggregate(query, default);
        Assert.Equal(7, rows.Count);
        query = new AggregateQuery { Kind = "http", By = ["src.name", "src.label.app"], Where = "src.pod == cart-1" };
        Assert.Equal(["cart-1", "cart"], Assert.Single(store.Aggregate(query, default)).By);
    }

    [Theory, MemberData(nameof(Names))]
    public void Heat_is_in_half_doublings_and_percentiles_lie_between(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        var sink = TestRecords.NewSink();
        for (ulong bytes = 0; bytes < 1000; bytes++) EmitFlow(sink, Start, bytes);
        store.Append(new StoreBatch { Lane = s_lane, Sequence = 1, Records = sink.Bytes, Count = sink.Count });
        store.Commit();

        var heat = store.Aggregate(new AggregateQuery { Kind = "flow", Heat = "flow.bytes.toserver" }, default);
        Assert.Equal(1000, heat.Sum(row => row.Values[0]));
        Assert.Equal([0, 1, 2, 2.83, 4, 5.66, 8], heat.Take(7).Select(row => Math.Round(row.Heat, 2)));
        // 8 to 11 are below 11.31.
        Assert.Equal(4, heat.Single(row => row.Heat == 8).Values[0]);
        var query = new AggregateQuery
        {
            Kind = "flow",
            Measures = ["p50(flow.bytes.toserver)", "avg(flow.bytes.toserver)", "p99(flow.bytes.toserver)"],
        };
        var values = Assert.Single(store.Aggregate(query, default)).Values;
        Assert.InRange(values[0], 480, 520);
        Assert.Equal(499.5, values[1]);
        Assert.InRange(values[2], 980, 999);
    }

    [Theory, MemberData(nameof(Names))]
    [InlineData("duckdb", "sum(http.host)", "not a number")]
    [InlineData("clickhouse", "sum(http.host)", "not a number")]
    public void Measures_that_make_no_sense_are_refused(
        string name, string measure = "sum(nothing)", string why = "unknown")
    {
        using var store = Stores.Open(name, _folder.Path);
        var query = new AggregateQuery { Kind = "http", Measures = [measure] };
        Assert.Contains(why, Assert.Throws<FormatException>(() => store.Aggregate(query, default)).Message);
    }

    [Theory, MemberData(nameof(Names))]
    public void Sql_answers_with_names_types_and_json(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        Append(store, s_lane, 1, Flows(1, 10));
        store.Commit();
        var answer = store.Sql(
            new SqlQuery("SELECT count(*) AS n, 'it''s' AS word FROM flow", 10, TimeSpan.FromSeconds(10)), default);
        Assert.Equal(["n", "word"], answer.Columns.Select(column => column.Name));
        Assert.Equal(["10", "\"it's\""], Assert.Single(answer.Rows));
        Assert.False(answer.IsCut);
        answer = store.Sql(new SqlQuery("SELECT src_ip FROM flow", 3, TimeSpan.FromSeconds(10)), default);
        Assert.Equal(3, answer.Rows.Count);
        Assert.True(answer.IsCut);
        var error = Assert.Throws<SqlException>(() =>
            store.Sql(new SqlQuery("SELECT nothing FROM flow", 3, TimeSpan.FromSeconds(10)), default));
        Assert.Contains("nothing", error.Message);
    }

    internal static void EmitFlow(RecordSink sink, long nanos, ulong bytes)
    {
        var flow = new NetSniff.Flows.FlowRecord
        {
            FirstNanos = nanos,
            LastNanos = nanos + Second,
            PacketsToServer = 1,
            PacketsToClient = 1,
            BytesToServer = bytes,
            BytesToClient = 0,
            PayloadToServer = 0,
            PayloadToClient = 0,
            End = NetSniff.Flows.FlowEnd.Idle,
        };
        sink.Emit(in flow, nanos);
    }

    internal static bool Append(IRecordStore store, LaneId lane, ulong sequence, RandomRecords records) =>
        store.Append(new StoreBatch
        {
            Lane = lane,
            Sequence = sequence,
            Records = records.Bytes,
            Count = records.Count,
        });

    internal static RandomRecords Flows(int seed, int count)
    {
        var records = new RandomRecords(seed);
        for (var index = 0; index < count; index++) records.Add(Start + index * Second, "flow");
        return records;
    }

    internal static Gathered ReadAll(IRecordStore store)
    {
        var all = new Gathered();
        Assert.False(store.Read(new RecordQuery { CountMax = 1_000_000 }, all, default));
        return all;
    }
}
