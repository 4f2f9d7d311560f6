using System.Globalization;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store;

/// <summary>Parquet files of every store, read back by an engine that knows nothing of it.</summary>
public sealed class LakeTests : IDisposable
{
    private static readonly LaneId s_lane = new("00112233445566778899aabbccddeeff", "w1/flows");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => Stores.Names;

    private string Lake => _folder["lake"];

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Names))]
    public void Hours_read_back_have_the_counts_and_sums_of_the_store(string name)
    {
        using var store = Stores.Open(name, _folder["store"]);
        Fill(store, seed: 1, batch: 1);
        List<ExportProgress> told = [];
        var all = new ParquetExport { Folder = Lake, Progressed = told.Add };
        var hours = store.Hours.Sum(hour => hour.Records);
        Assert.Equal(hours, store.ExportParquet(all, default));
        Assert.Equal(new ExportProgress(3, 3, hours), told[^1]);

        foreach (var kind in store.Kinds.Where(kind => kind.Records > 0))
        {
            Assert.Equal(
                kind.Records.ToString(CultureInfo.InvariantCulture),
                Ask($"count(*) FROM {Files} WHERE kind = '{kind.Kind}'"));
        }

        var wanted = store.Aggregate(
            new AggregateQuery { Kind = "flow", Measures = ["sum(flow.packets.toserver)", "max(flow.bytes.toclient)"] },
            default)[0].Values;
        const string Sums = "sum(packets_toserver)::DOUBLE || ' ' || max(bytes_toclient)::DOUBLE";
        var sums = Ask($"{Sums} FROM {Files} WHERE kind = 'flow'").Split(' ').Select(
            text => double.Parse(text, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(wanted[1], sums[1]);
        Assert.InRange(sums[0] / wanted[0], 1 - 1e-12, 1 + 1e-12);
        // Where a record lies is when it was, and its ends have names.
        Assert.Equal("0", Ask($"count(*) FROM {Files} WHERE strftime(time, '%Y-%m-%d %H') != date || ' ' || hour"));
        Assert.NotEqual("0", Ask($"count(*) FROM {Files} WHERE src_name = 'cart-1' AND src_workload = 'cart'"));
    }

    [Theory, MemberData(nameof(Names))]
    public void An_hour_that_is_written_again_replaces_itself_and_nothing_else(string name)
    {
        using var store = Stores.Open(name, _folder["store"]);
        Fill(store, seed: 1, batch: 1);
        store.ExportParquet(new ParquetExport { Folder = Lake }, default);
        var before = Octets();
        var records = new RandomRecords(7);
        for (var index = 0; index < 10; index++) records.Add(StoreContractTests.Start + index, "flow");
        StoreContractTests.Append(store, s_lane, 2, records);
        store.Commit();
        var export = new ParquetExport
        {
            Folder = Lake,
            Kinds = ["flow"],
            SinceNanos = StoreContractTests.Start + 5,
            UntilNanos = StoreContractTests.Start + 6,
        };
        var written = store.ExportParquet(export, default);
        var after = Octets();
        const string Changed = "kind=flow/date=2026-03-01/hour=12/records.parquet";
        Assert.Equal(before.Keys, after.Keys);
        Assert.Equal([Changed], after.Keys.Where(path => !after[path].SequenceEqual(before[path])));
        Assert.Equal(
            written.ToString(CultureInfo.InvariantCulture),
            Ask($"count(*) FROM {Files} WHERE kind = 'flow' AND hour = '12'"));
        Assert.Throws<FormatException>(() => store.ExportParquet(export with { Kinds = ["flo"] }, default));
    }

    [Fact]
    public void Each_hour_goes_out_when_it_is_over_and_again_when_more_came()
    {
        var clock = new FixedClock(StoreContractTests.Start + 30 * 60 * StoreContractTests.Second);
        using var store = Stores.Open("duckdb", _folder["store"], clock);
        Fill(store, seed: 1, batch: 1);
        HourlyExport New() => new(
            store, new ParquetExport { Folder = Lake, FileName = "w-0.parquet" }, _folder["notes"], clock);
        var export = New();
        Assert.Equal(2, export.Look(default));
        Assert.Equal(0, export.Look(default));
        Assert.Equal(["10", "11"], Octets().Keys.Select(path => path.Split("hour=")[1][..2]).Distinct().Order());

        // Late records, gathered for a while.
        Fill(store, seed: 2, batch: 2);
        Assert.Equal(0, export.Look(default));
        clock.Nanos += 16 * 60 * StoreContractTests.Second;
        Assert.Equal(2, export.Look(default));
        clock.Nanos += StoreContractTests.Hour;
        Assert.Equal(1, New().Look(default));
        Assert.Equal(
            store.Hours.Sum(hour => hour.Records).ToString(CultureInfo.InvariantCulture),
            Ask($"count(*) FROM {Files}"));
        Assert.Equal(0, New().Look(default));

        File.WriteAllText(_folder["file"], "");
        var failing = new HourlyExport(
            store, new ParquetExport { Folder = _folder["file"] }, _folder["other-notes"], clock);
        Assert.Equal(0, failing.Look(default));
        Assert.NotNull(failing.Problem);
    }

    private string Files => $"read_parquet('{Lake}/**/*.parquet', hive_partitioning = true, union_by_name = true, "
        + "hive_types_autocast = false)";

    /// <summary>Every file's octets by its place.</summary>
    private SortedDictionary<string, byte[]> Octets() => new(
        Directory.GetFiles(Lake, "*", SearchOption.AllDirectories).ToDictionary(
            path => Path.GetRelativePath(Lake, path), File.ReadAllBytes), StringComparer.Ordinal);

    private string Ask(string select)
    {
        using var instance = new DuckInstance(new DuckDbOptions { Folder = _folder.Path });
        using var connection = instance.Connect();
        var named = select.Replace(" FROM ", " AS x FROM ", StringComparison.Ordinal);
        using var rows = connection.Ask($"SELECT CAST(x AS VARCHAR) FROM (SELECT {named})");
        Assert.True(rows.NextChunk());
        return System.Text.Encoding.UTF8.GetString(rows.Column(0).Text(0));
    }

    /// <summary>Records of three hours, and none without one.</summary>
    private static void Fill(IRecordStore store, int seed, ulong batch)
    {
        var records = new RandomRecords(seed);
        for (var index = 0; index < 600; index++)
        {
            var kind = (index % 4) switch { 0 => "flow", 1 => "http", 2 => "dns", _ => "tls" };
            records.Add(StoreContractTests.Start - index % 3 * StoreContractTests.Hour + index, kind);
        }

        StoreContractTests.Append(store, s_lane, batch, records);
        store.Commit();
    }
}
