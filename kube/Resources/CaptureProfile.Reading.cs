using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum ProtocolName
{
    HTTP1, HTTP2, GRPC, WebSocket, DNS, TLS, Redis, MySQL, PostgreSQL, MongoDB, Kafka, AMQP, MQTT, NATS, QUIC, ICMP,
    Plugin,
}

public enum PayloadLevel { None, Metadata, Headers, Body }

public enum RedactionMode { Enforce, Disabled }

public enum RedactionPreset { Credentials, PersonalData, PaymentCard, CloudSignatures }

public enum OverloadStep { SampleFlows, HeadersOnly, FlowsOnly, Stop }

[Rule("(self.name == 'Plugin') == has(self.plugin)",
    "plugin is required when, and only when, name is Plugin", ".plugin")]
public sealed record ProtocolSettings : ResourcePart
{
    [Description("Which protocol; Plugin for one that a plugin reads.")]
    public required ProtocolName Name { get; init; }

    [Description("Ports where it is looked for; without any it is recognised on every port.")]
    [Entries(32), Number(1, 65535)]
    public IReadOnlyList<int>? Ports { get; init; }

    [Description("Name of the plugin.")]
    [Text(253)]
    public string? Plugin { get; init; }
}

public sealed record PayloadSettings : ResourcePart
{
    [Description("None: only that something was said. Metadata: methods, names, codes. Headers: these too. "
        + "Body: all of it.")]
    public PayloadLevel Level { get; init; } = PayloadLevel.Headers;

    [Description("Bytes kept of a body.")]
    [Number(0, 1048576)]
    public int MaxBodyBytes { get; init; } = 4096;
}

public sealed record RedactionSettings : ResourcePart
{
    [Description("Disabled leaves everything readable, and bodies out.")]
    public RedactionMode Mode { get; init; }

    [Description("Sets of patterns that come with the program.")]
    [Entries(8)]
    public IReadOnlyList<RedactionPreset> Presets { get; init; } = [RedactionPreset.Credentials];

    [Description("Headers whose values are taken out.")]
    [Entries(64), Text(128, min: 1)]
    public IReadOnlyList<string>? Headers { get; init; }

    [Description("Fields of JSON bodies, wherever they are.")]
    [Entries(64), Text(128, min: 1)]
    public IReadOnlyList<string>? JsonFields { get; init; }

    [Description("Parameters of a request's target.")]
    [Entries(64), Text(128, min: 1)]
    public IReadOnlyList<string>? QueryParameters { get; init; }

    [Description("Patterns of one's own.")]
    [Entries(32, keys: "name")]
    public IReadOnlyList<RedactionPattern>? Patterns { get; init; }
}

public sealed record RedactionPattern : ResourcePart
{
    [Description("What it is called where it is counted.")]
    [Text(63, min: 1)]
    public required string Name { get; init; }

    [Description("What is taken out.")]
    [Text(512, min: 1)]
    public required string Regex { get; init; }

    [Description("What stands in its place.")]
    [Text(64)]
    public string Replacement { get; init; } = "REDACTED";
}

public sealed record BudgetSettings : ResourcePart
{
    [Description("CPUs of one sensor.")]
    public Quantity? Cpu { get; init; }

    [Description("Bytes of memory of one sensor.")]
    public Quantity? Memory { get; init; }

    [Description("Packets a second of one sensor.")]
    [Number(1000, 100000000)]
    public long? MaxPacketsPerSecond { get; init; }

    [Description("How far down it steps at most; flows are counted on every step but the last.")]
    public OverloadStep OnOverload { get; init; }
}

public sealed record StorageSettings : ResourcePart
{
    [Description("Packets that each node keeps for a while, for a CaptureSession to reach back into.")]
    public PacketBuffer PacketBuffer { get; init; } = new();

    [Description("How long workers keep records.")]
    public Duration? FlowRetention { get; init; }
}

public sealed record PacketBuffer : ResourcePart
{
    [Description("Bytes on the node's disk.")]
    public Quantity? Size { get; init; }

    [Description("How old a packet may get in it.")]
    public Duration? MaxAge { get; init; }
}

public sealed record RuleSelection : ResourcePart
{
    [Description("Rules by their labels.")]
    public LabelSelector? Selector { get; init; }

    [Description("Namespaces whose rules are looked at; without it the profile's own.")]
    public LabelSelector? NamespaceSelector { get; init; }
}
