namespace NetSniff.Wire.Health;

/// <summary>A loop that must go round: it says so each time, and who asks sees how long ago that was.</summary>
public sealed class Heartbeat
{
    private readonly TimeProvider _clock;
    private long _lastTicks;
    private bool _isOver;

    internal Heartbeat(string name, TimeSpan ageMax, TimeProvider clock)
    {
        (Name, AgeMax, _clock) = (name, ageMax, clock);
        _lastTicks = clock.GetTimestamp();
    }

    public string Name { get; }

    /// <summary>A loop that was last seen longer ago counts as dead.</summary>
    public TimeSpan AgeMax { get; }

    public TimeSpan Age => _clock.GetElapsedTime(Volatile.Read(ref _lastTicks));

    public bool IsAlive => Volatile.Read(ref _isOver) || Age <= AgeMax;

    /// <summary>One turn was done.</summary>
    public void Beat() => Volatile.Write(ref _lastTicks, _clock.GetTimestamp());

    /// <summary>The loop ended as it should.</summary>
    public void End() => Volatile.Write(ref _isOver, true);
}
