using NetSniff.Pipeline;
using NetSniff.Sensor.Export;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Security;

namespace NetSniff.Sensor;

/// <summary>What a sensor is told.</summary>
public sealed record SensorOptions
{
    public required string Node { get; init; }

    public required string Version { get; init; }

    /// <summary>Where the spool is.</summary>
    public required string Folder { get; init; }

    /// <summary>Null for plain HTTP/2, which only tests and a loopback should ask for.</summary>
    public ClientSecurity? Security { get; init; }

    /// <summary>How the spool's id begins: whose it is, as the certificate says; empty where it names nobody.</summary>
    public string SpoolIdPrefix { get; init; } = "";

    public bool PrefersQuic { get; init; }

    public ShardOptions Shard { get; init; } = new();

    public ExportOptions Export { get; init; } = new();

    /// <summary>Each lane has a file of its own, so files are small.</summary>
    public QueueOptions Spool { get; init; } = new() { SegmentBytes = 2 << 20, BytesMax = 1L << 30 };

    /// <summary>Whether frames bear the time of now, so that a quiet wire ends flows too. Off for capture files.
    /// </summary>
    public bool IsLive { get; init; } = true;

    /// <summary>Before the sensor ends it waits so long for what it sent to be acknowledged; the rest stays in the
    /// spool.
    /// </summary>
    public TimeSpan DrainMax { get; init; } = TimeSpan.FromSeconds(10);

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
