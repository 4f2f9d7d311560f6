using System.Diagnostics;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>Records through the runtime's own event pipe, where the kernel does not let us sample.</summary>
/// <remarks>The runtime looks at all threads a thousand times a second and stops them for it, which costs a program
/// a sixth of its speed. So it does it in bursts, for 5 % of the time. Where bursts lie in their periods moves on by
/// the golden ratio, so that nothing the program does once a second is always or never seen. ADR 71.</remarks>
internal static class RuntimeSampler
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(1000);
    private static readonly TimeSpan s_burst = TimeSpan.FromMilliseconds(50);
    private const double GoldenRatio = 0.6180339887498949;

    public static async Task<CpuProfile> RecordAsync(TimeSpan length, CancellationToken cancel)
    {
        var stacks = new SampledStacks();
        var before = ThreadList.Read();
        var start = Stopwatch.GetTimestamp();
        var cost = TimeSpan.Zero;
        var periods = (int)Math.Ceiling(length / s_period);
        for (var period = 0; period < periods; period++)
        {
            var from = s_period * (period + period * GoldenRatio % 1 * (1 - s_burst / s_period));
            if (from - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, cancel).ConfigureAwait(false);
            }

            cost += await BurstAsync(stacks, TraceParts.Samples, cancel).ConfigureAwait(false);
        }

        if (length - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, cancel).ConfigureAwait(false);
        }

        var (after, passed) = (ThreadList.Read(), Stopwatch.GetElapsedTime(start));
        cost += await LearnMethodsAsync(stacks, cancel).ConfigureAwait(false);
        var costFrom = LowPriority.ThreadCpu();
        var cpu = Since(before, after);
        var root = CpuShares.Tree(stacks, cpu, passed);
        cost += LowPriority.ThreadCpu() - costFrom;
        var sum = TimeSpan.FromTicks(cpu.Sum(thread => thread.Cpu.Ticks));
        return new CpuProfile(root, passed, sum, stacks.Samples, cost)
        {
            Source = ProfileSource.Runtime,
            Lost = stacks.Lost,
        };
    }

    /// <summary>Asks for the names of methods and nothing else.</summary>
    /// <returns>CPU time that reading them took.</returns>
    public static async Task<TimeSpan> LearnMethodsAsync(SampledStacks stacks, CancellationToken cancel)
    {
        using var trace = await RuntimeTrace.StartAsync(TraceParts.Methods, stacks, cancel).ConfigureAwait(false);
        await trace.StopAsync().ConfigureAwait(false);
        return trace.Cost;
    }

    private static async Task<TimeSpan> BurstAsync(SampledStacks stacks, TraceParts parts, CancellationToken cancel)
    {
        using var trace = await RuntimeTrace.StartAsync(parts, stacks, cancel).ConfigureAwait(false);
        try
        {
            await Task.WhenAny(Task.Delay(s_burst, cancel), trace.Ended).ConfigureAwait(false);
        }
        finally
        {
            // Whatever happened: a session that nobody ends is paid for until the process ends.
            await trace.StopAsync().ConfigureAwait(false);
        }

        cancel.ThrowIfCancellationRequested();
        return trace.Cost;
    }

    private static IReadOnlyList<ThreadLine> Since(IReadOnlyList<ThreadLine> before, IReadOnlyList<ThreadLine> after)
    {
        var known = before.ToDictionary(thread => thread.Id, thread => thread.Cpu);
        return [.. after.Select(thread => thread with { Cpu = thread.Cpu - known.GetValueOrDefault(thread.Id) })];
    }
}
