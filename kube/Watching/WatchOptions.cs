namespace NetSniff.Kube.Watching;

/// <summary>How a watch goes about it.</summary>
public sealed record WatchOptions
{
    /// <summary>Null for all namespaces, and for what has none.</summary>
    public string? Namespace { get; init; }

    /// <summary>Objects asked for in one answer.</summary>
    public int PageMax { get; init; } = 500;

    /// <summary>Bytes of one answer; a page of the largest objects there are has more, and is not taken.</summary>
    public int PageBytesMax { get; init; } = 512 << 20;

    /// <summary>Bytes of one notice; an object has at most 1.5 MiB in the server's own store.</summary>
    public int LineBytesMax { get; init; } = 8 << 20;

    /// <summary>Objects kept; more are not taken, and counted.</summary>
    public int ObjectsMax { get; init; } = 500_000;

    /// <summary>One page of a list, from the question to its last byte.</summary>
    public TimeSpan PageTimeMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After which the server is asked to end a watch in order; up to twice as long, by chance, so that those
    /// of many workers do not end together.</summary>
    public TimeSpan WatchTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Nothing came for so long, and the server sends a bookmark about once a minute: the connection is taken
    /// for dead.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>First wait after a failure; each further one doubles it.</summary>
    public TimeSpan WaitMin { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(30);
}
