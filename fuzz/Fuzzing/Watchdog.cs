namespace NetSniff.Fuzz.Fuzzing;

/// <summary>Watches, from a thread of its own, that no input takes too long.</summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly Action _late;
    private readonly TimeSpan _limit;
    private readonly ManualResetEventSlim _stopped = new();
    private long _since;

    /// <param name="late">Called once, on the watching thread, while the input still runs.</param>
    public Watchdog(TimeSpan limit, Action late)
    {
        (_limit, _late) = (limit, late);
        new Thread(Watch) { IsBackground = true, Name = "watchdog" }.Start();
    }

    public void Begin() => Volatile.Write(ref _since, Environment.TickCount64);

    public void End() => Volatile.Write(ref _since, 0);

    public void Dispose() => _stopped.Set();

    private void Watch()
    {
        while (!_stopped.Wait(s_look))
        {
            var since = Volatile.Read(ref _since);
            if (since == 0 || Environment.TickCount64 - since < _limit.TotalMilliseconds) continue;

            _late();
            return;
        }
    }
}
