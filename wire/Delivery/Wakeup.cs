namespace NetSniff.Wire.Delivery;

/// <summary>Wakes one who waits. Set while nobody waits, it is kept for the next wait; set twice, it is one.</summary>
public sealed class Wakeup : IDisposable
{
    private readonly SemaphoreSlim _set = new(0, 1);

    public void Set()
    {
        try
        {
            if (_set.CurrentCount == 0) _set.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another was first.
        }
    }

    /// <returns>Whether it was set within the time.</returns>
    public Task<bool> WaitAsync(TimeSpan wait, CancellationToken cancel) => _set.WaitAsync(wait, cancel);

    public void Dispose() => _set.Dispose();
}
