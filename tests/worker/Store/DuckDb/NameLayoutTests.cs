using NetSniff.Filters.Expression;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store.DuckDb;

/// <summary>Names as numbers, columns that come with their first value, and files from before either.</summary>
public sealed class NameLayoutTests : IDisposable
{
    private const string Hour = "2026-03-01T12.duckdb";

    private static readonly LaneId s_lane = new("00", "l");

    private readonly TemporaryFolder _folder = new();
    private readonly FixedClock _clock = new(StoreContractTests.Start);
    private Action? _meanwhile;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_of_before_answer_as_they_did_also_when_they_are_written_on()
    {
        var first = Random(4, 1500, 0);
        using (var store = Open())
        {
            StoreContractTests.Append(store, s_lane, 1, first);
            store.Commit();
        }

        MakeOld();
        var second = Random(5, 700, 1500);
        var all = Gathered.Split(first.Bytes);
        using (var store = Open())
        {
            AssertAnswers(store, all);
            StoreContractTests.Append(store, s_lane, 2, second);
            store.Commit();
            all.AddRange(Gathered.Split(second.Bytes));
            AssertAnswers(store, all);
        }

        using var again = Open();
        AssertAnswers(again, all);
        var sql = "SELECT count(*) FILTER (node = 'node-2'), "
            + "count(*) FILTER (app = 'söme-app' AND node IS NULL) FROM http";
        var https = all.Where(record => new RecordView(record).Schema.Info.Name == "http").ToList();
        string[] wanted =
        [
            $"{https.Count(record => NodeOf(record) == "node-2")}",
            $"{https.Count(record => AppOf(record) == "söme-app" && NodeOf(record).Length == 0)}",
        ];
        Assert.Equal(wanted, again.Sql(new SqlQuery(sql, 1, TimeSpan.FromSeconds(20)), default).Rows[0]);
    }

    [Fact]
    public void A_column_comes_with_its_first_value_and_then_stays()
    {
        using (var store = Open())
        {
            Append(store, 1, 0, 0);
            Assert.Equal((0, 100), (Count(store, "vlan == 120"), Count(store, "not vlan")));
            Assert.Equal("null", Vlans(store));
        }

        Assert.DoesNotContain("vlan", Columns(Hour));
        using (var store = Open())
        {
            Append(store, 2, 120, 0);
            Assert.Equal((100, 100), (Count(store, "vlan == 120"), Count(store, "not vlan")));
            Assert.Equal("120", Vlans(store));
            // A new hour needs none, and has one in time for when it does.
            Append(store, 3, 0, StoreContractTests.Hour);
            Assert.Equal(200, Count(store, "not vlan"));
        }

        Assert.Contains("vlan", Columns(Hour));
        Assert.Contains("vlan", Columns("2026-03-01T13.duckdb"));
        Assert.DoesNotContain("tunnel_id", Columns("2026-03-01T13.duckdb"));
    }

    /// <summary>Between looking which columns there are and asking for them one comes.</summary>
    [Theory]
    [InlineData("vlan == 120", 100)]
    [InlineData("", 200)]
    public void What_is_stored_while_it_is_asked_for_is_answered_whole(string where, int count)
    {
        using var store = Open();
        Append(store, 1, 0, 0);
        _meanwhile = () => Append(store, 2, 120, 0);
        var found = Read(store, where);
        Assert.Equal(count, found.Count);
        Assert.Equal(100, found.Count(record => new RecordView(record).Header.OuterVlan == 120));
    }

    [Theory]
    [InlineData("node != new")]
    [InlineData("not (node == new)")]
    [InlineData("src.name != new")]
    [InlineData("not (src.name == new)")]
    public void What_is_new_while_it_is_asked_for_is_no_other(string where)
    {
        using var store = Open();
        Append(store, 1, 0, 0, "old");
        _meanwhile = () => Append(store, 2, 0, 0, "new");
        Assert.Equal(100, Count(store, where));
        Assert.Null(_meanwhile);
        Assert.Equal(100, Count(store, where));
    }

    [Fact]
    public void Names_go_with_the_last_hour_that_has_them()
    {
        using var store = Open();
        Append(store, 1, 0, -6 * 24 * StoreContractTests.Hour, "goes");
        Append(store, 2, 0, 0, "stays");
        Append(store, 3, 0, -6 * 24 * StoreContractTests.Hour, "stays");
        Assert.Equal(100, Count(store, "node == goes"));
        Assert.Equal(["eth0", "goes", "stays"], Asked(store, "SELECT name FROM names ORDER BY name"));
        Assert.Equal(200, store.Expire(StoreContractTests.Start + 2 * 24 * StoreContractTests.Hour));
        Append(store, 4, 0, StoreContractTests.Hour, "stays");
        Assert.Equal(["eth0", "stays"], Asked(store, "SELECT name FROM names ORDER BY name"));
        store.Dispose();
        Assert.Equal(["eth0", "stays"], Names());

        using var again = Open();
        Append(again, 5, 0, 0, "goes");
        Assert.Equal((100, 200), (Count(again, "node == goes"), Count(again, "node == stays")));
    }

    [Fact]
    public void A_file_that_comes_back_shows_no_names_that_came_later()
    {
        const string Gone = "2026-02-23T12.duckdb";
        using (var store = Open())
        {
            Append(store, 1, 0, 0, "stays");
            Append(store, 2, 0, -6 * 24 * StoreContractTests.Hour, "went");
        }

        File.Copy(_folder[Gone], _folder["copy"]);
        using (var store = Open())
        {
            Assert.Equal(100, store.Expire(StoreContractTests.Start + 2 * 24 * StoreContractTests.Hour));
        }

        Assert.False(File.Exists(_folder[Gone]));
        using (var store = Open()) Append(store, 3, 0, 0, "new");

        File.Copy(_folder["copy"], _folder[Gone]);
        using var again = Open();
        var sql = "SELECT count(*) FROM flow JOIN peers ON peer = client_peer WHERE name = 'new'";
        Assert.Equal((100, 100), (Count(again, "node == went"), Count(again, "node == new")));
        Assert.Equal(["100"], Asked(again, sql));
    }

    [Fact]
    public void Names_of_records_without_an_hour_stay_as_long_as_these_do()
    {
        const long Day = 24 * StoreContractTests.Hour;
        using var store = Open();
        Append(store, 1, 0, 400 * Day, "pushed-out");
        Append(store, 2, 0, 400 * Day, "taken-back");
        Append(store, 3, 0, 0, "stays");
        GoOn(4, 8);
        Assert.Equal(["eth0", "stays", "taken-back"], Asked(store, "SELECT name FROM names ORDER BY name"));
        store.Retract(s_lane, [2]);
        GoOn(5, 16);
        GoOn(6, 24);
        store.Dispose();
        Assert.Equal(["eth0", "stays"], Names());

        void GoOn(ulong batch, int days)
        {
            _clock.Nanos = StoreContractTests.Start + days * Day;
            Append(store, batch, 0, days * Day, "stays");
            Assert.Equal(100, store.Expire(_clock.Nanos));
        }
    }

    private DuckDbStore Open() => new(new DuckDbOptions
    {
        Folder = _folder.Path, Clock = _clock, StraysMax = 150, BeforeAsking = Meanwhile,
    });

    private void Meanwhile()
    {
        var meanwhile = _meanwhile;
        _meanwhile = null;
        meanwhile?.Invoke();
    }

    private static RandomRecords Random(int seed, int count, int second)
    {
        var records = new RandomRecords(seed);
        for (var index = 0; index < count; index++)
        {
            records.Add(StoreContractTests.Start + (second + index) * StoreContractTests.Second);
        }

        return records;
    }

    private static void Append(DuckDbStore store, ulong batch, ushort vlan, long later, string node = "node-1")
    {
        var sink = new RecordSink(1 << 20);
        for (var flow = 0; flow < 100; flow++)
        {
            var time = StoreContractTests.Start + later + flow * StoreContractTests.Second;
            sink.Context = new RecordHeader
            {
                FlowId = (ulong)flow, Client = Address.FromV4(1), Server = Address.FromV4(2), Protocol = 17,
                OuterVlan = vlan, Interface = Origins.Add(node, "eth0"),
                ClientPeer = Peers.Add(new Peer { Kind = PeerKind.Pod, Name = node }),
            };
            var record = new FlowRecord
            {
                FirstNanos = time, LastNanos = time, PacketsToServer = 1, PacketsToClient = 0, BytesToServer = 60,
                BytesToClient = 0, PayloadToServer = 18, PayloadToClient = 0, End = FlowEnd.Idle,
            };
            sink.Emit(in record, time);
        }

        store.Append(new StoreBatch { Lane = s_lane, Sequence = batch, Records = sink.Bytes, Count = 100 });
        store.Commit();
    }

    private static int Count(DuckDbStore store, string where) => Read(store, where).Count;

    private static List<byte[]> Read(DuckDbStore store, string where)
    {
        var found = new Gathered();
        store.Read(new RecordQuery { Where = where, CountMax = 10_000 }, found, default);
        return found.Records;
    }

    private static string Vlans(DuckDbStore store) => Asked(store, "SELECT max(vlan) FROM flow")[0];

    private static List<string> Asked(DuckDbStore store, string sql) =>
        [.. store.Sql(new SqlQuery(sql, 100, TimeSpan.FromSeconds(20)), default).Rows.Select(row => row[0].Trim('"'))];

    private static void AssertAnswers(DuckDbStore store, List<byte[]> all)
    {
        Assert.Equal(Gathered.Sorted(all), Gathered.Sorted(StoreContractTests.ReadAll(store).Records));
        foreach (var where in StoreFilters.All)
        {
            var filter = FilterExpression.Parse(where).Filter!;
            var wanted = all.Count(record => filter.Matches(new RecordView(record)));
            var found = Count(store, where);
            Assert.True(wanted == found, $"{where}: {wanted} match, {found} found");
        }

        foreach (var (field, of) in ((string, Func<byte[], string>)[])[("app", AppOf), ("node", NodeOf)])
        {
            var query = new AggregateQuery { Kind = "http", By = [field], RowsMax = 100 };
            var found = store.Aggregate(query, default).Select(row => (row.By[0], row.Values[0]));
            var wanted = all.Where(record => new RecordView(record).Schema.Info.Name == "http").GroupBy(of)
                .Select(group => (group.Key, (double)group.Count()));
            Assert.Equal(wanted.Order(), found.Order());
        }
    }

    private static string NodeOf(byte[] record) => Origins.Of(new RecordView(record).Header.Interface).Node;

    private static string AppOf(byte[] record) => NetSniff.Protocols.Apps.Name(new RecordView(record).Header.App);

    /// <summary>Turns numbers into the texts that files had before.</summary>
    private void MakeOld()
    {
        using var instance = new DuckInstance(new DuckDbOptions { Folder = _folder.Path });
        using var connection = instance.Connect();
        connection.Run($"ATTACH '{_folder["books.duckdb"]}' AS books; ATTACH '{_folder[Hour]}' AS h");
        List<string> tables = [];
        using (var rows = connection.Ask("SELECT DISTINCT database_name || '.\"' || table_name || '\"' "
            + "FROM duckdb_columns() WHERE column_name = 'app_number'"))
        {
            while (rows.NextChunk())
            {
                for (var row = 0; row < rows.Count; row++)
                {
                    tables.Add(System.Text.Encoding.UTF8.GetString(rows.Column(0).Text(row)));
                }
            }
        }

        foreach (var table in tables)
        {
            foreach (var name in (string[])["app", "node", "interface"])
            {
                connection.Run($"ALTER TABLE {table} ADD COLUMN \"{name}\" VARCHAR");
                connection.Run($"UPDATE {table} SET \"{name}\" = "
                    + $"(SELECT any_value(name) FROM books.names WHERE number = {name}_number)");
                connection.Run($"ALTER TABLE {table} DROP COLUMN {name}_number");
            }
        }

        connection.Run("DROP TABLE books.names; DETACH h; DETACH books");
    }

    private List<string> Columns(string file) => Ask(file, "SELECT column_name FROM duckdb_columns() "
        + "WHERE database_name = 'f' AND table_name = 'flow' ORDER BY column_index");

    private List<string> Names() => Ask("books.duckdb", "SELECT name FROM f.names ORDER BY name");

    private List<string> Ask(string file, string sql)
    {
        using var instance = new DuckInstance(new DuckDbOptions { Folder = _folder.Path });
        using var connection = instance.Connect();
        connection.Run($"ATTACH '{_folder[file]}' AS f");
        List<string> answer = [];
        using (var rows = connection.Ask(sql))
        {
            while (rows.NextChunk())
            {
                for (var row = 0; row < rows.Count; row++)
                {
                    answer.Add(System.Text.Encoding.UTF8.GetString(rows.Column(0).Text(row)));
                }
            }
        }

        connection.Run("DETACH f");
        return answer;
    }
}
