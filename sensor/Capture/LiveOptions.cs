namespace NetSniff.Sensor.Capture;

public enum CaptureDirection : byte { Both, In, Out }

/// <summary>What to capture from the interfaces of this machine.</summary>
public sealed record LiveOptions
{
    /// <summary>Every interface there is, and those that come.</summary>
    public const string AnyInterface = "any";

    public const int RingsMax = 64;
    public const int InterfacesMax = 256;
    public const int RingMebibytesDefault = 64;
    public const int RingMebibytesMax = 4_096;

    public required IReadOnlyList<string> Interfaces { get; init; }

    public CaptureFilter? Filter { get; init; }

    /// <summary>Of <see cref="Interfaces"/>, and of those that come, only these.</summary>
    public InterfaceChoice Choice { get; init; } = InterfaceChoice.All;

    /// <summary>Most bytes kept of a frame. Segmentation offload makes frames of 64 KiB.</summary>
    public int SnapLengthMax { get; init; } = 262_144;

    /// <summary>Also frames for other machines. Off, the card is not asked for them, and those that come nevertheless
    /// (a bridge, another program that asked) are left out.</summary>
    public bool IsPromiscuous { get; init; } = true;

    public CaptureDirection Direction { get; init; }

    /// <summary>Threads the frames are shared out to, a flow always to the same one.</summary>
    public int Rings { get; init; } = 1;

    /// <summary>Kernel memory per ring and interface.</summary>
    public int RingMebibytes { get; init; } = RingMebibytesDefault;

    /// <summary>The kernel hands the ring over in blocks; a frame does not leave its block.</summary>
    public int BlockBytes { get; init; } = 1 << 20;

    /// <summary>A block that is not full is handed over after this.</summary>
    public TimeSpan BlockWait { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The network namespace the interfaces are in: a path such as `/proc/4711/ns/net`. Needs
    /// CAP_SYS_ADMIN.</summary>
    public string? NetworkNamespace { get; init; }
}
