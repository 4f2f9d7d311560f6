using System.Diagnostics;
using System.Globalization;

namespace NetSniff.Sensor.Governor;

/// <param name="MemoryBytes">What cannot be written to a file and forgotten: heap, native memory, stacks. Mapped files
/// (the spool, the packet ring on disk) are the kernel's to take back.</param>
public readonly record struct OwnUse(TimeSpan Cpu, long MemoryBytes)
{
    public static OwnUse Read()
    {
        using var process = Process.GetCurrentProcess();
        return new OwnUse(process.TotalProcessorTime, Anonymous() ?? process.WorkingSet64);
    }

    private static long? Anonymous()
    {
        const string Status = "/proc/self/status", Label = "RssAnon:";
        if (!File.Exists(Status)) return null;

        var line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
        return line is null ? null : KibibytesOf(line[Label.Length..]) << 10;
    }

    private static long? KibibytesOf(string text)
    {
        const NumberStyles Padded = NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;
        var digits = text.Replace("kB", "", StringComparison.Ordinal);
        return long.TryParse(digits, Padded, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
