namespace NetSniff.Worker.Serve;

/// <summary>How much any caller, and all of them together, may ask of a worker.</summary>
public sealed record ServeLimits
{
    private ServeBounds _bounds = new();

    /// <summary>Bytes of one request.</summary>
    public int RequestBytesMax { get; init; } = 64 * 1024;

    /// <summary>Calls that one caller may have open.</summary>
    public int CallsPerCallerMax { get; init; } = 128;

    public int ConnectionsMax { get; init; } = 4096;

    /// <summary>Calls that read the store at one time; others wait for <see cref="ReadWait"/>.</summary>
    public int ReadsMax { get; init; } = 8;

    public TimeSpan ReadWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Statements of SQL that run at one time, beside the other reads.</summary>
    public int SqlAtOnceMax { get; init; } = 2;

    /// <summary>Answers that are written as JSON at one time: each holds a batch unpacked.</summary>
    public int JsonStreamsMax { get; init; } = 100;

    /// <summary>Of a call that set no deadline and does not follow.</summary>
    public TimeSpan CallDefault { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Published records that wait for the feed's own thread, bytes.</summary>
    public long PublishedBytesMax { get; init; } = 32 << 20;

    /// <summary>Records that wait for followers to take them, bytes of all followers together.</summary>
    public long FollowBytesMax { get; init; } = 64 << 20;

    /// <summary>How long a reader may take nothing before its call is ended.</summary>
    public TimeSpan StallMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long another worker may say nothing before it counts as absent.</summary>
    public TimeSpan MemberWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before a member that broke a followed call is asked again.</summary>
    public TimeSpan MemberPause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Groups that a worker gives to another that adds them up.</summary>
    public int GroupsMax { get; init; } = 100_000;

    public int SqlLengthMax { get; init; } = 16 * 1024;

    /// <summary>Requests for raw packets at one time; others wait for <see cref="ReadWait"/>.</summary>
    public int PacketCallsMax { get; init; } = 4;

    /// <summary>Packets of one answer.</summary>
    public long PacketsMax { get; init; } = 20_000_000;

    /// <summary>Bytes of one capture file.</summary>
    public long PacketBytesMax { get; init; } = 4L << 30;

    /// <summary>Flows whose packets one request asks for by a filter over records.</summary>
    public int PacketFlowsMax { get; init; } = 20_000;

    /// <summary>How long a request for packets of the past may take.</summary>
    public TimeSpan PacketTimeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long one may follow.</summary>
    public TimeSpan PacketFollowMax { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How long a sensor may be set to anything.</summary>
    public TimeSpan TaskTimeMax { get; init; } = TimeSpan.FromHours(24);

    public TimeSpan SqlDefault { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Those that may be changed; any thread asks.</summary>
    public ServeBounds Bounds
    {
        get => Volatile.Read(ref _bounds);
        set => Volatile.Write(ref _bounds, value);
    }

    public int RecordsMax { get => Bounds.RecordsMax; init => Bounds = Bounds with { RecordsMax = value }; }

    public int FollowersMax { get => Bounds.FollowersMax; init => Bounds = Bounds with { FollowersMax = value }; }

    public int RowsMax { get => Bounds.RowsMax; init => Bounds = Bounds with { RowsMax = value }; }

    public int SqlRowsMax { get => Bounds.SqlRowsMax; init => Bounds = Bounds with { SqlRowsMax = value }; }

    public TimeSpan SqlMax { get => Bounds.SqlMax; init => Bounds = Bounds with { SqlMax = value }; }
}
