using System.Globalization;

namespace NetSniff.Storage.PacketRing;

/// <summary>Reading back.</summary>
public sealed unsafe partial class PacketRing
{
    /// <summary>Finds packets, in the order they were appended. Packets that come after this call may or may not be
    /// among them; those that are given up meanwhile still are.</summary>
    public RingCursor Find(RingQuery query)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var limit = AgeLimit();
            if (query.FromNanos < limit) query = query with { FromNanos = limit };
            return new RingCursor([.. _segments.Where(static segment => segment.File.TryHold())], _interfaces, query);
        }
    }

    /// <summary>Finds packets in a folder that another process may be writing at. Nothing in it is changed.</summary>
    /// <exception cref="IOException">It is no folder of a ring, or may not be read.</exception>
    public static RingCursor FindIn(string folder, RingQuery query)
    {
        var segments = new List<RingSegment>();
        try
        {
            foreach (var (path, number) in Files(folder))
            {
                if (RingSegment.Look(path, number) is { } segment) segments.Add(segment);
            }

            return new RingCursor(segments, RingInterfaces.Look(folder), query);
        }
        catch
        {
            foreach (var segment in segments) segment.File.Release();
            throw;
        }
    }

    /// <summary>Whether a folder holds a ring that packets or the names of interfaces have been written to.</summary>
    public static bool IsRing(string folder) => Directory.Exists(folder)
        && (Directory.EnumerateFiles(folder, "*" + RingSegment.Extension).Any()
            || Directory.EnumerateFiles(folder, "*" + RingInterfaces.Extension).Any());

    /// <summary>Files in the order they were begun.</summary>
    private static IEnumerable<(string Path, ulong Number)> Files(string folder)
    {
        foreach (var path in Directory.GetFiles(folder, "*" + RingSegment.Extension).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (ulong.TryParse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            {
                yield return (path, number);
            }
        }
    }

    private long AgeLimit()
    {
        var newest = _segments.Select(static segment => segment.LastNanos).DefaultIfEmpty(0).Max();
        if (_block != null && _block->Packets > 0) newest = Math.Max(newest, _block->LastNanos);
        var age = _options.AgeMax.Ticks * TimeSpan.NanosecondsPerTick;
        return Math.Max(newest - Math.Min(age, newest), _floorNanos);
    }
}
