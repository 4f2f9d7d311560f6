using System.Collections.Frozen;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve.Feed;

/// <summary>One who follows: a place in the answer that its group shares.</summary>
internal sealed class Follower : IDisposable
{
    private readonly RecordFeed _feed;
    private readonly FeedGroup _group;
    private long _next;
    private long _seen;
    private long _missed;
    private IReadOnlyDictionary<LaneId, ulong> _stored = FrozenDictionary<LaneId, ulong>.Empty;
    private bool _hasLeft;

    public Follower(RecordFeed feed, FeedGroup group)
    {
        (_feed, _group) = (feed, group);
        (_next, _seen) = group.End;
    }

    /// <summary>What was read from the store already, batch by batch: it is not said again.</summary>
    public void Knows(IReadOnlyDictionary<LaneId, ulong> stored) => _stored = stored;

    /// <summary>The next records, once there are any.</summary>
    public async Task<ObserveAnswer> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            var entry = _group.From(_next, out var changed);
            if (entry is null)
            {
                await changed.WaitAsync(cancel).ConfigureAwait(false);
                continue;
            }

            _missed += entry.Before - _seen;
            _seen = entry.Before + entry.Count;
            _next = entry.Number + 1;
            if (_stored.TryGetValue(entry.Lane, out var last) && entry.Sequence <= last) continue;

            var answer = new ObserveAnswer { Batch = entry.Batch, Missed = (ulong)_missed };
            _missed = 0;
            return answer;
        }
    }

    public void Dispose()
    {
        if (_hasLeft) return;

        _hasLeft = true;
        _feed.Leave(_group);
    }
}
