using System.Runtime.InteropServices;

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

    private const string Library = "libc";

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>Waits until one of the descriptors has something to say.</summary>
    /// <returns>Whether one has. A signal ends no wait: the runtime sends itself some at every garbage collection.
    /// </returns>
    public static bool Wait(Span<PollEntry> entries, TimeSpan wait)
    {
        var end = Environment.TickCount64 + (long)wait.TotalMilliseconds;
        while (true)
        {
            var left = Math.Clamp(end - Environment.TickCount64, 0, int.MaxValue);
            int ready;
            fixed (PollEntry* first = entries) ready = Poll(first, (nuint)entries.Length, (int)left);
            if (ready > 0) return true;
            if (ready == 0 || Marshal.GetLastPInvokeError() != Interrupted) return false;
        }
    }

    public static string ErrorText(int error) => Marshal.GetPInvokeErrorMessage(error);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollEntry* entries, nuint count, int timeoutMillis);

    [LibraryImport(Library, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);
}
