using NetSniff.Buffers;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>Batches between the store and its commit, for those who are told of committed ones only.</summary>
/// <param name="bytesMax">Copies held; at this size a commit is due.</param>
internal sealed class UncommittedBatches(IReadOnlyList<IRecordFeed> feeds, int bytesMax)
{
    private readonly ByteWriter _records = new(feeds.Count == 0 ? 0 : 1 << 16);
    private readonly List<(LaneId Lane, ulong Sequence, int Start, int Length, int Count)> _batches = [];

    public bool IsFull => _records.Length >= bytesMax;

    public void Add(in StoreBatch batch)
    {
        if (feeds.Count == 0) return;

        _batches.Add((batch.Lane, batch.Sequence, _records.Length, batch.Records.Length, batch.Count));
        _records.Put(batch.Records);
    }

    /// <summary>They are committed.</summary>
    public void Publish()
    {
        foreach (var (lane, sequence, start, length, count) in _batches)
        {
            var batch = new StoreBatch
            {
                Lane = lane, Sequence = sequence, Records = _records.Written.Slice(start, length), Count = count,
            };
            foreach (var feed in feeds) feed.Publish(in batch);
        }

        Forget();
    }

    /// <summary>The commit failed: they will come again.</summary>
    public void Forget()
    {
        _batches.Clear();
        _records.Clear();
    }
}
