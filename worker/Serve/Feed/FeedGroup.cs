using Google.Protobuf;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve.Feed;

/// <summary>Followers who asked the same question share one answer: it is filtered and encoded once, however many they
/// are. Holds what the slowest of them has not taken, as far as there is room.</summary>
internal sealed class FeedGroup(ObserveSelection selection)
{
    private readonly Dictionary<long, FeedEntry> _entries = [];
    private long _first;
    private long _next;
    private long _bytes;
    private TaskCompletionSource _changed = New();

    public ObserveSelection Selection { get; } = selection;

    /// <summary>For the feed's thread alone.</summary>
    public RecordSelector Selector { get; } = new(selection);

    /// <summary>Kept by <see cref="RecordFeed"/> under its lock.</summary>
    public int Followers { get; set; }

    /// <summary>Records so far, those that found no room too.</summary>
    public long Matched { get; private set; }

    public long Bytes
    {
        get { lock (_entries) return _bytes; }
    }

    /// <summary>Where one who joins now begins.</summary>
    public (long Number, long Matched) End
    {
        get { lock (_entries) return (_next, Matched); }
    }

    public void Add(LaneId lane, ulong sequence, int count, ByteString batch, long bytesMax)
    {
        TaskCompletionSource changed;
        lock (_entries)
        {
            _entries.Add(_next, new FeedEntry(_next, lane, sequence, Matched, count, batch));
            _next++;
            Matched += count;
            _bytes += batch.Length;
            while (_bytes > bytesMax && _entries.Count > 1)
            {
                _entries.Remove(_first++, out var oldest);
                _bytes -= oldest!.Batch.Length;
            }

            (changed, _changed) = (_changed, New());
        }

        changed.SetResult();
    }

    /// <summary>Records that nobody looked at, for there was no time: at most so many were meant for this group.
    /// </summary>
    public void Skip(long count)
    {
        lock (_entries) Matched += count;
    }

    /// <summary>The first entry from a number on; without one, what tells that there is.</summary>
    public FeedEntry? From(long number, out Task changed)
    {
        lock (_entries)
        {
            changed = _changed.Task;
            return number < _next ? _entries[Math.Max(number, _first)] : null;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
