using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Diagnostics.NETCore.Client;
using NetSniff.Wire.Health.Profiling.Natives;

namespace NetSniff.Wire.Health.Profiling.Kernel;

/// <summary>Lets the kernel sample every thread of this process, each after so much time of its own.</summary>
/// <remarks>A thread that waits costs nothing and is in no sample. Each thread has an event and a ring of its own: one
/// for all of a process does not exist below the rights to watch the machine, and one that threads pass on to those
/// they start cannot have a ring. ADR 71.</remarks>
internal sealed class KernelSampler : IPerfVisitor, IDisposable
{
    /// <summary>Not a round number, so that it does not keep step with what the program does.</summary>
    private const int Hertz = 499;

    /// <summary>A ring's pages, and what is copied of a stack with each sample, for libraries without frame pointers.
    /// Rings are emptied every <see cref="s_look"/>, when ten samples are in them at most, and there is room for
    /// fifteen.</summary>
    /// <remarks>Where all threads' rings together are more than the kernel lets a user lock, the next sizes are tried.
    /// </remarks>
    private static readonly (int Pages, uint StackBytes)[] s_sizes = 
        [(64, 16 * 1024), (32, 8 * 1024), (16, 4 * 1024), (4, 0)];

    /// <summary>Threads that are watched at a time.</summary>
    private const int ThreadsMax = 512;

    /// <summary>Threads that ended while they were watched, and are shown; what further ones ran shows as not watched.
    /// </summary>
    private const int EndedMax = 4096;

    private const int RefusedMax = 4096;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_newThreads = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<int, ThreadRing> _threads = [];
    private readonly List<ThreadRing> _rings = [];
    private readonly List<WatchedThread> _ended = [];
    private readonly Dictionary<int, RingRefusal> _refused = [];
    private readonly StackCounts _counts = new();
    private readonly MemoryMap _map = new();
    private readonly byte[] _buffer = new byte[PerfRecords.RecordBytesMax];
    private readonly StackWalk _walk;
    private readonly ulong _flags;
    private int _size;
    private int _current;
    private int _beyond;
    private long _damaged;
    private bool _isNameless;
    private IReadOnlyList<ThreadLine> _before = [];
    private TimeSpan _passed, _cpu, _cost;

    private KernelSampler(ulong flags)
    {
        _flags = flags;
        _walk = new StackWalk(_map);
    }

    public long Lost { get; private set; }

    private bool SeesKernel => (_flags & PerfNative.ExcludeKernel) == 0;

    /// <param name="why">What the kernel said if it gives no samples.</param>
    /// <returns>A sampler, or null.</returns>
    public static KernelSampler? TryMake(out string why)
    {
        why = "the system is not Linux";
        if (!OperatingSystem.IsLinux()) return null;

        var own = PerfNative.ThreadId();
        var refusal = default(RingRefusal);
        // With more rights the kernel says which of its work was done for whom.
        foreach (var flags in (ulong[])[0, PerfNative.ExcludeKernel | PerfNative.ExcludeHypervisor])
        {
            using var ring = ThreadRing.Open(
                own, AttributesWith(flags, 0), s_sizes[^1].Pages, Nobody.Instance, out refusal);
            if (ring is not null) return new KernelSampler(flags);
        }

        why = $"perf_event_open: {refusal.Reason}";
        return null;
    }

    public void Dispose()
    {
        foreach (var ring in _threads.Values) ring.Dispose();
        _threads.Clear();
        _map.Dispose();
    }

    /// <summary>Records on a thread of its own.</summary>
    public async Task<CpuProfile> RecordAsync(TimeSpan length, CancellationToken cancel)
    {
        await Task.Factory.StartNew(
            () => Sample(length, cancel), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default).ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();

        var threads = Watched(_before, ThreadList.Read());
        var (methods, learning) = await LearnMethodsAsync(cancel).ConfigureAwait(false);
        var cost = _cost + learning;
        var costFrom = LowPriority.ThreadCpu();
        _map.Refresh();
        var unwatched = _cpu - TimeSpan.FromTicks(threads.Sum(thread => thread.Ran.Ticks));
        var root = KernelShares.Tree(
            threads, _counts, new AddressNames(_counts.All, methods, _map, cancel),
            unwatched > 0.01 * _cpu ? unwatched : TimeSpan.Zero);
        return new CpuProfile(root, _passed, _cpu, _counts.Samples, cost + (LowPriority.ThreadCpu() - costFrom))
        {
            Source = ProfileSource.Kernel,
            Lost = Lost + _counts.Stackless + _damaged + _rings.Sum(ring => ring.Damaged),
            Note = Note(),
        };
    }

    void IPerfVisitor.Sample(in PerfSample sample) => _counts.Add(_current, _walk.Walk(in sample), !sample.IsInKernel);

    void IPerfVisitor.Lost(ulong count) => Lost += (long)Math.Min(count, int.MaxValue);

    private static PerfNative.Attributes AttributesWith(ulong flags, uint stackBytes)
    {
        var attributes = new PerfNative.Attributes
        {
            Type = PerfNative.TypeSoftware,
            Config = PerfNative.TaskClock,
            Period = 1_000_000_000 / Hertz,
            SampleType = PerfNative.SampleAddress | PerfNative.SampleThread | PerfNative.SampleChain,
            Flags = flags | PerfNative.ExcludeKernelChain | PerfNative.Watermark,
        };
        // On others libraries have frame pointers, mostly.
        if (stackBytes > 0 && RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            attributes.SampleType |= PerfNative.SampleRegisters | PerfNative.SampleStack;
            (attributes.UserRegisters, attributes.UserStack) = (PerfNative.RegistersOfX64, stackBytes);
        }

        return attributes;
    }

    /// <summary>Where the runtime says nothing, its code shows as the files it is in.</summary>
    private async Task<(MethodTable Methods, TimeSpan Cost)> LearnMethodsAsync(CancellationToken cancel)
    {
        var names = new SampledStacks();
        try
        {
            var cost = await RuntimeSampler.LearnMethodsAsync(names, cancel).ConfigureAwait(false);
            return (names.Methods, cost);
        }
        catch (Exception problem) when (problem is DiagnosticsClientException or IOException or InvalidDataException
            or TimeoutException || (problem is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            _isNameless = true;
            // Those that were learned may still be added to by whoever reads the trace.
            return (new MethodTable(), TimeSpan.Zero);
        }
    }

    private void Sample(TimeSpan length, CancellationToken cancel)
    {
        Thread.CurrentThread.Name = "flamegraph";
        var costFrom = LowPriority.ThreadCpu();
        _map.Refresh();
        _before = ThreadList.Read();
        WatchAll();
        var (start, cpuFrom) = (Stopwatch.GetTimestamp(), LowPriority.ProcessCpu());
        var nextThreads = s_newThreads;
        while (Stopwatch.GetElapsedTime(start) is var passed && passed < length && !cancel.IsCancellationRequested)
        {
            if (passed >= nextThreads)
            {
                FindThreads();
                nextThreads = passed + s_newThreads;
            }

            Thread.Sleep(s_look);
            Drain();
        }

        foreach (var ring in _threads.Values) ring.Stop();
        (_passed, _cpu) = (Stopwatch.GetElapsedTime(start), LowPriority.ProcessCpu() - cpuFrom);
        Drain();
        _cost = LowPriority.ThreadCpu() - costFrom;
    }

    private void Drain()
    {
        foreach (var ring in _rings) Drain(ring);
    }

    private void Drain(ThreadRing ring)
    {
        _current = ring.Thread;
        ring.Drain(_buffer);
    }

    /// <summary>Watches those there are, as closely as there is room for all of them.</summary>
    private void WatchAll()
    {
        while (!FindThreads() && _size < s_sizes.Length - 1)
        {
            foreach (var ring in _threads.Values) ring.Dispose();
            _threads.Clear();
            _rings.Clear();
            _ended.Clear();
            _refused.Clear();
            (_beyond, _damaged) = (0, 0);
            _size++;
        }
    }

    /// <returns>Whether there was memory for all that are new.</returns>
    private bool FindThreads()
    {
        var ids = ThreadList.Ids();
        RemoveEnded(ids);
        var hasRoom = true;
        var beyond = 0;
        foreach (var id in ids)
        {
            if (_threads.ContainsKey(id) || _refused.ContainsKey(id)) continue;

            if (_threads.Count >= ThreadsMax)
            {
                // Others may end, so it is looked at again.
                beyond++;
            }
            else if (Watch(id, out var refusal) is { } ring)
            {
                _threads[id] = ring;
                _rings.Add(ring);
            }
            else if (!refusal.IsOver)
            {
                hasRoom &= !refusal.IsOfMemory;
                if (_refused.Count < RefusedMax) _refused[id] = refusal;
            }
        }

        _beyond = Math.Max(_beyond, beyond);
        return hasRoom;
    }

    /// <summary>Gives back what ended threads hold, when what they did was taken.</summary>
    private void RemoveEnded(IReadOnlyList<int> ids)
    {
        var there = ids.ToHashSet();
        for (var index = _rings.Count - 1; index >= 0; index--)
        {
            var ring = _rings[index];
            // The list of threads has an end, too.
            if (there.Contains(ring.Thread) || ThreadList.IsThere(ring.Thread)) continue;

            Drain(ring);
            if (_ended.Count < EndedMax) _ended.Add(new WatchedThread(ring.Thread, ring.Name, RanOf(ring), 0));
            _damaged += ring.Damaged;
            ring.Dispose();
            _rings.RemoveAt(index);
            _threads.Remove(ring.Thread);
        }
    }

    private ThreadRing? Watch(int id, out RingRefusal refusal)
    {
        var (pages, stackBytes) = s_sizes[_size];
        return ThreadRing.Open(id, AttributesWith(_flags, stackBytes), pages, this, out refusal);
    }

    private static TimeSpan RanOf(ThreadRing ring) => TimeSpan.FromMicroseconds(ring.RanNanos / 1000.0);

    private List<WatchedThread> Watched(IReadOnlyList<ThreadLine> before, IReadOnlyList<ThreadLine> after)
    {
        var earlier = before.ToDictionary(line => line.Id);
        var later = after.ToDictionary(line => line.Id);
        List<WatchedThread> threads = [.. _ended];
        foreach (var (id, ring) in _threads)
        {
            var (line, known) = (later.GetValueOrDefault(id), earlier.GetValueOrDefault(id));
            var cpu = (line?.Cpu - known?.Cpu ?? line?.Cpu) ?? TimeSpan.Zero;
            var kernel = (line?.Kernel - known?.Kernel ?? line?.Kernel) ?? TimeSpan.Zero;
            var share = SeesKernel || cpu <= TimeSpan.Zero ? 0 : Math.Clamp(kernel / cpu, 0, 1);
            // Its name may have come after it.
            threads.Add(new WatchedThread(id, line?.Name ?? ring.Name, RanOf(ring), share));
        }

        return threads;
    }

    private string Note()
    {
        List<string> notes = [];
        if (s_sizes[_size].StackBytes == 0)
        {
            notes.Add("native callers may be missing: too little memory may be locked for copies of stacks");
        }

        if (!SeesKernel) notes.Add("work of the kernel by thread only");
        if (_walk.CutStacks > 0)
        {
            notes.Add(string.Create(
                CultureInfo.InvariantCulture, $"{_walk.CutStacks} stacks were deeper than what was copied of them"));
        }

        notes.AddRange(_refused.Values.GroupBy(refusal => refusal.Reason).Select(
            reason => NotWatched(reason.Count(), reason.Key)));
        if (_beyond > 0) notes.Add(NotWatched(_beyond, $"no more than {ThreadsMax} are"));

        if (_isNameless) notes.Add("the runtime gave no names of methods (is DOTNET_EnableDiagnostics=0 set?)");
        return string.Join("; ", notes);
    }

    private static string NotWatched(int count, string why) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} threads were not watched: {why}");

    private sealed class Nobody : IPerfVisitor
    {
        public static readonly Nobody Instance = new();

        public void Sample(in PerfSample sample)
        {
        }

        public void Lost(ulong count)
        {
        }
    }
}
