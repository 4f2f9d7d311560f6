namespace NetSniff.Tests;

/// <summary>Counts what an action allocates once it is warm.</summary>
internal static class Allocations
{
    private const int RoundsMax = 10;

    /// <summary>The least that any of some rounds allocated on this thread, in bytes. What the action itself allocates
    /// is in every round; what the runtime does once on the side (types loaded late, code made again with what was
    /// learnt, a list that another test extended) is not.</summary>
    public static long Least(Action action)
    {
        var least = long.MaxValue;
        for (var round = 0; round < RoundsMax && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
