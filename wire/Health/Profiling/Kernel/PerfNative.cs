using System.Runtime.InteropServices;

namespace NetSniff.Wire.Health.Profiling.Kernel;

/// <summary>The kernel's side of perf_event_open(2), as in linux/perf_event.h.</summary>
internal static unsafe partial class PerfNative
{
    public const int NotPermitted = 1, NoSuchThread = 3, TryAgain = 11, NoMemory = 12; // EPERM, ESRCH, EAGAIN, ENOMEM

    public const uint TypeSoftware = 1;
    public const ulong TaskClock = 1; // PERF_COUNT_SW_TASK_CLOCK: nanoseconds that the thread ran

    public const ulong SampleAddress = 1, SampleThread = 2, SampleChain = 32, SampleRegisters = 1 << 12,
        SampleStack = 1 << 13;

    public const ulong ExcludeKernel = 1 << 5, ExcludeHypervisor = 1 << 6, Watermark = 1 << 14,
        ExcludeKernelChain = 1 << 21;

    /// <summary>Registers of x86-64 by their bits: what the stack is unwound by.</summary>
    public const ulong RegistersOfX64 = 1 << 6 | 1 << 7 | 1 << 8; // base pointer, stack pointer, instruction

    public const int CloseOnExec = 8; // PERF_FLAG_FD_CLOEXEC
    public const nuint Disable = 0x2401; // PERF_EVENT_IOC_DISABLE

    /// <summary>Where in the first page of a ring its ends are told.</summary>
    public const int DataHead = 1024, DataTail = 1032;

    public const int ReadWrite = 3, Shared = 1;

    private const string Library = "libc";

    /// <summary>struct perf_event_attr up to its fifth version, of Linux 4.8.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Bytes)]
    public struct Attributes
    {
        public const int Bytes = 112;

        public uint Type, Size;
        public ulong Config, Period, SampleType, ReadFormat, Flags;
        public uint WakeUp, BreakpointType;
        public ulong Config1, Config2, Branches, UserRegisters;
        public uint UserStack;
        public int Clock;
        public ulong InterruptRegisters;
        public uint AuxWatermark;
        public ushort ChainMax, Reserved;
    }

    /// <returns>A descriptor, or -1.</returns>
    public static int Open(ref Attributes attributes, int thread)
    {
        var number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 298,
            Architecture.Arm64 => 241,
            _ => -1,
        };
        attributes.Size = Attributes.Bytes;
        fixed (Attributes* pointer = &attributes)
        {
            return (int)SystemCall(number, (nint)pointer, thread, cpu: -1, group: -1, CloseOnExec);
        }
    }

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint attributes, nint thread, nint cpu, nint group, nint flags);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport(Library, EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nuint length);

    [LibraryImport(Library, EntryPoint = "ioctl")]
    public static partial int Control(int descriptor, nuint request, nint argument);

    [LibraryImport(Library, EntryPoint = "read")]
    public static partial nint Read(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "gettid")]
    public static partial int ThreadId();
}
