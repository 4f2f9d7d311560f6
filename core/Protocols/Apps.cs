namespace NetSniff.Protocols;

/// <summary>Names of what flows speak: the protocols we read, then those we only recognise.</summary>
public static class Apps
{
    /// <summary>Nobody knows yet, or ever.</summary>
    public const ushort Unknown = 0;

    /// <summary>No name: what a shard says of a frame that belongs to nobody who may be looked at.</summary>
    public const ushort Untargeted = ushort.MaxValue;

    private static readonly List<string> s_names = [""];
    private static readonly Dictionary<string, ushort> s_ids = new(StringComparer.Ordinal) { [""] = Unknown };

    static Apps()
    {
        foreach (var entry in Protocols.All) Add(entry.Info.Name);
    }

    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The number of a name, given on first use. Look it up once, in a static field.</summary>
    public static ushort Add(string name)
    {
        lock (s_names)
        {
            if (s_ids.TryGetValue(name, out var known)) return known;

            s_names.Add(name);
            s_ids.Add(name, (ushort)(s_names.Count - 1));
            return (ushort)(s_names.Count - 1);
        }
    }

    /// <summary>The number of a name that has one.</summary>
    public static bool TryFind(string name, out ushort app)
    {
        lock (s_names) return s_ids.TryGetValue(name, out app);
    }

    public static string Name(ushort app) => s_names[app];
}
