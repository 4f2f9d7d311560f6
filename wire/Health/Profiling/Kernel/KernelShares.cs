using NetSniff.Wire.Health.Profiling.Natives;

namespace NetSniff.Wire.Health.Profiling.Kernel;

/// <summary>From samples and the time that each thread ran to CPU time by stack.</summary>
/// <remarks>The kernel takes a sample after so much time of the thread's own, so samples are alike, and share what the
/// thread ran.</remarks>
internal static class KernelShares
{
    private const string Kernel = "[kernel]";

    public static FlameNode Tree(
        IReadOnlyList<WatchedThread> threads, StackCounts counts, AddressNames names, TimeSpan unwatched)
    {
        var root = new FlameNode("all");
        foreach (var thread in threads)
        {
            if (thread.Ran > TimeSpan.Zero) AddThread(root, thread, counts.Of(thread.Id), names);
        }

        if (unwatched > TimeSpan.Zero) root.Add(["threads not watched"], unwatched.TotalMicroseconds);
        return root;
    }

    private static void AddThread(
        FlameNode root, WatchedThread thread, IReadOnlyList<StackCount> counts, AddressNames names)
    {
        var name = $"thread {thread.Name}";
        var ran = thread.Ran.TotalMicroseconds;
        var samples = counts.Sum(count => count.Own + count.Other);
        if (samples == 0)
        {
            root.Add([name, "[between samples]"], ran);
            return;
        }

        var each = ran * (1 - thread.KernelShare) / samples;
        if (thread.KernelShare > 0) root.Add([name, Kernel], ran * thread.KernelShare);
        foreach (var count in counts)
        {
            var path = names.PathOf(count.Addresses);
            if (count.Own > 0) root.Add([name, .. path], count.Own * each);
            if (count.Other > 0) root.Add([name, .. path, Kernel], count.Other * each);
        }
    }
}
