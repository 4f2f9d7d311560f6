using System.Runtime.InteropServices;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>A thread's own place in the kernel's order, and what it used.</summary>
internal static partial class LowPriority
{
    private const int PrioProcess = 0, NiceMost = 19;
    private const int ProcessClock = 2, ThreadClock = 3;

    /// <summary>The calling thread runs when nothing else wants to. On Linux the nice value belongs to a thread
    /// (setpriority(2)); <see cref="Thread.Priority"/> does nothing there.</summary>
    public static void Apply()
    {
        if (OperatingSystem.IsLinux()) _ = SetPriority(PrioProcess, 0, NiceMost);
    }

    /// <summary>CPU time of the calling thread; nothing where the kernel is not Linux.</summary>
    public static TimeSpan ThreadCpu() => Clock(ThreadClock);

    /// <summary>CPU time of all threads, those that have ended too.</summary>
    public static TimeSpan ProcessCpu() => Clock(ProcessClock);

    private static TimeSpan Clock(int clock)
    {
        if (!OperatingSystem.IsLinux() || ClockGetTime(clock, out var time) != 0) return TimeSpan.Zero;
        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanos / 1000.0);
    }

    private struct Time
    {
        public long Seconds;
        public long Nanos;
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out Time time);
}
