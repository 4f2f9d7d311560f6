namespace NetSniff.Kube.Watching;

/// <summary>How long to wait before the next try: twice as long each time, and half of it chance, so that many who
/// failed together do not come back together.</summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Random random)
{
    private int _failures;

    public TimeSpan Next(TimeSpan atLeast)
    {
        var whole = Math.Min(min.TotalMilliseconds * Math.Pow(2, Math.Min(_failures++, 30)), max.TotalMilliseconds);
        var wait = TimeSpan.FromMilliseconds(whole * (0.5 + random.NextDouble() / 2));
        // Those who were told the same time by the server are spread behind it.
        return wait < atLeast ? atLeast + wait / 4 : wait;
    }

    public void Reset() => _failures = 0;
}
