using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Security;
using NetSniff.Worker.Ingest;

namespace NetSniff.Worker;

/// <summary>What a worker is told.</summary>
public sealed record WorkerOptions
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    /// <summary>Where the log is.</summary>
    public required string Folder { get; init; }

    /// <summary>Address and port that sensors and those who ask connect to; port 0 for any that is free.</summary>
    public string Listen { get; init; } = "127.0.0.1:0";

    /// <summary>Null for plain HTTP/2, which only tests and a loopback should ask for.</summary>
    public ServerSecurity? Security { get; init; }

    /// <summary>Also HTTP/3, where this platform has QUIC.</summary>
    public bool OffersQuic { get; init; }

    public QueueOptions Log { get; init; } = new() { SegmentBytes = 16 << 20, BytesMax = 4L << 30 };

    public long BacklogBytesMax { get; init; } = 512L << 20;

    public CommitOptions Commit { get; init; } = new();

    /// <summary>What is in the log is stored before the worker ends, if it takes no longer.</summary>
    public TimeSpan DrainMax { get; init; } = TimeSpan.FromSeconds(20);
}
