using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum SessionFileType { PcapNG, Pcap }

public enum SessionMerge { Cluster, Node }

public enum SessionNames { Include, Omit }

public enum SessionPayload { Redacted, HeadersOnly }

public enum SessionOutputType { Download, PVC, S3 }

[Resource("capturesessions", "csess", Conditions = ["Started", "Succeeded"])]
[Column("Nodes", "integer", ".status.nodes.matched")]
[Column("Packets", "integer", ".status.packets")]
[Column("Bytes", "integer", ".status.bytes")]
[Column("Lost", "integer", ".status.dropped")]
[Column("Started", "string", """.status.conditions[?(@.type=="Started")].status""")]
[Column("Succeeded", "string", """.status.conditions[?(@.type=="Succeeded")].status""")]
[Column("Reason", "string", """.status.conditions[?(@.type=="Succeeded")].reason""", wide: true)]
[Column("Age", "date", ".metadata.creationTimestamp")]
[Description("Packets of a while, from before it was asked for where the nodes' buffers reach back.")]
public sealed record CaptureSession : CustomResource
{
    [Description("What is wanted. It cannot be changed, but for stop.")]
    public required CaptureSessionSpec Spec { get; init; }

    [Description("What is.")]
    public CaptureSessionStatus? Status { get; init; }
}

[Rule("self.target == oldSelf.target && self.window == oldSelf.window && self.limits == oldSelf.limits "
    + "&& self.format == oldSelf.format && self.output == oldSelf.output "
    + "&& has(self.filter) == has(oldSelf.filter) && (!has(self.filter) || self.filter == oldSelf.filter) "
    + "&& has(self.bpfFilter) == has(oldSelf.bpfFilter) "
    + "&& (!has(self.bpfFilter) || self.bpfFilter == oldSelf.bpfFilter)",
    "a session cannot be changed once it was asked for, only stopped")]
[Rule("!has(self.bpfFilter) || !self.bpfFilter.startsWith('-')",
    "bpfFilter is an expression of tcpdump's language, no options of a command", ".bpfFilter")]
public sealed record CaptureSessionSpec : ResourcePart
{
    [Description("Whose packets, of the pods of this namespace.")]
    public required SessionTarget Target { get; init; }

    [Description("Filter expression over records; whole connections of records that match are taken.")]
    [Text(2048, min: 1)]
    public string? Filter { get; init; }

    [Description("Packets to take, in the language of tcpdump.")]
    [Text(1024, min: 1)]
    public string? BpfFilter { get; init; }

    [Description("From when until when.")]
    public SessionWindow Window { get; init; } = new();

    [Description("When it has enough.")]
    public SessionLimits Limits { get; init; } = new();

    [Description("What the file looks like.")]
    public SessionFormat Format { get; init; } = new();

    [Description("Where it goes.")]
    public SessionOutput Output { get; init; } = new();

    [Description("Ends it before its time. It cannot be taken back.")]
    [Rule("self || !oldSelf", "a session that was stopped cannot go on")]
    public bool Stop { get; init; }

    [Description("How long it and its file stay after it has ended.")]
    [Number(0, 604800)]
    public int TTLSecondsAfterFinished { get; init; } = 3600;
}

[Rule("has(self.podSelector) != has(self.podNames)",
    "exactly one of podSelector and podNames must be set", ".podSelector")]
public sealed record SessionTarget : ResourcePart
{
    [Description("Pods by their labels.")]
    public LabelSelector? PodSelector { get; init; }

    [Description("Pods by their names.")]
    [Entries(64, min: 1), Text(253, min: 1)]
    public IReadOnlyList<string>? PodNames { get; init; }
}

public sealed record SessionWindow : ResourcePart
{
    [Description("It begins so long before it was asked for, as far as buffers reach.")]
    public Duration? Before { get; init; }

    [Description("It ends so long after.")]
    public Duration After { get; init; } = new("30s");
}

public sealed record SessionLimits : ResourcePart
{
    [Description("Bytes of the file.")]
    [Number(1024, 1073741824)]
    public long MaxBytes { get; init; } = 67108864;

    [Description("Packets in it.")]
    [Number(1, 100000000)]
    public long MaxPackets { get; init; } = 1000000;

    [Description("Bytes of a packet.")]
    [Number(64, 262144)]
    public int SnapLength { get; init; } = 65535;
}

public sealed record SessionFormat : ResourcePart
{
    [Description("Kind of file.")]
    public SessionFileType Type { get; init; }

    [Description("One file of all nodes, or one for each.")]
    public SessionMerge Merge { get; init; }

    [Description("Whether names of pods and services are in it.")]
    public SessionNames Names { get; init; }

    [Description("Redacted as the profile says, or no payload at all.")]
    public SessionPayload Payload { get; init; }
}

[Rule("(self.type == 'PVC') == has(self.pvc)", "pvc is required when, and only when, type is PVC", ".pvc")]
[Rule("(self.type == 'S3') == has(self.s3)", "s3 is required when, and only when, type is S3", ".s3")]
public sealed record SessionOutput : ResourcePart
{
    [Description("Download keeps it until someone fetches it.")]
    public SessionOutputType Type { get; init; }

    [Description("A claim in this namespace.")]
    public ClaimOutput? PVC { get; init; }

    [Description("An object store.")]
    public ObjectStoreOutput? S3 { get; init; }
}

public sealed record ClaimOutput : ResourcePart
{
    [Description("Name of the claim.")]
    [Text(253, min: 1)]
    public required string ClaimName { get; init; }

    [Description("Folder within it.")]
    [Text(1024, pattern: @"^([A-Za-z0-9_-][A-Za-z0-9._-]*/?)*$")]
    public string? SubPath { get; init; }
}

public sealed record ObjectStoreOutput : ResourcePart
{
    [Description("URL of the store.")]
    [Text(2048, min: 1, pattern: "^https?://.+")]
    public required string Endpoint { get; init; }

    [Description("Name of the bucket.")]
    [Text(63, min: 3)]
    public required string Bucket { get; init; }

    [Description("What the object's name begins with.")]
    [Text(512)]
    public string? Prefix { get; init; }

    [Description("Key and secret.")]
    public SecretReference? CredentialsSecretRef { get; init; }
}

public sealed record CaptureSessionStatus : ResourcePart
{
    [Description("Generation of the object that this is of.")]
    public long? ObservedGeneration { get; init; }

    [Description("Started, Succeeded and Uploaded.")]
    [Entries(16, keys: "type")]
    public IReadOnlyList<ResourceCondition>? Conditions { get; init; }

    [Description("When it began.")]
    public DateTimeOffset? StartTime { get; init; }

    [Description("When it ended.")]
    public DateTimeOffset? CompletionTime { get; init; }

    [Description("Nodes that have packets of the target.")]
    public SessionNodes? Nodes { get; init; }

    [Description("Packets taken.")]
    public long? Packets { get; init; }

    [Description("Their bytes.")]
    public long? Bytes { get; init; }

    [Description("Packets that should have been taken and were not.")]
    public long? Dropped { get; init; }

    [Description("What came of it.")]
    [Entries(64, keys: "name")]
    public IReadOnlyList<SessionFile>? Files { get; init; }
}

public sealed record SessionNodes : ResourcePart
{
    [Description("So many were asked.")]
    public int? Matched { get; init; }

    [Description("So many gave all they had.")]
    public int? Succeeded { get; init; }

    [Description("So many did not.")]
    public int? Failed { get; init; }
}

public sealed record SessionFile : ResourcePart
{
    [Description("Name of the file.")]
    [Text(253)]
    public required string Name { get; init; }

    [Description("Its bytes.")]
    public long? SizeBytes { get; init; }

    [Description("Its hash.")]
    [Text(64, pattern: "^[0-9a-f]{64}$")]
    public string? Sha256 { get; init; }

    [Description("Until when it is kept.")]
    public DateTimeOffset? ExpireTime { get; init; }
}
