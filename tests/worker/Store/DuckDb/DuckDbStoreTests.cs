using System.Runtime.InteropServices;
using NetSniff.Records;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store.DuckDb;

/// <summary>What is DuckDB's own: files, newer software, readers beside the writer.</summary>
public sealed class DuckDbStoreTests : IDisposable
{
    private static readonly LaneId s_lane = new("00", "l");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Wrong_clocks_make_no_files_and_push_out_only_each_other()
    {
        using var store = Open(new DuckDbOptions { Folder = _folder.Path, StraysMax = 100 });
        ulong batch = 0;
        for (var round = 0; round < 5; round++)
        {
            var records = new RandomRecords(round);
            for (var index = 0; index < 40; index++)
            {
                records.Add(unchecked(long.MinValue + index * 1_000_003 * StoreContractTests.Hour), "flow");
            }

            records.Add(StoreContractTests.Start, "flow");
            StoreContractTests.Append(store, s_lane, ++batch, records);
            store.Commit();
        }

        Assert.Equal(["2026-03-01T12.duckdb", "books.duckdb"], Directory.GetFiles(_folder.Path, "*.duckdb")
            .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Equal(5 * 41, store.Counts.Records + store.Counts.RecordsExpired);
        Assert.InRange(store.Counts.Records, 45, 105);
        Assert.Equal(store.Counts.Records, StoreContractTests.ReadAll(store).Records.Count);
    }

    [Fact]
    public void Bytes_are_kept_under_their_limit_by_dropping_the_oldest()
    {
        using (var store = Open(new DuckDbOptions { Folder = _folder.Path }))
        {
            for (var hour = 0; hour < 4; hour++)
            {
                var records = new RandomRecords(hour);
                for (var index = 0; index < 2000; index++) records.Add(Time(hour), "flow");
                StoreContractTests.Append(store, s_lane, (ulong)hour + 1, records);
            }

            store.Commit();
        }

        var bytes = new FileInfo(Path.Combine(_folder.Path, "2026-03-01T12.duckdb")).Length;
        using var small = Open(new DuckDbOptions { Folder = _folder.Path, BytesMax = 3 * bytes });
        Assert.InRange(small.Expire(StoreContractTests.Start), 2000, 6000);
        Assert.True(small.Counts.BytesOnDisk <= 3 * bytes);
        Assert.Equal(StoreContractTests.Start, small.Counts.NewestNanos);

        static long Time(int hour) => StoreContractTests.Start - hour * StoreContractTests.Hour;
    }

    [Fact]
    public void Columns_of_newer_software_survive_and_missing_ones_are_added()
    {
        using (var store = Open(new DuckDbOptions { Folder = _folder.Path }))
        {
            StoreContractTests.Append(store, s_lane, 1, StoreContractTests.Flows(1, 10));
            store.Commit();
        }

        Alter("ALTER TABLE h.flow ADD COLUMN from_tomorrow VARCHAR DEFAULT 'kept'; "
            + "ALTER TABLE h.flow DROP COLUMN tcp_rtt");
        using var again = Open(new DuckDbOptions { Folder = _folder.Path });
        Assert.Equal(10, StoreContractTests.ReadAll(again).Records.Count);
        StoreContractTests.Append(again, s_lane, 2, StoreContractTests.Flows(2, 10));
        again.Commit();
        Assert.Equal(20, StoreContractTests.ReadAll(again).Records.Count);
        var sql = "SELECT count(*) FILTER (from_tomorrow = 'kept'), count(tcp_rtt) > 0 FROM flow";
        Assert.Equal(["10", "true"], again.Sql(new SqlQuery(sql, 1, TimeSpan.FromSeconds(20)), default).Rows[0]);
    }

    /// <summary>A chunk whose column is one value is handed over as that value, one that nobody has not at all.
    /// </summary>
    [Fact]
    public void Records_that_are_all_alike_come_back_and_so_do_those_behind_them()
    {
        List<byte> bytes = [];
        for (var seed = 0; seed < 8; seed++)
        {
            // More than a chunk, so that the next begins alike and goes on otherwise.
            var one = new RandomRecords(seed);
            one.Add(StoreContractTests.Start);
            for (var copy = 0; copy < 2100; copy++)
            {
                var time = StoreContractTests.Start + seed * StoreContractTests.Second + copy;
                var record = one.Bytes;
                BitConverter.TryWriteBytes(
                    record.AsSpan((int)Marshal.OffsetOf<RecordHeader>(nameof(RecordHeader.TimeNanos))), time);
                bytes.AddRange(record);
            }
        }

        var records = bytes.ToArray();
        using (var store = Open(new DuckDbOptions { Folder = _folder.Path }))
        {
            store.Append(new StoreBatch { Lane = s_lane, Sequence = 1, Records = records, Count = 8 * 2100 });
            store.Commit();
        }

        using var again = Open(new DuckDbOptions { Folder = _folder.Path });
        Assert.Equal(
            Gathered.Sorted(Gathered.Split(records)), Gathered.Sorted(StoreContractTests.ReadAll(again).Records));
    }

    [Fact]
    public void Addresses_of_files_of_before_are_halved()
    {
        var given = StoreContractTests.Flows(1, 50);
        using (var store = Open(new DuckDbOptions { Folder = _folder.Path }))
        {
            StoreContractTests.Append(store, s_lane, 1, given);
            store.Commit();
        }

        foreach (var end in (string[])["src", "dst"])
        {
            Alter($"ALTER TABLE h.flow ADD COLUMN {end}_addr UHUGEINT; "
                + $"UPDATE h.flow SET {end}_addr = ({end}_high::UHUGEINT << 64) | {end}_low::UHUGEINT; "
                + $"ALTER TABLE h.flow DROP COLUMN {end}_high; ALTER TABLE h.flow DROP COLUMN {end}_low");
        }

        using var again = Open(new DuckDbOptions { Folder = _folder.Path });
        var found = StoreContractTests.ReadAll(again).Records;
        Assert.Equal(Gathered.Sorted(Gathered.Split(given.Bytes)), Gathered.Sorted(found));
    }

    [Fact]
    public void A_damaged_hour_is_set_aside()
    {
        using (var store = Open(new DuckDbOptions { Folder = _folder.Path }))
        {
            StoreContractTests.Append(store, s_lane, 1, StoreContractTests.Flows(1, 10));
            store.Commit();
        }

        File.WriteAllText(Path.Combine(_folder.Path, "2026-03-01T11.duckdb"), "no database at all");
        using var again = Open(new DuckDbOptions { Folder = _folder.Path });
        Assert.Equal(1, again.PartitionsDamaged);
        Assert.Equal(10, StoreContractTests.ReadAll(again).Records.Count);
        Assert.True(File.Exists(Path.Combine(_folder.Path, "2026-03-01T11.duckdb.damaged")));
    }

    [Fact]
    public void An_hour_that_only_does_not_open_now_is_left_where_it_is()
    {
        using (Open(new DuckDbOptions { Folder = _folder.Path })) { }

        var hour = Path.Combine(_folder.Path, "2026-03-01T11.duckdb");
        File.CreateSymbolicLink(hour, Path.Combine(_folder["gone"], "away", "hour.duckdb"));
        Assert.Throws<IOException>(() => Open(new DuckDbOptions { Folder = _folder.Path }));
        Assert.NotNull(new FileInfo(hour).LinkTarget);
        File.Delete(hour);
        using var again = Open(new DuckDbOptions { Folder = _folder.Path });
        Assert.Equal(0, again.Counts.FilesDamaged);
    }

    [Fact]
    public void One_hour_that_is_not_settled_keeps_no_other_and_goes_a_day_later()
    {
        var hasCrashed = false;
        using var store = Open(new DuckDbOptions
        {
            Folder = _folder.Path,
            AgeMax = TimeSpan.FromHours(10),
            BeforeBooks = () =>
            {
                if (!hasCrashed) return;
                throw new InvalidOperationException("crash");
            },
        });
        StoreContractTests.Append(store, s_lane, 1, At(hour: 0));
        store.Commit();
        hasCrashed = true;
        StoreContractTests.Append(store, s_lane, 2, At(hour: -1));
        Assert.Throws<InvalidOperationException>(store.Commit);
        Assert.Equal(10, store.Expire(Now(12)));
        Assert.Equal(0, store.Expire(Now(33)));
        Assert.Equal(10, store.Expire(Now(35)));

        static RandomRecords At(int hour)
        {
            var records = new RandomRecords(hour);
            for (var index = 0; index < 10; index++) records.Add(Now(hour), "flow");
            return records;
        }

        static long Now(int hour) => StoreContractTests.Start + hour * StoreContractTests.Hour;
    }

    [Fact]
    public async Task Readers_see_whole_commits_while_hours_come_and_go()
    {
        using var store = Open(new DuckDbOptions { Folder = _folder.Path, AgeMax = TimeSpan.FromHours(3) });
        using var stop = new CancellationTokenSource();
        var asked = 0;
        var reader = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                var count = store.Sql(
                    new SqlQuery("SELECT count(*) FROM flow", 1, TimeSpan.FromSeconds(20)), default).Rows[0][0];
                Assert.Equal(0, int.Parse(count, System.Globalization.CultureInfo.InvariantCulture) % 50);
                Assert.Equal(0, StoreContractTests.ReadAll(store).Records.Count % 50);
                asked++;
            }
        });
        for (var round = 0; round < 30 || (Volatile.Read(ref asked) < 3 && !reader.IsCompleted); round++)
        {
            var now = StoreContractTests.Start + round / 3 * StoreContractTests.Hour;
            var records = new RandomRecords(round);
            for (var index = 0; index < 50; index++) records.Add(now, "flow");
            ((FixedClock)Clock).Nanos = now;
            StoreContractTests.Append(store, s_lane, (ulong)round + 1, records);
            store.Commit();
            store.Expire(now);
        }

        await stop.CancelAsync();
        await reader;
        Assert.True(store.Counts.RecordsExpired > 0);
    }

    [Fact]
    public void Hours_are_written_as_parquet()
    {
        using var store = Open(new DuckDbOptions { Folder = _folder["store"] });
        var records = new RandomRecords(1);
        for (var index = 0; index < 100; index++)
        {
            records.Add(StoreContractTests.Start - index % 2 * StoreContractTests.Hour);
        }

        StoreContractTests.Append(store, s_lane, 1, records);
        store.Commit();
        var lake = _folder["lake"];
        var now = StoreContractTests.Start;
        Assert.Equal(50, store.ExportParquet(
            new ParquetExport { Folder = lake, SinceNanos = now + 5, UntilNanos = now + 6 }, default));
        Assert.Equal(100, store.ExportParquet(new ParquetExport { Folder = lake }, default));
        var files = Directory.GetFiles(lake, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(lake, path)).ToList();
        Assert.Contains("kind=http/date=2026-03-01/hour=12/records.parquet", files);
        Assert.All(files, path => Assert.Equal("PAR1", System.Text.Encoding.ASCII.GetString(
            File.ReadAllBytes(Path.Combine(lake, path))[..4])));
        Assert.Empty(Directory.GetDirectories(_folder["store"], "export-*"));
    }

    private FixedClock Clock { get; } = new(StoreContractTests.Start);

    private DuckDbStore Open(DuckDbOptions options) => new(options with { Clock = Clock });

    private void Alter(string sql)
    {
        using var instance = new DuckInstance(new DuckDbOptions { Folder = _folder.Path });
        using var connection = instance.Connect();
        connection.Run($"ATTACH '{_folder["2026-03-01T12.duckdb"]}' AS h; {sql}; DETACH h");
    }
}
