using NetSniff.Buffers;

namespace NetSniff.Storage.MmapQueue;

/// <summary>Tells one start of the machine from the next. Between two of them pages that were not synced may be lost;
/// within one, only what no process ever wrote.</summary>
internal static class BootId
{
    private const string LinuxPath = "/proc/sys/kernel/random/boot_id";

    /// <summary>Never 0.</summary>
    public static ulong Current { get; } = Read();

    private static ulong Read()
    {
        // Elsewhere every run counts as a new start: sequence numbers are cheap.
        if (!File.Exists(LinuxPath)) return (ulong)Environment.TickCount64 << 20 | 1;

        var text = File.ReadAllBytes(LinuxPath);
        return (ulong)Crc32C.Of(text) << 32 | Crc32C.Of(text.AsSpan(text.Length / 2)) | 1;
    }
}
