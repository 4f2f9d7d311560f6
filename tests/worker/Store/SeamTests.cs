using NetSniff.Records;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Store;

/// <summary>Who reads the past and goes on with what comes must know exactly which batches it has seen.</summary>
public sealed class SeamTests : IDisposable
{
    private static readonly LaneId s_lane = new("00112233445566778899aabbccddeeff", "w1/flows");
    private static readonly LaneId s_other = new("00112233445566778899aabbccddeeff", "w1/findings");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => Stores.Names;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Names))]
    public void An_answer_has_the_batches_it_names_and_none_that_came_while_it_was_read(string name)
    {
        using var store = Stores.Open(name, _folder.Path);
        Append(store, s_lane, 4, hour: 0);
        Append(store, s_other, 9, hour: 2);
        store.Commit();
        IReadOnlyDictionary<LaneId, ulong>? seen = null;
        var consumer = new Interrupted(() =>
        {
            // Of hours that have been read, are being read, and come yet.
            Append(store, s_lane, 5, hour: 0);
            Append(store, s_other, 10, hour: 1);
            Append(store, s_lane, 6, hour: 2);
            store.Commit();
        });
        store.Read(new RecordQuery { Seen = stored => seen = stored }, consumer, default);
        Assert.Equal(20, consumer.Count);
        Assert.Equal(4ul, seen![s_lane]);
        Assert.Equal(9ul, seen[s_other]);
        Assert.Equal(2, seen.Count);

        var all = new Interrupted(static () => { });
        store.Read(new RecordQuery { Seen = stored => seen = stored }, all, default);
        Assert.Equal(50, all.Count);
        Assert.Equal(6ul, seen[s_lane]);
    }

    private static void Append(IRecordStore store, LaneId lane, ulong sequence, int hour)
    {
        var records = new RandomRecords((int)sequence);
        for (var index = 0; index < 10; index++)
        {
            records.Add(StoreContractTests.Start + hour * StoreContractTests.Hour + index * StoreContractTests.Second);
        }

        store.Append(
            new StoreBatch { Lane = lane, Sequence = sequence, Records = records.Bytes, Count = records.Count });
    }

    private sealed class Interrupted(Action atFirst) : RecordConsumer
    {
        public int Count { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            var isFirst = Count == 0;
            Count += count;
            if (isFirst) atFirst();
        }
    }
}
