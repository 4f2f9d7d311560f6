using System.Buffers.Binary;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve.Feed;

/// <summary>Where what was stored goes on to those who follow. The one who stores copies bytes and is gone; a thread of
/// the feed's own filters and encodes, once for all who ask the same.</summary>
/// <remarks>Published is what has been committed, and only then: whoever begins to follow and reads the store after
/// that misses nothing, and by lane and sequence knows what it has already.</remarks>
public sealed class RecordFeed : IRecordFeed, IDisposable
{
    /// <summary>Bytes of records that are filtered and encoded as one.</summary>
    private const int BlockBytesMax = 128 * 1024;

    /// <summary>Every group has this much, however many there are.</summary>
    private const long GroupBytesMin = 64 * 1024;

    private readonly ServeLimits _limits;
    private readonly Lock _lock = new();
    private readonly Dictionary<ObserveSelection, FeedGroup> _groups = [];
    private readonly Queue<FeedBlock> _published = [];
    private readonly SemaphoreSlim _work = new(0);
    private readonly Thread _thread;
    private FeedGroup[] _all = [];
    private long _publishedBytes;
    private long _skipped;
    private int _followers;
    private volatile bool _isClosed;

    public RecordFeed(ServeLimits limits)
    {
        _limits = limits;
        _thread = new Thread(Run) { IsBackground = true, Name = "record feed" };
        _thread.Start();
    }

    /// <summary>Records that came faster than they could be filtered.</summary>
    public long RecordsSkipped => Interlocked.Read(ref _skipped);

    public int Followers => Volatile.Read(ref _followers);

    /// <summary>Whether something published has not been filtered yet.</summary>
    public bool IsBusy => Interlocked.Read(ref _publishedBytes) > 0;

    /// <summary>Bytes that wait, for the feed's thread and for followers.</summary>
    public long BytesWaiting =>
        Interlocked.Read(ref _publishedBytes) + Volatile.Read(ref _all).Sum(group => group.Bytes);

    /// <summary>Called by whoever stores, behind the commit, with what was new. Costs a copy where somebody follows,
    /// else nothing.</summary>
    public void Publish(in StoreBatch batch)
    {
        if (Volatile.Read(ref _all).Length == 0 || _isClosed) return;

        var rest = batch.Records;
        while (!rest.IsEmpty)
        {
            var (length, count) = Piece(rest);
            Publish(batch, rest[..length], count);
            rest = rest[length..];
        }
    }

    /// <summary>Begins to follow: from here on nothing is missed untold.</summary>
    /// <returns>Null where there are too many already.</returns>
    internal Follower? Follow(ObserveSelection selection)
    {
        lock (_lock)
        {
            if (_followers >= _limits.FollowersMax || _isClosed) return null;

            if (!_groups.TryGetValue(selection, out var group))
            {
                group = new FeedGroup(selection);
                _groups.Add(selection, group);
                Volatile.Write(ref _all, [.. _groups.Values]);
            }

            group.Followers++;
            _followers++;
            return new Follower(this, group);
        }
    }

    internal void Leave(FeedGroup group)
    {
        lock (_lock)
        {
            _followers--;
            if (--group.Followers > 0) return;

            _groups.Remove(group.Selection);
            Volatile.Write(ref _all, [.. _groups.Values]);
        }
    }

    public void Dispose()
    {
        if (_isClosed) return;

        _isClosed = true;
        _work.Release();
        _thread.Join();
        _work.Dispose();
    }

    private static (int Length, int Count) Piece(ReadOnlySpan<byte> records)
    {
        var (length, count) = (0, 0);
        while (length < records.Length)
        {
            var next = BinaryPrimitives.ReadInt32LittleEndian(records[length..]);
            if (count > 0 && length + next > BlockBytesMax) break;

            length += next;
            count++;
        }

        return (length, count);
    }

    private void Publish(in StoreBatch batch, ReadOnlySpan<byte> records, int count)
    {
        if (Interlocked.Read(ref _publishedBytes) + records.Length > _limits.PublishedBytesMax)
        {
            Interlocked.Add(ref _skipped, count);
            foreach (var group in Volatile.Read(ref _all)) group.Skip(count);
            return;
        }

        var block = new FeedBlock(batch.Lane, batch.Sequence, records, count);
        Interlocked.Add(ref _publishedBytes, block.Length);
        lock (_published) _published.Enqueue(block);
        _work.Release();
    }

    private void Run()
    {
        while (true)
        {
            _work.Wait();
            if (_isClosed) return;

            FeedBlock block;
            lock (_published) block = _published.Dequeue();
            var groups = Volatile.Read(ref _all);
            var bytesMax = Math.Max(GroupBytesMin, _limits.FollowBytesMax / Math.Max(1, groups.Length));
            foreach (var group in groups)
            {
                var batch = group.Selector.Encode(block.Records, out var count);
                if (count > 0) group.Add(block.Lane, block.Sequence, count, batch, bytesMax);
            }

            Interlocked.Add(ref _publishedBytes, -block.Length);
            block.Return();
        }
    }
}
