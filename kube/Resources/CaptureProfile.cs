using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum ResourceScope { Namespace, Cluster }

[Resource("captureprofiles", "cprof", Conditions = ["Accepted", "Programmed"])]
[Column("Scope", "string", ".spec.scope")]
[Column("Pods", "integer", ".status.targetedPods", "Pods whose traffic this profile selects.")]
[Column("Desired", "integer", ".status.sensors.desired")]
[Column("Ready", "integer", ".status.sensors.ready")]
[Column("Programmed", "string", """.status.conditions[?(@.type=="Programmed")].status""")]
[Column("Status", "string", """.status.conditions[?(@.type=="Ready")].reason""")]
[Column("Drop", "string", ".status.capture.dropRatio", "Packets dropped, as a share of those seen in the last minute.")]
[Column("Backend", "string", ".spec.capture.backend", wide: true)]
[Column("Workers", "integer", ".status.workers.ready", wide: true)]
[Column("Message", "string", """.status.conditions[?(@.type=="Ready")].message""", wide: true)]
[Column("Age", "date", ".metadata.creationTimestamp")]
[Description("Says which traffic is captured, how deeply it is read, what that may cost, and where the results go.")]
[Rule("size(self.metadata.name) <= 52",
    "name must be at most 52 characters: names of other objects begin with it")]
public sealed record CaptureProfile : CustomResource
{
    [Description("What is wanted. Empty is a working profile of the pods of its namespace.")]
    public required CaptureProfileSpec Spec { get; init; }

    [Description("What is.")]
    public CaptureProfileStatus? Status { get; init; }
}

[Rule("self.scope == 'Cluster' || self.targets.hostTraffic == 'Exclude'",
    "hostTraffic: Include needs scope: Cluster", ".targets.hostTraffic")]
[Rule("self.scope == 'Cluster' || !has(self.targets.namespaceSelector)",
    "namespaceSelector needs scope: Cluster; a profile of scope Namespace is of its own namespace",
    ".targets.namespaceSelector")]
[Rule("self.payload.level != 'Body' || self.redaction.mode == 'Enforce'",
    "payload level Body needs redaction mode Enforce", ".payload.level")]
[Rule("self.workers.maxReplicas >= self.workers.minReplicas",
    "maxReplicas must be at least minReplicas", ".workers.maxReplicas")]
public sealed record CaptureProfileSpec : ResourcePart
{
    [Description("Namespace limits the profile to the pods of its own namespace. Cluster is honoured only in the "
        + "operator's namespace; elsewhere the condition Accepted is False with the reason ScopeNotPermitted.")]
    [Rule("self == oldSelf", "scope cannot be changed")]
    public ResourceScope Scope { get; init; }

    [Description("Stops capturing and leaves sensors and configuration where they are.")]
    public bool Suspend { get; init; }

    [Description("Whose traffic.")]
    public CaptureTargets Targets { get; init; } = new();

    [Description("How packets are taken from the interfaces.")]
    public CaptureSettings Capture { get; init; } = new();

    [Description("Protocols to read. Empty means every one that is built in, whatever the port.")]
    [Entries(32, keys: "name")]
    public IReadOnlyList<ProtocolSettings>? Protocols { get; init; }

    [Description("How much of what was said is kept.")]
    public PayloadSettings Payload { get; init; } = new();

    [Description("What is made unreadable before anything is stored or leaves the node.")]
    public RedactionSettings Redaction { get; init; } = new();

    [Description("What a sensor may use. At a limit it steps down the ladder that onOverload names, says so in the "
        + "condition WithinBudget, and comes back up by itself.")]
    public BudgetSettings Budget { get; init; } = new();

    [Description("What is kept on the nodes and by the workers.")]
    public StorageSettings Storage { get; init; } = new();

    [Description("Which DetectionRules apply. A selector that is left out selects none, an empty one all.")]
    public RuleSelection Rules { get; init; } = new();

    [Description("Where else records go.")]
    [Entries(16, keys: "name")]
    public IReadOnlyList<ExportSettings>? Exports { get; init; }

    [Description("The pods that capture.")]
    public SensorPods Sensors { get; init; } = new();

    [Description("The pods that store and answer.")]
    public WorkerPods Workers { get; init; } = new();
}
