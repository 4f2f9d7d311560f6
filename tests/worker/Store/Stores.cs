using NetSniff.Tests.Worker.Store.ClickHouse;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.ClickHouse;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store;

/// <summary>Every store that there is, each put to the same contract. Adding one is adding its line.</summary>
internal static class Stores
{
    private static readonly Dictionary<string, Func<string, TimeProvider, IRecordStore>> s_open = new()
    {
        ["duckdb"] = (folder, clock) => new DuckDbStore(new DuckDbOptions { Folder = folder, Clock = clock }),
        ["clickhouse"] = (folder, clock) => new ClickHouseStore(ClickHouseServer.Shared.Options(folder, clock)),
    };

    public static TheoryData<string> Names => [.. s_open.Keys];

    /// <summary>Opens what the folder holds, or begins anew.</summary>
    public static IRecordStore Open(string name, string folder, TimeProvider? clock = null) =>
        s_open[name](folder, clock ?? new FixedClock(StoreContractTests.Start));
}

/// <summary>A clock that stands still.</summary>
internal sealed class FixedClock(long nanos) : TimeProvider
{
    public long Nanos { get; set; } = nanos;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(Nanos / 100);
}
