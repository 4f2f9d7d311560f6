using NetSniff.Cli.Hosting;
using NetSniff.Wire.Batches;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Store.ClickHouse;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Ingest;

public sealed class CommitOptionsTests
{
    /// <summary>What a store commits by itself is, after a failure, known to it and shown to nobody.</summary>
    [Fact]
    public void A_store_commits_when_it_is_told_to_and_not_before()
    {
        var here = new DuckDbOptions { Folder = "" }.PendingBytesMax;
        var address = ClickHouseAddress.Parse("clickhouse://a:8123/b");
        var elsewhere = new ClickHouseOptions { Address = address }.PendingBytesMax;
        Assert.True(new CommitOptions().BytesMax + BatchFormat.RecordBytesMax <= here);
        Assert.True(WorkerProgram.CommitElsewhere.BytesMax + BatchFormat.RecordBytesMax <= elsewhere);
    }
}
