using System.ComponentModel;
using System.Text.Json.Nodes;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum RuleMode { Alert, Shadow, Disabled }

public enum RuleSeverity { Info, Low, Medium, High, Critical }

public enum RuleProtocol
{
    TCP, UDP, ICMP, HTTP1, HTTP2, GRPC, WebSocket, DNS, TLS, Redis, MySQL, PostgreSQL, MongoDB, Kafka, AMQP, MQTT,
    NATS, QUIC,
}

public enum PeerLocation { Any, Pod, Node, External }

[Resource("detectionrules", "drule", Conditions = ["Accepted", "Programmed"])]
[Column("Severity", "string", ".spec.severity")]
[Column("Mode", "string", ".spec.mode")]
[Column("Type", "string", ".spec.detector.type")]
[Column("Accepted", "string", """.status.conditions[?(@.type=="Accepted")].status""")]
[Column("Programmed", "string", """.status.conditions[?(@.type=="Programmed")].status""")]
[Column("Alerts", "integer", ".status.alertCount")]
[Column("Last Alert", "date", ".status.lastAlertTime")]
[Column("Cost", "string", ".status.cost.meanEvaluationTime", "Mean time of one evaluation.", wide: true)]
[Column("Techniques", "string", ".spec.attack.techniques", wide: true)]
[Column("Message", "string", """.status.conditions[?(@.type=="Accepted")].message""", wide: true)]
[Column("Age", "date", ".metadata.creationTimestamp")]
[Description("Says which traffic is suspicious, whom to tell, and when to be silent.")]
public sealed record DetectionRule : CustomResource
{
    [Description("What is wanted.")]
    public required DetectionRuleSpec Spec { get; init; }

    [Description("What is.")]
    public DetectionRuleStatus? Status { get; init; }
}

[Rule("self.mode == 'Alert' || !has(self.actions) || size(self.actions) == 0 "
    + "|| self.actions.all(a, a.type == 'Event' || a.type == 'Metric')",
    "in mode Shadow or Disabled there are only Event and Metric actions", ".actions")]
[Rule("has(self.condition) || self.detector.type in ['Builtin', 'Anomaly', 'Pattern']",
    "condition is required for the detectors Match, Threshold, Distinct and Sequence", ".condition")]
public sealed record DetectionRuleSpec : ResourcePart
{
    [Description("What it finds, for people.")]
    [Text(2048)]
    public string? Description { get; init; }

    [Description("Shadow evaluates and counts and raises no alert: to tune a rule on live traffic.")]
    public RuleMode Mode { get; init; }

    [Description("Namespace sees records with an end in this namespace. Cluster is honoured only in the operator's "
        + "namespace.")]
    public ResourceScope Scope { get; init; }

    [Description("How bad it is.")]
    public required RuleSeverity Severity { get; init; }

    [Description("Lower runs first; between equals, names decide.")]
    [Number(0, 1000)]
    public int Priority { get; init; } = 500;

    [Description("What is looked at before anything costly; all that is given must hold.")]
    public RuleMatch Match { get; init; } = new();

    [Description("Filter expression over one record, in the language of the command line.")]
    [Text(4096, min: 1)]
    public string? Condition { get; init; }

    [Description("How records become a finding.")]
    public required RuleDetector Detector { get; init; }

    [Description("Narrow silences with a name and a reason. Each counts what it hid.")]
    [Entries(64, keys: "name")]
    public IReadOnlyList<RuleException>? Exceptions { get; init; }

    [Description("When alerts are one.")]
    public RuleDedupe Dedupe { get; init; } = new();

    [Description("What is done about it.")]
    [Entries(8, keys: "name")]
    public IReadOnlyList<RuleAction>? Actions { get; init; }

    [Description("Message; {{field}} stands for the field's value.")]
    [Text(1024)]
    public string? Output { get; init; }

    [Description("Where it belongs in MITRE ATT&CK.")]
    public AttackReference? Attack { get; init; }

    [Description("Where to read about it.")]
    [Entries(16), Text(2048, pattern: "^https?://.+")]
    public IReadOnlyList<string>? References { get; init; }

    [Description("Run whenever the rule changes. One that fails means Accepted is False with the reason TestFailed, "
        + "and the last good rule goes on.")]
    [Entries(32, keys: "name")]
    public IReadOnlyList<RuleTest>? Tests { get; init; }
}

public sealed record RuleMatch : ResourcePart
{
    [Description("One of these protocols.")]
    [Entries(32)]
    public IReadOnlyList<RuleProtocol>? Protocols { get; init; }

    [Description("One of these ports of the server.")]
    [Entries(32), Number(1, 65535)]
    public IReadOnlyList<int>? Ports { get; init; }

    [Description("Who began.")]
    public RulePeer? From { get; init; }

    [Description("Whom it was said to.")]
    public RulePeer? To { get; init; }
}

[Rule("!has(self.cidrs) || (!has(self.podSelector) && !has(self.namespaceSelector))",
    "cidrs excludes podSelector and namespaceSelector", ".cidrs")]
public sealed record RulePeer : ResourcePart
{
    [Description("What it is.")]
    public PeerLocation Location { get; init; }

    [Description("Namespaces of pods.")]
    public LabelSelector? NamespaceSelector { get; init; }

    [Description("Pods by their labels.")]
    public LabelSelector? PodSelector { get; init; }

    [Description("Networks, instead.")]
    [Entries(64), Text(43, pattern: "^[0-9a-fA-F:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string>? Cidrs { get; init; }
}

public sealed record RuleException : ResourcePart
{
    [Description("What it is called where it is counted.")]
    [Text(63, min: 1)]
    public required string Name { get; init; }

    [Description("Filter expression; records that match raise nothing.")]
    [Text(1024, min: 1)]
    public required string Condition { get; init; }

    [Description("Why.")]
    [Text(512, min: 1)]
    public required string Reason { get; init; }

    [Description("Until when.")]
    public DateTimeOffset? ExpireTime { get; init; }
}

public sealed record RuleDedupe : ResourcePart
{
    [Description("Alerts with the same values of these fields are one.")]
    [Entries(8), Text(128, min: 1)]
    public IReadOnlyList<string>? GroupBy { get; init; }

    [Description("For so long.")]
    public Duration? For { get; init; }

    [Description("At most so many alerts a minute; the rest is counted.")]
    [Number(1, 10000)]
    public int MaxAlertsPerMinute { get; init; } = 60;
}

public sealed record AttackReference : ResourcePart
{
    [Description("Tactics, such as TA0001.")]
    [Entries(8), Text(16, pattern: "^TA[0-9]{4}$")]
    public IReadOnlyList<string>? Tactics { get; init; }

    [Description("Techniques, such as T1190 or T1110.003.")]
    [Entries(16), Text(16, pattern: @"^T[0-9]{4}(\.[0-9]{3})?$")]
    public IReadOnlyList<string>? Techniques { get; init; }
}

public enum TestExpectation { Alert, NoAlert }

[Rule("has(self.records) != has(self.pcapRef)", "exactly one of records and pcapRef must be set", ".records")]
public sealed record RuleTest : ResourcePart
{
    [Description("What it is called.")]
    [Text(63, min: 1)]
    public required string Name { get; init; }

    [Description("What must come of it.")]
    public required TestExpectation Expect { get; init; }

    [Description("Records as the program writes them in JSON.")]
    [Entries(16, min: 1, IsAtomic = true)]
    public IReadOnlyList<JsonObject>? Records { get; init; }

    [Description("A capture file in a ConfigMap of this namespace, under binaryData.")]
    public ConfigMapKey? PcapRef { get; init; }
}

public sealed record ConfigMapKey : ResourcePart
{
    [Description("Name of the ConfigMap.")]
    [Text(253, min: 1)]
    public required string Name { get; init; }

    [Description("Key within it.")]
    [Text(253, min: 1)]
    public required string Key { get; init; }
}
