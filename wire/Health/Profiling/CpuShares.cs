namespace NetSniff.Wire.Health.Profiling;

/// <summary>From samples and the kernel's account of each thread to CPU time by stack.</summary>
/// <remarks>The runtime looks at every thread a thousand times a second whether it runs or waits, and cannot tell a
/// wait from native code. The kernel knows how long each thread ran. So managed samples share what a thread ran, native
/// ones get the rest of it, those that are plainly waits excepted; threads that run no managed code at all (garbage
/// collector, compiler, libraries) are shown by their names.</remarks>
internal static class CpuShares
{
    private const int DepthMax = 200;

    /// <summary>Innermost methods that wait: a thread found there does not run.</summary>
    private static readonly string[] s_waits =
    [
        "Wait", "Sleep", "Poll", "Accept", "Park", "Receive", "Read", "Join", "Block", "Select",
    ];

    /// <param name="cpu">What each thread ran meanwhile, by its number.</param>
    public static FlameNode Tree(SampledStacks stacks, IReadOnlyList<ThreadLine> cpu, TimeSpan passed)
    {
        var root = new FlameNode("all");
        foreach (var thread in cpu.Where(thread => thread.Cpu > TimeSpan.Zero))
        {
            var name = $"thread {thread.Name}";
            var ran = Math.Min(thread.Cpu.TotalMicroseconds, passed.TotalMicroseconds);
            var counts = stacks.Counts.Of(thread.Id);
            if (counts.Count > 0) AddThread(root, name, counts, stacks.Methods, ran, passed);
            else root.Add([name, "[native]"], ran);
        }

        return root;
    }

    private static void AddThread(
        FlameNode root, string name, IReadOnlyList<StackCount> counts, MethodTable methods, double ran, TimeSpan passed)
    {
        var paths = counts.Select(count => PathOf(count.Addresses, methods)).ToList();
        var (managed, samples, isWaiting) = (0L, 0L, true);
        for (var index = 0; index < counts.Count; index++)
        {
            managed += counts[index].Own;
            samples += counts[index].Own + counts[index].Other;
            // Where nothing but waits is left, the kernel worked for them.
            isWaiting &= counts[index].Other == 0 || IsWait(paths[index]);
        }

        bool IsNative(int index) => counts[index].Other > 0 && (isWaiting || !IsWait(paths[index]));
        // A sample stands for so much time; a thread that had to wait for a processor ran less than its samples say.
        var perSample = passed.TotalMicroseconds / Math.Max(1, samples);
        var perManaged = managed == 0 ? 0 : Math.Min(perSample, ran / managed);
        var left = ran - perManaged * managed;
        var native = 0L;
        for (var index = 0; index < counts.Count; index++) native += IsNative(index) ? counts[index].Other : 0;
        var perNative = native == 0 ? 0 : Math.Min(perSample, left / native);
        for (var index = 0; index < counts.Count; index++)
        {
            var (count, path) = (counts[index], paths[index]);
            if (count.Own > 0) root.Add([name, .. path], count.Own * perManaged);
            if (IsNative(index)) root.Add([name, .. path, "[native]"], count.Other * perNative);
        }

        left -= perNative * native;
        if (left > 1) root.Add([name, "[between samples]"], left);
    }

    private static bool IsWait(List<string> path)
    {
        if (path.Count == 0) return false;

        var method = path[^1][(path[^1].LastIndexOf('.') + 1)..];
        return s_waits.Any(word => method.Contains(word, StringComparison.Ordinal));
    }

    /// <summary>Names from the outermost to the innermost. All addresses but the innermost are where a call will
    /// return to, which may lie behind the end of the caller.</summary>
    private static List<string> PathOf(ulong[] addresses, MethodTable methods)
    {
        List<string> path = [];
        for (var index = Math.Min(addresses.Length, DepthMax) - 1; index >= 0; index--)
        {
            var address = addresses[index] - (index == 0 ? 0ul : 1ul);
            var name = methods.Find(address) ?? "[unknown]";
            if (name != "[unknown]" || path.Count == 0 || path[^1] != name) path.Add(name);
        }

        return path;
    }
}
