using System.Buffers.Binary;
using NetSniff.Tests.Worker.Store.ClickHouse;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.ClickHouse;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store.DuckDb;

/// <summary>Appends batches to a store until it is killed, and says after each commit how far it is.</summary>
internal static class StoreAppender
{
    public const int RecordsOfBatch = 24;

    public static readonly LaneId Lane = new("ffeeddccbbaa99887766554433221100", "w1/flows");

    public static int Run(string[] arguments)
    {
        using var store = Open(arguments[0]);
        return Run(store);
    }

    /// <summary>The same into the database of an address.</summary>
    public static int RunElsewhere(string[] arguments)
    {
        using var store = new ClickHouseStore(new ClickHouseOptions
        {
            Address = ClickHouseAddress.Parse(arguments[0]),
            Password = () => ClickHouseServer.Password,
            Clock = new FixedClock(StoreContractTests.Start),
        });
        return Run(store);
    }

    private static int Run(IRecordStore store)
    {
        using var output = Console.OpenStandardOutput();
        var said = new byte[8];
        for (ulong batch = 1; ; batch++)
        {
            Append(store, batch);
            if (batch % 3 != 0) continue;

            store.Commit();
            BinaryPrimitives.WriteUInt64LittleEndian(said, batch);
            output.Write(said);
            output.Flush();
        }
    }

    public static DuckDbStore Open(string folder, Action? beforeBooks = null, TimeProvider? clock = null) =>
        new(new DuckDbOptions
        {
            Folder = folder,
            Clock = clock ?? new FixedClock(StoreContractTests.Start),
            BeforeBooks = beforeBooks,
        });

    /// <summary>A batch that follows from its number, with records of three hours and two without one.</summary>
    public static bool Append(IRecordStore store, ulong batch)
    {
        var records = new RandomRecords((int)batch);
        for (var index = 0; index < RecordsOfBatch; index++)
        {
            records.Add(index switch
            {
                0 => StoreContractTests.Start - 400 * StoreContractTests.Hour,
                1 => long.MaxValue - 5,
                _ => StoreContractTests.Start - index % 3 * StoreContractTests.Hour + (long)batch,
            });
        }

        return StoreContractTests.Append(store, Lane, batch, records);
    }

    /// <summary>Batches 1 to this one are there once, and nothing else is.</summary>
    public static void AssertWhole(IRecordStore store, ulong last)
    {
        var all = StoreContractTests.ReadAll(store);
        var wanted = new List<byte[]>();
        for (ulong batch = 1; batch <= last; batch++)
        {
            var records = new RandomRecords((int)batch);
            for (var index = 0; index < RecordsOfBatch; index++) records.Add(0);
            wanted.AddRange(Gathered.Split(records.Bytes));
        }

        // The times lie behind length and kind; everything else is compared.
        foreach (var record in all.Records) record.AsSpan(8, 8).Clear();
        foreach (var record in wanted) record.AsSpan(8, 8).Clear();
        Assert.Equal(Gathered.Sorted(wanted), Gathered.Sorted(all.Records));
    }
}
