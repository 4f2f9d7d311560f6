using System.Globalization;

namespace NetSniff.Wire.Health;

/// <param name="State">As the kernel says: R runs, S sleeps, D waits for a disk.</param>
internal sealed record ThreadLine(int Id, string Name, string State, TimeSpan Cpu)
{
    /// <summary>What of its time it was in the kernel.</summary>
    public TimeSpan Kernel { get; init; }
}

/// <summary>The threads of this process as the kernel sees them; none where there is no /proc.</summary>
internal static class ThreadList
{
    private const int ThreadsMax = 1_000;

    /// <summary>Ticks in a second of the times in /proc: USER_HZ, the same on every machine Linux runs on today.
    /// </summary>
    private const int TicksPerSecond = 100;

    private const string Folder = "/proc/self/task";

    public static IReadOnlyList<ThreadLine> Read()
    {
        if (!Directory.Exists(Folder)) return [];

        return [.. Directory.EnumerateDirectories(Folder).Take(ThreadsMax).Select(ReadOne).OfType<ThreadLine>()
            .OrderByDescending(thread => thread.Cpu)];
    }

    public static IReadOnlyList<int> Ids() => !Directory.Exists(Folder) ? [] :
        [.. Directory.EnumerateDirectories(Folder).Take(ThreadsMax)
            .Select(path => int.Parse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture))];

    public static bool IsThere(int id) =>
        Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"{Folder}/{id}"));

    /// <summary>What a thread is called now.</summary>
    public static string NameOf(int id)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"{Folder}/{id}/comm")).TrimEnd('\n');
        }
        catch (IOException)
        {
            return "that has ended";
        }
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
        if (FieldsOf(stat) is not { Length: >= 13 } rest
            || !int.TryParse(stat[..open], CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        var isNumber = long.TryParse(rest[11], CultureInfo.InvariantCulture, out var user)
            & long.TryParse(rest[12], CultureInfo.InvariantCulture, out var system);
        if (!isNumber) return null;

        var cpu = TimeSpan.FromSeconds((user + system) / (double)TicksPerSecond);
        return new ThreadLine(id, stat[(open + 1)..close], rest[0], cpu)
        {
            Kernel = TimeSpan.FromSeconds(system / (double)TicksPerSecond),
        };
    }

    /// <summary>The fields behind the name, beginning with the third, or null.</summary>
    internal static string[]? FieldsOf(string stat)
    {
        var open = stat.IndexOf('(', StringComparison.Ordinal);
        var close = stat.LastIndexOf(')');
        return open < 0 || close < open ? null : stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
