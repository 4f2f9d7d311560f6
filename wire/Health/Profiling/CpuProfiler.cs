using System.Diagnostics;
using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;

namespace NetSniff.Wire.Health.Profiling;

/// <param name="Passed">How long was recorded.</param>
/// <param name="Cpu">What all threads ran meanwhile.</param>
/// <param name="Cost">CPU time that making it took beside the recording.</param>
internal sealed record CpuProfile(FlameNode Root, TimeSpan Passed, TimeSpan Cpu, long Samples, TimeSpan Cost);

/// <summary>Records where this process spends its CPU time, through the runtime's own event pipe.</summary>
internal sealed class CpuProfiler : IDisposable
{
    public const int SecondsDefault = 10;
    public const int SecondsMax = 60;

    /// <summary>Of events that nobody has read yet; the reader is never far behind.</summary>
    private const int BufferMebibytes = 32;

    /// <summary>What the runtime may take to tell the names of its methods when the recording stops.</summary>
    private static readonly TimeSpan s_stopMax = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _one = new(1);

    public void Dispose() => _one.Dispose();

    /// <returns>The profile, or null while another is being recorded.</returns>
    /// <exception cref="DiagnosticsClientException">The runtime was told not to be looked at
    /// (DOTNET_EnableDiagnostics=0).</exception>
    public async Task<CpuProfile?> RecordAsync(TimeSpan length, CancellationToken cancel)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero, cancel).ConfigureAwait(false)) return null;

        try
        {
            return await RecordAloneAsync(length, cancel).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task<CpuProfile> RecordAloneAsync(TimeSpan length, CancellationToken cancel)
    {
        var client = new DiagnosticsClient(Environment.ProcessId);
        using var session = await client.StartEventPipeSessionAsync(
            [new EventPipeProvider("Microsoft-DotNETCore-SampleProfiler", EventLevel.Informational)],
            requestRundown: true, BufferMebibytes, cancel).ConfigureAwait(false);
        var stacks = new SampledStacks();
        var reading = new Reading(session.EventStream, stacks);
        var before = ThreadList.Read();
        var start = Stopwatch.GetTimestamp();
        IReadOnlyList<ThreadLine> after = [];
        TimeSpan passed;
        try
        {
            await Task.WhenAny(Task.Delay(length, cancel), reading.Ended).ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
        }
        finally
        {
            (after, passed) = (ThreadList.Read(), Stopwatch.GetElapsedTime(start));
            // Whatever happened: a session that nobody ends is paid for until the process ends.
            using var limit = new CancellationTokenSource(s_stopMax);
            await session.StopAsync(limit.Token).ConfigureAwait(false);
        }

        await reading.Ended.WaitAsync(s_stopMax, cancel).ConfigureAwait(false);
        var cpu = Since(before, after);
        var costFrom = ThreadCost();
        var root = CpuShares.Tree(stacks, cpu, passed);
        var cost = reading.Cost + (ThreadCost() - costFrom);
        var sum = TimeSpan.FromTicks(cpu.Sum(thread => thread.Cpu.Ticks));
        return new CpuProfile(root, passed, sum, stacks.Samples, cost);
    }

    private static IReadOnlyList<ThreadLine> Since(IReadOnlyList<ThreadLine> before, IReadOnlyList<ThreadLine> after)
    {
        var known = before.ToDictionary(thread => thread.Id, thread => thread.Cpu);
        return [.. after.Select(thread => thread with { Cpu = thread.Cpu - known.GetValueOrDefault(thread.Id) })];
    }

    private static TimeSpan ThreadCost() => LowPriority.ThreadCpu();

    /// <summary>Reads the stream on a thread that gives way to all others.</summary>
    private sealed class Reading
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Reading(Stream stream, SampledStacks stacks)
        {
            var thread = new Thread(() => Run(stream, stacks)) { Name = "flamegraph", IsBackground = true };
            thread.Start();
        }

        public Task Ended => _ended.Task;

        public TimeSpan Cost { get; private set; }

        private void Run(Stream stream, SampledStacks stacks)
        {
            try
            {
                LowPriority.Apply();
                new NettraceReader(stream, stacks).ReadAll();
                Cost = ThreadCost();
                _ended.SetResult();
            }
            catch (Exception problem) when (problem is IOException or InvalidDataException or ObjectDisposedException)
            {
                _ended.SetException(problem);
            }
        }
    }
}
