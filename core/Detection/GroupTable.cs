using System.Runtime.CompilerServices;

namespace NetSniff.Detection;

/// <summary>What is remembered of each group: buckets of eight, doubled while there is room, then the one of the
/// bucket that nobody touched for longest makes place.</summary>
/// <remarks>Order of arrival decides, not time: records come late and clocks differ.</remarks>
internal sealed class GroupTable<TState>(int groupsMax, StateBudget budget) where TState : struct
{
    private const int Ways = 8;
    private const int BucketsFirst = 4;

    private GroupKey[] _keys = [];
    private uint[] _touched = [];
    private TState[] _states = [];
    private uint _now;

    public int Count { get; private set; }

    /// <summary>Groups that had to go for others.</summary>
    public long Evicted { get; private set; }

    /// <summary>The state of a group.</summary>
    /// <param name="isNew">It was not known: the state is blank, or what another group left, and must be reset.
    /// </param>
    public ref TState Get(GroupKey key, out bool isNew)
    {
        _now++;
        if (_keys.Length == 0) Grow(BucketsFirst);
        while (true)
        {
            var start = (int)(key.First & (ulong)(_keys.Length / Ways - 1)) * Ways;
            var (place, isFree) = Find(start, key);
            isNew = isFree || _keys[place] != key;
            if (isNew && !isFree)
            {
                // The bucket is full.
                if (_keys.Length < groupsMax && TryDouble()) continue;
                Evicted++;
            }
            else if (isFree)
            {
                Count++;
            }

            _keys[place] = key;
            _touched[place] = _now;
            return ref _states[place];
        }
    }

    private (int Place, bool IsFree) Find(int start, GroupKey key)
    {
        var oldest = start;
        for (var place = start; place < start + Ways; place++)
        {
            if (_keys[place] == key) return (place, false);
            if (_keys[place] == default) return (place, true);
            if (_now - _touched[place] > _now - _touched[oldest]) oldest = place;
        }

        return (oldest, false);
    }

    private bool TryDouble()
    {
        if (!budget.TryTake(_keys.Length * BytesOfOne)) return false;

        Grow(2 * _keys.Length / Ways);
        return true;
    }

    private static long BytesOfOne => Unsafe.SizeOf<TState>() + Unsafe.SizeOf<GroupKey>() + sizeof(uint);

    private void Grow(int buckets)
    {
        var (keys, touched, states) = (_keys, _touched, _states);
        _keys = new GroupKey[buckets * Ways];
        _touched = new uint[buckets * Ways];
        _states = new TState[buckets * Ways];
        for (var from = 0; from < keys.Length; from++)
        {
            if (keys[from] == default) continue;

            // A bucket parts into two: there is always a place.
            var start = (int)(keys[from].First & (ulong)(buckets - 1)) * Ways;
            var (place, _) = Find(start, keys[from]);
            (_keys[place], _touched[place], _states[place]) = (keys[from], touched[from], states[from]);
        }
    }
}
