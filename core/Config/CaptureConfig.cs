namespace NetSniff.Config;

/// <summary>How packets are taken from the interfaces.</summary>
public sealed record CaptureConfig
{
    public const int SnapLengthMin = 64, SnapLengthMax = 262_144;

    /// <summary>Holds from the next start of the sensor on.</summary>
    public BackendChoice Backend { get; set; }

    public InterfacesConfig Interfaces { get; set; } = new();

    public DirectionChoice Direction { get; set; } = DirectionChoice.Both;

    /// <summary>Bytes taken of a frame.</summary>
    public int SnapLength { get; set; } = SnapLengthMax;

    /// <summary>A filter as pcap-filter(7) has it; empty for all packets.</summary>
    public string BpfFilter { get; set; } = "";

    /// <summary>Which of two nodes tells of a connection that both see: asked of the records, and so of workers; here
    /// because a profile says it.</summary>
    public DeduplicationChoice Deduplication { get; set; }

    public SamplingConfig Sampling { get; set; } = new();

    /// <summary>Holds from the next start of the sensor on.</summary>
    public RingConfig Ring { get; set; } = new();
}

public enum BackendChoice : byte { Auto, AFPacket, AFXDP, Libpcap }

/// <summary>As seen from the interface.</summary>
public enum DirectionChoice : byte { Both, Ingress, Egress }

public enum DeduplicationChoice : byte { PreferSource, PreferDestination, None }

public enum FanoutChoice : byte
{
    /// <summary>A thread for each CPU that the sensor may use; a flow's packets all come to one of them.</summary>
    FlowHash,

    /// <summary>By the CPU that a packet came in on: not done, for it parts the two directions of a flow.</summary>
    CPU,

    /// <summary>One thread.</summary>
    None,
}

/// <summary>Names, or expressions between slashes such as `/^veth/`.</summary>
public sealed record InterfacesConfig
{
    /// <summary>Empty for all.</summary>
    public IReadOnlyList<string> Include { get; set; } = [];

    public IReadOnlyList<string> Exclude { get; set; } = [];

    /// <returns>What stands between the slashes; null for a name.</returns>
    public static string? ExpressionOf(string name) =>
        name is ['/', .., '/'] and { Length: > 2 } ? name[1..^1] : null;
}

/// <summary>The buffer between the kernel and the sensor.</summary>
public sealed record RingConfig
{
    /// <summary>A quantity: `64Mi`; absent for the sensor's own.</summary>
    public string Size { get; set; } = "";

    /// <summary>Absent for what the command line says.</summary>
    public FanoutChoice? Fanout { get; set; }
}

public enum SamplingMode : byte { None, Flow, Packet }

/// <summary>Payload of one flow in so many is read, whatever the load; all flows are counted.</summary>
public sealed record SamplingConfig
{
    public SamplingMode Mode { get; set; }

    public int OneIn { get; set; } = 1;
}

/// <param name="Name">As the page of protocols has it; upper case and lower are one.</param>
public sealed record ProtocolConfig(string Name)
{
    public const int PortsMax = 64;

    /// <summary>Only flows with one of these are asked; empty for any.</summary>
    public IReadOnlyList<int> Ports { get; set; } = [];
}
