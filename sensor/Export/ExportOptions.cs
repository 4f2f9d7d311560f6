using NetSniff.Wire.Delivery;

namespace NetSniff.Sensor.Export;

/// <summary>When a batch is full.</summary>
public sealed record ExportOptions
{
    /// <summary>Records of one batch.</summary>
    public int RecordsMax { get; init; } = 8192;

    /// <summary>Bytes of the records of one batch, as they lie in the arena.</summary>
    public int BytesMax { get; init; } = 4 << 20;

    /// <summary>A record waits no longer for others.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Of zstd.</summary>
    public int CompressionLevel { get; init; } = BatchPacker.LevelDefault;
}
