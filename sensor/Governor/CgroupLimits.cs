using System.Globalization;

namespace NetSniff.Sensor.Governor;

/// <summary>What the control group of this process allows it, cgroup v2 or v1; null where it sets no limit.</summary>
/// <remarks>A limit of any group above holds too, so the least of the path is meant. In a container the path that
/// /proc tells may be the host's, which cannot be seen from inside: then the mount itself is the group.</remarks>
public sealed record CgroupLimits(long? MemoryBytes, double? Cpus)
{
    private const string Mount = "sys/fs/cgroup";

    /// <summary>v1 writes "no limit" as the largest number of whole pages.</summary>
    private const long UnlimitedFrom = 1L << 60;

    public static CgroupLimits None { get; } = new(null, null);

    /// <param name="root">Where /proc and /sys are; tests have their own.</param>
    public static CgroupLimits Read(string root = "/")
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(root, "proc/self/cgroup"));
            return new CgroupLimits(Memory(root, lines), Cpu(root, lines));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return None;
        }
    }

    private static long? Memory(string root, string[] lines)
    {
        if (PathOf(lines, "memory") is { } old)
        {
            return Least(root, "memory", old, "memory.limit_in_bytes", text => Number(text) is { } bytes
                && bytes < UnlimitedFrom ? bytes : null);
        }

        return Least(root, "", PathOf(lines, ""), "memory.max", Number);
    }

    private static double? Cpu(string root, string[] lines)
    {
        if (PathOf(lines, "cpu") is { } old)
        {
            return Least(root, "cpu", old, "cpu.cfs_quota_us", Number) is > 0 and { } quota
                && Least(root, "cpu", old, "cpu.cfs_period_us", Number) is > 0 and { } period
                ? (double)quota / period
                : null;
        }

        // In millionths, so that the least is one of whole numbers.
        return Least(root, "", PathOf(lines, ""), "cpu.max", MillionthsOfCpu) / 1e6;
    }

    /// <summary>`50000 100000`: quota and period; `max` for none.</summary>
    private static long? MillionthsOfCpu(string text) =>
        text.Split(' ') is [var quota, var period] && Number(quota) is { } used && Number(period) is > 0 and { } of
            ? used * 1_000_000 / of
            : null;

    /// <summary>Lines are `number:controllers:path`; v2 has number 0 and no controllers.</summary>
    private static string? PathOf(string[] lines, string controller) =>
        lines.Select(line => line.Split(':', 3)).FirstOrDefault(parts => parts.Length == 3
            && (controller.Length == 0 ? parts[0] == "0" : parts[1].Split(',').Contains(controller)))?[2];

    private static long? Least(string root, string controller, string? path, string file, Func<string, long?> read)
    {
        if (path is null) return null;

        long? least = null;
        var top = Path.Combine(root, Mount, controller);
        for (var rest = path.Trim('/'); ; rest = rest.LastIndexOf('/') is >= 0 and var cut ? rest[..cut] : "")
        {
            var name = Path.Combine(top, rest, file);
            if (File.Exists(name) && read(File.ReadAllText(name).Trim()) is { } value)
            {
                least = least is { } known ? Math.Min(known, value) : value;
            }

            if (rest.Length == 0) return least;
        }
    }

    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
