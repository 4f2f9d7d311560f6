using System.Globalization;

namespace NetSniff.Wire.Health;

/// <param name="State">As the kernel says: R runs, S sleeps, D waits for a disk.</param>
internal sealed record ThreadLine(int Id, string Name, string State, TimeSpan Cpu);

/// <summary>The threads of this process as the kernel sees them; none where there is no /proc.</summary>
internal static class ThreadList
{
    private const int ThreadsMax = 1_000;

    /// <summary>Ticks in a second of the times in /proc: USER_HZ, the same on every machine Linux runs on today.
    /// </summary>
    private const int TicksPerSecond = 100;

    public static IReadOnlyList<ThreadLine> Read()
    {
        const string Folder = "/proc/self/task";
        if (!Directory.Exists(Folder)) return [];

        return [.. Directory.EnumerateDirectories(Folder).Take(ThreadsMax).Select(ReadOne).OfType<ThreadLine>()
            .OrderByDescending(thread => thread.Cpu)];
    }

    private static ThreadLine? ReadOne(string folder)
    {
        try
        {
            return Parse(File.ReadAllText(Path.Combine(folder, "stat")));
        }
        catch (IOException)
        {
            return null; // it has ended
        }
    }

    /// <summary>proc(5): pid (name) state … utime and stime in fields 14 and 15. A name may hold anything, blanks and
    /// parentheses too, so the last one counts.</summary>
    internal static ThreadLine? Parse(string stat)
    {
        var open = stat.IndexOf('(', StringComparison.Ordinal);
        var close = stat.LastIndexOf(')');
        if (open < 0 || close < open) return null;

        var rest = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (rest.Length < 13 || !int.TryParse(stat[..open], CultureInfo.InvariantCulture, out var id)) return null;

        var isNumber = long.TryParse(rest[11], CultureInfo.InvariantCulture, out var user)
            & long.TryParse(rest[12], CultureInfo.InvariantCulture, out var system);
        if (!isNumber) return null;

        var cpu = TimeSpan.FromSeconds((user + system) / (double)TicksPerSecond);
        return new ThreadLine(id, stat[(open + 1)..close], rest[0], cpu);
    }
}
