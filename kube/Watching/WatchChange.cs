namespace NetSniff.Kube.Watching;

public enum WatchChangeKind : byte
{
    /// <summary>It is new, or is another than before.</summary>
    Put,

    /// <summary>It is no more; <see cref="WatchChange{T}.Object"/> is the last that was known of it.</summary>
    Gone,

    /// <summary>All that there is has been told.</summary>
    Synced,
}

/// <param name="Before">What was known of it until now; null for one that is new.</param>
/// <param name="IsListed">It was found in a list: since when it is so, nobody said.</param>
public readonly record struct WatchChange<T>(
    WatchChangeKind Kind, ResourceName Name, T? Object, T? Before = null, bool IsListed = false) where T : class;
