using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace NetSniff.Bench.Comparing;

/// <summary>What a finished process cost, by the kernel's own books.</summary>
internal readonly record struct ProcessCost(double CpuSeconds, double WallSeconds, double PeakMegabytes, bool IsOk);

/// <summary>Runs a command to its end on chosen processors, its output thrown away.</summary>
internal static unsafe partial class ChildProcess
{
    private const int ReadWrite = 2;
    private const int KillSignal = 9;

    /// <param name="words">Program and arguments; the program is looked for in PATH.</param>
    /// <param name="processors">Their numbers, with commas between.</param>
    public static ProcessCost Run(IReadOnlyList<string> words, string processors, TimeSpan limit)
    {
        string[] pinned = ["taskset", "-c", processors, .. words];
        var start = Stopwatch.GetTimestamp();
        var pid = Start(pinned);
        using var watchdog = new Timer(state => state = Kill(pid, KillSignal), null, limit, Timeout.InfiniteTimeSpan);
        int status;
        ResourceUsage usage;
        while (Wait4(pid, &status, 0, &usage) < 0)
        {
            const int Interrupted = 4;
            if (Marshal.GetLastPInvokeError() != Interrupted) throw new Win32Exception();
        }

        var wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var seconds = usage.UserSeconds + usage.SystemSeconds + (usage.UserMicros + usage.SystemMicros) / 1e6;
        return new ProcessCost(seconds, wall, usage.PeakKilobytes / 1024.0, status == 0);
    }

    private static int Start(string[] words)
    {
        var fileActions = stackalloc byte[256]; // posix_spawn_file_actions_t is 80 bytes with glibc
        _ = InitActions(fileActions);
        for (var descriptor = 0; descriptor < 3; descriptor++)
        {
            _ = AddOpen(fileActions, descriptor, "/dev/null", ReadWrite, 0);
        }

        var environment = Environment.GetEnvironmentVariables();
        List<string> variables = [];
        foreach (DictionaryEntry variable in environment) variables.Add($"{variable.Key}={variable.Value}");

        var (arguments, settings) = (Pack(words), Pack(variables));
        int pid;
        var error = Spawn(&pid, words[0], fileActions, null, (byte**)arguments, (byte**)settings);
        _ = DestroyActions(fileActions);
        Unpack(arguments);
        Unpack(settings);
        return error == 0 ? pid : throw new Win32Exception(error, $"{words[0]} cannot be started");
    }

    /// <summary>A list of C strings with a null behind it.</summary>
    private static nint Pack(IReadOnlyList<string> words)
    {
        var list = (nint*)NativeMemory.AllocZeroed((nuint)words.Count + 1, (nuint)sizeof(nint));
        for (var index = 0; index < words.Count; index++) list[index] = Marshal.StringToCoTaskMemUTF8(words[index]);
        return (nint)list;
    }

    private static void Unpack(nint packed)
    {
        for (var word = (nint*)packed; *word != 0; word++) Marshal.FreeCoTaskMem(*word);
        NativeMemory.Free((void*)packed);
    }

    [LibraryImport("libc", EntryPoint = "posix_spawnp", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(
        int* pid, string file, void* fileActions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int InitActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int DestroyActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddOpen(void* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    private static partial int Wait4(int pid, int* status, int options, ResourceUsage* usage);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    /// <summary>struct rusage of 64-bit Linux; the tail is not wanted.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct ResourceUsage
    {
        public long UserSeconds;
        public long UserMicros;
        public long SystemSeconds;
        public long SystemMicros;
        public long PeakKilobytes;
    }
}
