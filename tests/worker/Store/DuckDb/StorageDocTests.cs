using System.Text.RegularExpressions;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store.DuckDb;

/// <summary>What docs/storage.md says can be asked can be asked.</summary>
public sealed class StorageDocTests
{
    [Fact]
    public void Examples_run()
    {
        using var folder = new TemporaryFolder();
        using var store = new DuckDbStore(new DuckDbOptions
        {
            Folder = folder.Path,
            Clock = new FixedClock(StoreContractTests.Start),
        });
        StoreContractTests.Append(store, new LaneId("00", "l"), 1, StoreContractTests.Flows(1, 100));
        store.Commit();
        var blocks = Regex.Matches(Sources.Read("docs/storage.md"), "^```sql\n(.*?)^```", RegexOptions.Singleline
            | RegexOptions.Multiline);
        var examples = blocks.SelectMany(block => block.Groups[1].Value.Split(";\n"))
            .Where(example => example.Trim().Length > 0).ToList();
        Assert.True(examples.Count >= 5);
        foreach (var example in examples)
        {
            Assert.NotEmpty(store.Sql(new SqlQuery(example, 100, TimeSpan.FromMinutes(1)), default).Columns);
        }
    }

    [Fact]
    public void Columns_of_every_record_are_those_that_are_there()
    {
        using var folder = new TemporaryFolder();
        using var store = new DuckDbStore(new DuckDbOptions { Folder = folder.Path });
        var text = Sources.Read("docs/storage.md");
        var described = store.Sql(new SqlQuery("DESCRIBE ntp", 100, TimeSpan.FromMinutes(1)), default);
        var columns = described.Rows.Select(row => row[0].Trim('"')).ToList();
        foreach (var column in columns.Take(20)) Assert.Contains($"`{column}`", text, StringComparison.Ordinal);
        Assert.Equal("time", columns[0]);
        Assert.Equal(["src_addr", "dst_addr"], columns[^2..]);
    }
}
