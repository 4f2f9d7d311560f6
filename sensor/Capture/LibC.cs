using System.Runtime.InteropServices;
using NetSniff.Filters.Bpf;

namespace NetSniff.Sensor.Capture;

/// <summary>The calls of libc that more than one backend makes.</summary>
internal static unsafe partial class LibC
{
    public const short PollIn = 1;
    public const short PollError = 8;

    public const int NotPermitted = 1; // EPERM
    public const int Interrupted = 4; // EINTR
    public const int AccessDenied = 13; // EACCES
    public const int OutOfMemory = 12; // ENOMEM
    public const int NoDevice = 19; // ENODEV
    public const int NetworkDown = 100; // ENETDOWN

    /// <summary>SO_ATTACH_FILTER of SOL_SOCKET, on Linux.</summary>
    public const int AttachFilter = 26;

    private const int SocketLevel = 1;
    private const string Library = "libc";

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FilterProgram
    {
        public ushort Count;
        public void* Instructions;
    }

    /// <summary>Waits until one of the descriptors has something to say.</summary>
    /// <returns>Whether one has. A signal ends no wait: the runtime sends itself some at every garbage collection. Nor
    /// does a refusal, so that nobody asks again and again without a pause.</returns>
    public static bool Wait(Span<PollEntry> entries, TimeSpan wait)
    {
        var end = Environment.TickCount64 + (long)wait.TotalMilliseconds;
        while (true)
        {
            var left = Math.Clamp(end - Environment.TickCount64, 0, int.MaxValue);
            int ready;
            fixed (PollEntry* first = entries) ready = Poll(first, (nuint)entries.Length, (int)left);
            if (ready > 0) return true;
            if (ready == 0) return false;
            if (Marshal.GetLastPInvokeError() == Interrupted) continue;

            Thread.Sleep((int)left);
            return false;
        }
    }

    /// <summary>From here on the socket gets nothing more; what it has stays. Linux only.</summary>
    public static bool Silence(int descriptor)
    {
        var nothing = new BpfInstruction(BpfCode.ReturnConstant, 0, 0, 0);
        var program = new FilterProgram { Count = 1, Instructions = &nothing };
        return SetOption(descriptor, SocketLevel, AttachFilter, &program, sizeof(FilterProgram)) == 0;
    }

    public static string ErrorText(int error) => Marshal.GetPInvokeErrorMessage(error);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollEntry* entries, nuint count, int timeoutMillis);

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(int descriptor, int kind);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int descriptor, int level, int option, void* value, int length);

    [LibraryImport(Library, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);
}
