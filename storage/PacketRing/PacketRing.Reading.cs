namespace NetSniff.Storage.PacketRing;

/// <summary>Reading back.</summary>
public sealed unsafe partial class PacketRing
{
    /// <summary>Finds packets, in the order they were appended. Packets that come after this call may or may not be
    /// among them; those that are given up meanwhile still are.</summary>
    public RingCursor Find(RingQuery query)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var limit = AgeLimit();
            if (query.FromNanos < limit) query = query with { FromNanos = limit };
            return new RingCursor([.. _segments.Where(static segment => segment.File.TryHold())], _interfaces, query);
        }
    }

    private long AgeLimit()
    {
        var newest = _segments.Select(static segment => segment.LastNanos).DefaultIfEmpty(0).Max();
        if (_block != null && _block->Packets > 0) newest = Math.Max(newest, _block->LastNanos);
        var age = _options.AgeMax.Ticks * TimeSpan.NanosecondsPerTick;
        return newest - Math.Min(age, newest);
    }
}
