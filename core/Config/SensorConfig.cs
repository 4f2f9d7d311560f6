using System.Text.Json.Serialization;

namespace NetSniff.Config;

/// <summary>What a sensor is told while it runs. Names and values are those of a CaptureProfile's spec, so that whoever
/// has one copies it.</summary>
/// <remarks>Nobody changes one. The setters are for the generated reader: what is set only at birth it would set to
/// nothing where a document is silent.</remarks>
public sealed record SensorConfig
{
    /// <summary>Rises with every change: of two plans the higher is the newer. 0 where nobody counts.</summary>
    public long Sequence { get; set; }

    /// <summary>Names the contents, for whoever asks which plan runs; empty for a hash of the document.</summary>
    public string Revision { get; set; } = "";

    /// <summary>Captures nothing and stays as it is otherwise.</summary>
    public bool Suspend { get; set; }

    public TargetsConfig Targets { get; set; } = new();

    public CaptureConfig Capture { get; set; } = new();

    /// <summary>Which records leave, in the filter language; empty for all.</summary>
    public string Where { get; set; } = "";

    /// <summary>Protocols that are read; empty for all.</summary>
    public IReadOnlyList<ProtocolConfig> Protocols { get; set; } = [];

    public PayloadConfig Payload { get; set; } = new();

    public RedactionConfig Redaction { get; set; } = new();

    public BudgetConfig Budget { get; set; } = new();

    public FlowsConfig Flows { get; set; } = new();

    public StorageConfig Storage { get; set; } = new();
}

/// <summary>How much of what was said may leave the sensor.</summary>
public enum PayloadLevel : byte
{
    /// <summary>Flows alone.</summary>
    None,

    /// <summary>Who asked whom for what and how it went, without header lists and query strings.</summary>
    Metadata,

    /// <summary>Header lists and query strings too.</summary>
    Headers,

    /// <summary>Everything that records hold.</summary>
    Body,
}

public sealed record PayloadConfig
{
    public PayloadLevel Level { get; set; } = PayloadLevel.Headers;

    /// <summary>Of a body, where records hold bodies; none does yet.</summary>
    public int MaxBodyBytes { get; set; } = 4096;
}

public enum RedactionMode : byte { Enforce, Disabled }

public enum RedactionPreset : byte { Credentials, PersonalData, PaymentCard, CloudSignatures }

/// <summary>What is made unreadable before a record leaves the sensor.</summary>
public sealed record RedactionConfig
{
    public RedactionMode Mode { get; set; }

    public IReadOnlyList<RedactionPreset> Presets { get; set; } = [RedactionPreset.Credentials];

    public IReadOnlyList<string> Headers { get; set; } = [];

    public IReadOnlyList<string> JsonFields { get; set; } = [];

    public IReadOnlyList<string> QueryParameters { get; set; } = [];

    public IReadOnlyList<PatternConfig> Patterns { get; set; } = [];
}

public sealed record PatternConfig(string Name, string Regex)
{
    public string Replacement { get; set; } = "REDACTED";
}

/// <summary>What the sensor may use; absent for what its control group allows.</summary>
public sealed record BudgetConfig
{
    /// <summary>A quantity as Kubernetes writes them: `1`, `500m`.</summary>
    public string Cpu { get; set; } = "";

    /// <summary>A quantity: `512Mi`.</summary>
    public string Memory { get; set; } = "";

    public long MaxPacketsPerSecond { get; set; }

    /// <summary>`SampleFlows`, `HeadersOnly` or `FlowsOnly`: where the first step down leads.</summary>
    public string OnOverload { get; set; } = "SampleFlows";
}

/// <summary>When a flow that says nothing is over, and when one that never ends is told.</summary>
public sealed record FlowsConfig
{
    public string TcpEstablishedIdleMax { get; set; } = "10m";

    public string TcpHalfOpenIdleMax { get; set; } = "1m";

    public string TcpClosedIdleMax { get; set; } = "5s";

    public string DatagramIdleMax { get; set; } = "1m";

    public string OtherIdleMax { get; set; } = "1m";

    public string ActiveMax { get; set; } = "30m";
}

public sealed record StorageConfig
{
    public PacketBufferConfig PacketBuffer { get; set; } = new();

    /// <summary>How long workers keep records: theirs to do, and here only because a profile says it.</summary>
    public string FlowRetention { get; set; } = "";
}

/// <summary>The rolling store of raw packets. What `payload` and `redaction` say holds in it as well.</summary>
public sealed record PacketBufferConfig
{
    public const long SizeMin = 16L << 20;

    /// <summary>A quantity: `1Gi`; absent for what the command line says, `0` for none.</summary>
    public string Size { get; set; } = "";

    public string MaxAge { get; set; } = "1h";

    /// <summary>Payload may be kept as it was on the wire, whatever is in it: no redaction can be promised then.
    /// </summary>
    public bool RawPayload { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowTrailingCommas = true,
    ReadCommentHandling = System.Text.Json.JsonCommentHandling.Skip, MaxDepth = 16)]
[JsonSerializable(typeof(SensorConfig))]
[JsonSerializable(typeof(WorkerConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
