using System.Globalization;

namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>A stretch of memory that holds code.</summary>
/// <param name="Offset">Where in the file it begins.</param>
/// <param name="Path">Of the file; a word in brackets or nothing where there is none.</param>
internal sealed record CodeRegion(ulong Start, ulong End, ulong Offset, string Path)
{
    /// <summary>The library, where it is one.</summary>
    public NativeModule? Module { get; init; }
}

/// <summary>Where this process has code (proc_pid_maps(5)).</summary>
internal sealed class MemoryMap : IDisposable
{
    private const int RegionsMax = 10_000;

    private readonly Dictionary<string, NativeModule?> _modules = new(StringComparer.Ordinal);
    private readonly List<CodeRegion> _regions = [];

    /// <summary>Reads it anew: libraries may have come.</summary>
    public void Refresh(string path = "/proc/self/maps")
    {
        try
        {
            _regions.Clear();
            foreach (var line in File.ReadLines(path))
            {
                if (_regions.Count < RegionsMax && Parse(line) is { } region)
                {
                    _regions.Add(region with { Module = ModuleOf(region.Path) });
                }
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Then addresses have no names.
        }

        _regions.Sort((left, right) => left.Start.CompareTo(right.Start));
    }

    public CodeRegion? Find(ulong address)
    {
        var (low, high) = (0, _regions.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var region = _regions[middle];
            if (address < region.Start) high = middle - 1;
            else if (address >= region.End) low = middle + 1;
            else return region;
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var module in _modules.Values) module?.Dispose();
    }

    /// <summary>`7f00-7f80 r-xp 00001000 08:01 1234   /lib/x.so`, if it may be executed.</summary>
    internal static CodeRegion? Parse(string line)
    {
        var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 5 || fields[1].Length < 3 || fields[1][2] != 'x') return null;

        var dash = fields[0].IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !TryHex(fields[0].AsSpan(0, dash), out var start)
            || !TryHex(fields[0].AsSpan(dash + 1), out var end) || !TryHex(fields[2], out var offset))
        {
            return null;
        }

        return end <= start ? null : new CodeRegion(start, end, offset, fields.Length > 5 ? fields[5].Trim() : "");
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    private NativeModule? ModuleOf(string path)
    {
        if (!path.StartsWith('/')) return null;
        if (!_modules.TryGetValue(path, out var module)) _modules[path] = module = NativeModule.Open(path);
        return module;
    }
}
