using System.Runtime.InteropServices;

namespace NetSniff.Bench.Inside;

/// <summary>Processor time of the calling thread, so that what else the machine does counts less.</summary>
internal static partial class ThreadTime
{
    private const int ThreadCpuTime = 3;

    public static double Seconds
    {
        get
        {
            _ = GetTime(ThreadCpuTime, out var time);
            return time.Seconds + time.Nanos / 1e9;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanos;
    }
}
