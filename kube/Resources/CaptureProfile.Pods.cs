using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum ExportType { OTLP, Kafka, IPFIX }

public enum OtlpProtocol { GRPC, HTTPProtobuf }

public enum OtlpSignal { Traces, Metrics, Logs }

public enum ExportCompression { None, Gzip }

public enum IpfixTransport { TCP, UDP }

public enum TolerationOperator { Exists, Equal }

public enum TaintEffect { NoSchedule, PreferNoSchedule, NoExecute }

[Rule("(self.type == 'OTLP') == has(self.otlp)", "otlp is required when, and only when, type is OTLP", ".otlp")]
[Rule("(self.type == 'Kafka') == has(self.kafka)", "kafka is required when, and only when, type is Kafka", ".kafka")]
[Rule("(self.type == 'IPFIX') == has(self.ipfix)", "ipfix is required when, and only when, type is IPFIX", ".ipfix")]
public sealed record ExportSettings : ResourcePart
{
    [Description("What it is called where it is counted.")]
    [Text(63, min: 1, pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public required string Name { get; init; }

    [Description("Which of the following says where to.")]
    public required ExportType Type { get; init; }

    [Description("Filter expression; only records that match are sent.")]
    [Text(2048)]
    public string? Filter { get; init; }

    [Description("To an OpenTelemetry collector.")]
    public OtlpExport? OTLP { get; init; }

    [Description("To a Kafka topic.")]
    public KafkaExport? Kafka { get; init; }

    [Description("To an IPFIX collector.")]
    public IpfixExport? IPFIX { get; init; }
}

public sealed record OtlpExport : ResourcePart
{
    [Description("URL of the collector.")]
    [Text(2048, min: 1, pattern: "^https?://.+")]
    public required string Endpoint { get; init; }

    [Description("How it is spoken to.")]
    public OtlpProtocol Protocol { get; init; }

    [Description("What is sent.")]
    [Entries(3, min: 1)]
    public IReadOnlyList<OtlpSignal> Signals { get; init; } = [OtlpSignal.Traces, OtlpSignal.Metrics];

    [Description("Headers of each request: keys and values of the secret.")]
    public SecretReference? HeadersSecretRef { get; init; }

    [Description("Authority that the collector's certificate is signed by.")]
    public SecretReference? CaSecretRef { get; init; }

    [Description("How requests are packed.")]
    public ExportCompression Compression { get; init; } = ExportCompression.Gzip;
}

public sealed record KafkaExport : ResourcePart
{
    [Description("Brokers to begin with, host:port.")]
    [Entries(16, min: 1), Text(261, min: 3)]
    public required IReadOnlyList<string> Brokers { get; init; }

    [Description("Topic that records go to.")]
    [Text(249, min: 1)]
    public required string Topic { get; init; }

    [Description("User and password.")]
    public SecretReference? CredentialsSecretRef { get; init; }
}

public sealed record IpfixExport : ResourcePart
{
    [Description("Name or address of the collector.")]
    [Text(253, min: 1)]
    public required string Host { get; init; }

    [Description("Its port.")]
    [Number(1, 65535)]
    public int Port { get; init; } = 4739;

    [Description("How it is spoken to.")]
    public IpfixTransport Transport { get; init; }
}

public sealed record SensorPods : ResourcePart
{
    [Description("What a sensor's container may use.")]
    public ResourceAmounts? Resources { get; init; }

    [Description("Priority class of the pods.")]
    [Text(253)]
    public string? PriorityClassName { get; init; }

    [Description("How many may be away at once while they are replaced: a number, or a share such as 10%.")]
    public IntOrPercent MaxUnavailable { get; init; } = new("10%");

    [Description("Taints that do not keep sensors off a node; without any, none does.")]
    [Entries(32, IsAtomic = true)]
    public IReadOnlyList<Toleration>? Tolerations { get; init; }
}

public sealed record Toleration : ResourcePart
{
    [Description("Key of the taint; without one every key.")]
    [Text(317)]
    public string? Key { get; init; }

    [Description("Whether the value must be the same.")]
    public TolerationOperator? Operator { get; init; }

    [Description("Value of the taint.")]
    [Text(63)]
    public string? Value { get; init; }

    [Description("Effect of the taint; without one every effect.")]
    public TaintEffect? Effect { get; init; }

    [Description("How long a pod stays on a node that is tainted NoExecute.")]
    [Number(0, 86400 * 365)]
    public long? TolerationSeconds { get; init; }
}

public sealed record WorkerPods : ResourcePart
{
    [Description("At least so many.")]
    [Number(1, 500)]
    public int MinReplicas { get; init; } = 2;

    [Description("At most so many.")]
    [Number(1, 500)]
    public int MaxReplicas { get; init; } = 10;

    [Description("More are started above this share of the CPU they asked for.")]
    [Number(10, 95)]
    public int TargetCPUUtilizationPercentage { get; init; } = 65;

    [Description("More are started when records wait longer.")]
    [Number(1, 300)]
    public int TargetLagSeconds { get; init; } = 5;

    [Description("What a worker's container may use.")]
    public ResourceAmounts? Resources { get; init; }
}
