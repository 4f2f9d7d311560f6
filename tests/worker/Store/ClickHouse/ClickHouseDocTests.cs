using System.Text.RegularExpressions;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.ClickHouse;

namespace NetSniff.Tests.Worker.Store.ClickHouse;

/// <summary>What docs/clickhouse.md says can be asked can be asked.</summary>
public sealed class ClickHouseDocTests
{
    [Fact]
    public void Examples_run()
    {
        using var folder = new TemporaryFolder();
        using var store = new ClickHouseStore(
            ClickHouseServer.Shared.Options(folder.Path, new FixedClock(StoreContractTests.Start)));
        StoreContractTests.Append(store, new LaneId("00", "l"), 1, StoreContractTests.Flows(1, 100));
        store.Commit();
        var blocks = Regex.Matches(
            Sources.Read("docs/clickhouse.md"), "^```sql\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline);
        var examples = blocks.SelectMany(block => block.Groups[1].Value.Split(";\n"))
            .Where(example => example.Trim().Length > 0).ToList();
        Assert.True(examples.Count >= 4);
        foreach (var example in examples)
        {
            Assert.NotEmpty(store.Sql(new SqlQuery(example, 100, TimeSpan.FromMinutes(1)), default).Columns);
        }

        var talkers = store.Sql(new SqlQuery(examples[0], 100, TimeSpan.FromMinutes(1)), default);
        Assert.Equal(10, talkers.Rows.Count);
    }
}
