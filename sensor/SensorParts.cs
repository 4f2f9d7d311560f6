using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Sensor;

/// <summary>What else works in a sensor.</summary>
public sealed record SensorParts
{
    /// <summary>Called by a shard's thread before each batch of frames: how deep it is to look.</summary>
    public Action<Shard>? BeforeBatch { get; init; }

    /// <summary>Called by a capture's thread after each batch.</summary>
    public Action<PacketCapture>? Progressed { get; init; }

    /// <summary>Name of the rung that the sensor is on.</summary>
    public Func<string> Rung { get; init; } = static () => "";

    public Func<string> ConfigRevision { get; init; } = static () => "";
}
