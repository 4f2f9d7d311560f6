using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Governor;
using NetSniff.Sensor.Keeping;

namespace NetSniff.Sensor;

/// <summary>What else works in a sensor.</summary>
public sealed record SensorParts
{
    /// <summary>Called by a shard's thread before each batch of frames: how deep it is to look.</summary>
    public Action<Shard>? BeforeBatch { get; init; }

    /// <summary>Called by a capture's thread after each batch.</summary>
    public Action<PacketCapture>? Progressed { get; init; }

    /// <summary>Called by the task that decides what is sent to whom, each time it comes round.</summary>
    public Action? Dispatched { get; init; }

    /// <summary>Puts something between a shard and the spool: what may leave.</summary>
    public Func<RecordConsumer, RecordConsumer> Gate { get; init; } = static next => next;

    /// <summary>What came to the gates and what they left out.</summary>
    public Func<IEnumerable<LedgerLine>> GateLedger { get; init; } = static () => [];

    /// <summary>Name of the rung that the sensor is on.</summary>
    public Func<string> Rung { get; init; } = static () => "";

    /// <summary>Where raw packets go; null where none are kept.</summary>
    public PacketKeeping? Packets { get; init; }

    /// <summary>Held down by tasks that ask for less depth.</summary>
    public DepthFloor Floor { get; init; } = new();

    public Func<string> ConfigRevision { get; init; } = static () => "";
}
