namespace NetSniff.Tests;

/// <summary>Time that passes when a test says so.</summary>
internal sealed class FakeClock : TimeProvider
{
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddYears(56);
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _ticks;

    public void Advance(TimeSpan span)
    {
        _now += span;
        _ticks += span.Ticks;
    }
}
