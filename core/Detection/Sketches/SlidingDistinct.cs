using System.Runtime.InteropServices;

namespace NetSniff.Detection.Sketches;

/// <summary>How many different values came in the last so long: exact while they are few, then an estimate.</summary>
internal sealed class SlidingDistinct(long windowNanos, StateBudget budget)
{
    /// <summary>Different values that are counted one by one.</summary>
    public const int ExactMax = 1024;

    /// <summary>Bytes of a value in a dictionary, its bucket among them, roughly.</summary>
    private const int BytesOfValue = 40;

    private readonly Dictionary<ulong, long> _lastSeen = [];
    private List<ulong>? _gone;
    private SlidingLogLog? _estimate;
    private long _newest = long.MinValue;
    private long _expiry = long.MaxValue;
    private int _lateRun;
    private int _room = 16;

    /// <summary>Whether <see cref="Count"/> is an estimate, whose standard error is 3.3 %.</summary>
    public bool IsEstimated => _estimate is not null;

    public void Reset()
    {
        _lastSeen.Clear();
        _estimate?.Reset();
        _estimate = null;
        (_newest, _expiry, _lateRun) = (long.MinValue, long.MaxValue, 0);
    }

    /// <returns>False for what is older than the window that the newest one ends, and for what memory lacks for.
    /// </returns>
    public bool TryAdd(ulong value, long timeNanos, out bool isLate)
    {
        isLate = _newest != long.MinValue && timeNanos <= _newest - windowNanos;
        if (isLate)
        {
            if (++_lateRun < SlidingCount.LateRunMax) return false;

            // So many in a row: it is the clock that went back.
            Reset();
            isLate = false;
        }

        _lateRun = 0;
        _newest = Math.Max(_newest, timeNanos);
        if (_estimate is { } estimate)
        {
            estimate.Add(value, timeNanos);
            return true;
        }

        if (_lastSeen.Count == _room && !_lastSeen.ContainsKey(value) && !TryMakeRoom()) return false;
        if (_estimate is { } begun)
        {
            begun.Add(value, timeNanos);
            return true;
        }

        ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(_lastSeen, value, out var isKnown);
        last = isKnown ? Math.Max(last, timeNanos) : timeNanos;
        _expiry = Math.Min(_expiry, timeNanos + windowNanos);
        return true;
    }

    /// <summary>Different values in the window; below <paramref name="enough"/> it may count some that are older.
    /// </summary>
    public long Count(long enough)
    {
        if (_estimate is { } estimate) return estimate.Count(_newest);
        if (_lastSeen.Count >= enough) DropOld();
        return _lastSeen.Count;
    }

    public long FirstNanos()
    {
        if (_estimate is not null || _lastSeen.Count == 0) return Math.Max(0, _newest - windowNanos);

        var first = long.MaxValue;
        foreach (var last in _lastSeen.Values) first = Math.Min(first, last);
        return first;
    }

    private void DropOld()
    {
        if (_newest < _expiry) return;

        _expiry = long.MaxValue;
        var gone = _gone ??= [];
        foreach (var (value, last) in _lastSeen)
        {
            if (last <= _newest - windowNanos) gone.Add(value);
            else _expiry = Math.Min(_expiry, last + windowNanos);
        }

        foreach (var value in gone) _lastSeen.Remove(value);
        gone.Clear();
    }

    private bool TryMakeRoom()
    {
        DropOld();
        if (_lastSeen.Count < _room) return true;

        if (_room < ExactMax)
        {
            if (!budget.TryTake(_room * BytesOfValue)) return false;
            _room *= 2;
            return true;
        }

        if (!budget.TryTake(SlidingLogLog.Bytes)) return false;

        var estimate = new SlidingLogLog(windowNanos);
        foreach (var (value, last) in _lastSeen) estimate.Add(value, last);
        _lastSeen.Clear();
        _estimate = estimate;
        return true;
    }
}
