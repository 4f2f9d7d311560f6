using System.Text.Json.Serialization;

namespace NetSniff.Config;

/// <summary>What a sensor is told while it runs. Names and values are those of a CaptureProfile's spec, so that whoever
/// has one copies it.</summary>
public sealed record SensorConfig
{
    public CaptureConfig Capture { get; init; } = new();

    /// <summary>Which records leave, in the filter language; empty for all.</summary>
    public string Where { get; init; } = "";

    /// <summary>Protocols that are read; empty for all.</summary>
    public IReadOnlyList<ProtocolConfig> Protocols { get; init; } = [];

    public PayloadConfig Payload { get; init; } = new();

    public RedactionConfig Redaction { get; init; } = new();

    public BudgetConfig Budget { get; init; } = new();

    public FlowsConfig Flows { get; init; } = new();
}

public sealed record CaptureConfig
{
    /// <summary>A filter as pcap-filter(7) has it; empty for all packets.</summary>
    public string BpfFilter { get; init; } = "";

    public SamplingConfig Sampling { get; init; } = new();
}

public enum SamplingMode : byte { None, Flow }

/// <summary>Payload of one flow in so many is read, whatever the load; all flows are counted.</summary>
public sealed record SamplingConfig
{
    public SamplingMode Mode { get; init; }

    public int OneIn { get; init; } = 1;
}

/// <param name="Name">As the page of protocols has it; upper case and lower are one.</param>
public sealed record ProtocolConfig(string Name);

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
    public PayloadLevel Level { get; init; } = PayloadLevel.Headers;
}

public enum RedactionMode : byte { Enforce, Disabled }

public enum RedactionPreset : byte { Credentials, PersonalData, PaymentCard, CloudSignatures }

/// <summary>What is made unreadable before a record leaves the sensor.</summary>
public sealed record RedactionConfig
{
    public RedactionMode Mode { get; init; }

    public IReadOnlyList<RedactionPreset> Presets { get; init; } = [RedactionPreset.Credentials];

    public IReadOnlyList<string> Headers { get; init; } = [];

    public IReadOnlyList<string> JsonFields { get; init; } = [];

    public IReadOnlyList<string> QueryParameters { get; init; } = [];

    public IReadOnlyList<PatternConfig> Patterns { get; init; } = [];
}

public sealed record PatternConfig(string Name, string Regex)
{
    public string Replacement { get; init; } = "REDACTED";
}

/// <summary>What the sensor may use; absent for what its control group allows.</summary>
public sealed record BudgetConfig
{
    /// <summary>A quantity as Kubernetes writes them: `1`, `500m`.</summary>
    public string Cpu { get; init; } = "";

    /// <summary>A quantity: `512Mi`.</summary>
    public string Memory { get; init; } = "";

    public long MaxPacketsPerSecond { get; init; }

    /// <summary>`SampleFlows`, `HeadersOnly` or `FlowsOnly`: where the first step down leads.</summary>
    public string OnOverload { get; init; } = "SampleFlows";
}

/// <summary>When a flow that says nothing is over, and when one that never ends is told.</summary>
public sealed record FlowsConfig
{
    public string TcpEstablishedIdleMax { get; init; } = "10m";

    public string TcpHalfOpenIdleMax { get; init; } = "1m";

    public string TcpClosedIdleMax { get; init; } = "5s";

    public string DatagramIdleMax { get; init; } = "1m";

    public string OtherIdleMax { get; init; } = "1m";

    public string ActiveMax { get; init; } = "30m";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowTrailingCommas = true,
    ReadCommentHandling = System.Text.Json.JsonCommentHandling.Skip, MaxDepth = 16)]
[JsonSerializable(typeof(SensorConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
