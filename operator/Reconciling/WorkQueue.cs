using System.Diagnostics.CodeAnalysis;

namespace NetSniff.Operator.Reconciling;

/// <summary>How a queue goes about it.</summary>
public sealed record WorkQueueOptions
{
    /// <summary>Between two beginnings of the same key: what changes ten times within is looked at once.</summary>
    public TimeSpan SpacingMin { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>First wait after a failure; each further one doubles it.</summary>
    public TimeSpan WaitMin { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Keys given out in a second, whichever they are.</summary>
    public int RateMax { get; init; } = 50;

    /// <summary>Keys that may be given out at once after a pause.</summary>
    public int BurstMax { get; init; } = 200;
}

/// <summary>What is to be looked at: each key once however often it is added, and by one at a time.</summary>
/// <remarks>A key that is added while it is worked on comes again afterwards. One that failed comes again after a while
/// that grows, half of it chance; one that changes meanwhile comes at once. Any thread may call.</remarks>
public sealed class WorkQueue<TKey>(TimeProvider clock, Random random, WorkQueueOptions? options = null)
    where TKey : notnull
{
    private readonly WorkQueueOptions _options = options ?? new WorkQueueOptions();
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Entry> _entries = [];
    private TaskCompletionSource _added = NewSignal();
    private double _tokens = options?.BurstMax ?? new WorkQueueOptions().BurstMax;
    private long _refilled = clock.GetTimestamp();

    /// <summary>Keys that wait, now or for their time.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _entries.Values.Count(static entry => entry.Due is not null);
        }
    }

    /// <summary>Keys given out since the beginning.</summary>
    public long Taken { get; private set; }

    public long Failures { get; private set; }

    /// <param name="after">At the earliest; an earlier time that is known stays.</param>
    public void Add(TKey key, TimeSpan after = default)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry)) _entries[key] = entry = new Entry();
            Plan(entry, after);
        }
    }

    /// <summary>The key whose time has come first.</summary>
    public bool TryTake([MaybeNullWhen(false)] out TKey key)
    {
        lock (_lock)
        {
            Refill();
            var now = clock.GetTimestamp();
            key = default;
            if (Next() is not { } next || next.Value.Due > now || _tokens < 1) return false;

            key = next.Key;
            var entry = next.Value;
            (entry.Due, entry.IsRunning, entry.Began) = (null, true, now);
            _tokens--;
            Taken++;
            return true;
        }
    }

    /// <returns>How long until there may be one; null when none waits.</returns>
    public TimeSpan? UntilNext()
    {
        lock (_lock)
        {
            Refill();
            if (Next() is not { } next) return null;

            var due = Max(TimeSpan.Zero, clock.GetElapsedTime(clock.GetTimestamp(), next.Value.Due!.Value));
            var token = _tokens >= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / _options.RateMax);
            return Max(due, token);
        }
    }

    /// <summary>It was looked at and all is well.</summary>
    /// <param name="again">When to look again though nothing changes.</param>
    public void Done(TKey key, TimeSpan? again = null)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry)) return;

            (entry.IsRunning, entry.Failures) = (false, 0);
            if (again is { } after) Plan(entry, after);
            else if (entry.Due is null) Forget(key, entry);
            Signal();
        }
    }

    /// <summary>It could not be looked at to the end.</summary>
    /// <returns>When it comes again.</returns>
    public TimeSpan Failed(TKey key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry)) return TimeSpan.Zero;

            Failures++;
            var whole = _options.WaitMin * Math.Pow(2, Math.Min(entry.Failures++, 30));
            var wait = (whole < _options.WaitMax ? whole : _options.WaitMax) * (0.5 + random.NextDouble() / 2);
            entry.IsRunning = false;
            Plan(entry, wait);
            return wait;
        }
    }

    /// <summary>Waits for one.</summary>
    public async Task<TKey> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            Task added;
            lock (_lock) added = _added.Task;
            if (TryTake(out var key)) return key;

            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var wait = UntilNext() ?? Timeout.InfiniteTimeSpan;
            await Task.WhenAny(added, Task.Delay(wait, clock, enough.Token)).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Plan(Entry entry, TimeSpan after)
    {
        var now = clock.GetTimestamp();
        var due = now + Ticks(after);
        if (entry.Began is { } began) due = Math.Max(due, began + Ticks(_options.SpacingMin));
        entry.Due = entry.Due is { } before ? Math.Min(before, due) : due;
        Signal();
    }

    /// <summary>An entry is kept until a new beginning would not be too soon.</summary>
    private void Forget(TKey key, Entry entry)
    {
        var isOld = entry.Began is not { } began || clock.GetElapsedTime(began) >= _options.SpacingMin;
        if (isOld) _entries.Remove(key);
    }

    private KeyValuePair<TKey, Entry>? Next()
    {
        KeyValuePair<TKey, Entry>? next = null;
        List<TKey>? idle = null;
        foreach (var one in _entries)
        {
            var entry = one.Value;
            if (entry.IsRunning) continue;
            if (entry.Due is null) (idle ??= []).Add(one.Key);
            else if (next is null || entry.Due < next.Value.Value.Due) next = one;
        }

        foreach (var key in idle ?? []) Forget(key, _entries[key]);
        return next;
    }

    private void Refill()
    {
        var now = clock.GetTimestamp();
        var more = clock.GetElapsedTime(_refilled, now).TotalSeconds * _options.RateMax;
        (_tokens, _refilled) = (Math.Min(_options.BurstMax, _tokens + more), now);
    }

    private void Signal()
    {
        var waiting = _added;
        _added = NewSignal();
        waiting.TrySetResult();
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * clock.TimestampFrequency);

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Entry
    {
        /// <summary>Null when it does not wait.</summary>
        public long? Due { get; set; }

        public long? Began { get; set; }

        public bool IsRunning { get; set; }

        public int Failures { get; set; }
    }
}
