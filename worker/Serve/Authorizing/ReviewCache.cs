namespace NetSniff.Worker.Serve.Authorizing;

/// <summary>Keeps what was answered for a moment, and asks once for all who ask the same at one time.</summary>
/// <param name="keptFor">By the answer.</param>
internal sealed class ReviewCache<TAnswer>(Func<TAnswer, TimeSpan> keptFor, TimeProvider clock)
{
    /// <summary>Answers kept: some hundred people with a few namespaces each.</summary>
    public const int KeptMax = 8192;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_lock) return _kept.Count;
        }
    }

    /// <param name="ask">Is not cancelled with one of those who wait for it.</param>
    public Task<TAnswer> GetAsync(string key, Func<Task<TAnswer>> ask, CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_kept.TryGetValue(key, out var known) && !IsOver(known)) return known.Answer.WaitAsync(cancel);

            if (_kept.Count >= KeptMax) MakeRoom();
            var kept = new Kept();
            // On another thread, so that nothing of it runs inside the lock.
            kept.Answer = Task.Run(() => AskAsync(key, kept, ask));
            _kept[key] = kept;
            return kept.Answer.WaitAsync(cancel);
        }
    }

    private async Task<TAnswer> AskAsync(string key, Kept kept, Func<Task<TAnswer>> ask)
    {
        try
        {
            var answer = await ask().ConfigureAwait(false);
            kept.UntilTicks = (clock.GetUtcNow() + keptFor(answer)).UtcTicks;
            return answer;
        }
        catch (Exception)
        {
            // No answer is no answer to keep; those who wait for it hear why.
            lock (_lock)
            {
                if (_kept.TryGetValue(key, out var now) && now == kept) _kept.Remove(key);
            }

            throw;
        }
    }

    private bool IsOver(Kept kept) => kept.UntilTicks <= clock.GetUtcNow().UtcTicks;

    /// <summary>What is over goes; where that is nothing, everything: it costs a question again.</summary>
    private void MakeRoom()
    {
        foreach (var (key, kept) in _kept)
        {
            if (IsOver(kept)) _kept.Remove(key);
        }

        if (_kept.Count >= KeptMax) _kept.Clear();
    }

    private sealed class Kept
    {
        private long _untilTicks = long.MaxValue;

        public Task<TAnswer> Answer { get; set; } = null!;

        /// <summary>Of UTC; far away until it is answered.</summary>
        public long UntilTicks
        {
            get => Volatile.Read(ref _untilTicks);
            set => Volatile.Write(ref _untilTicks, value);
        }
    }
}
