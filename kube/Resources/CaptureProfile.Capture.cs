using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum HostTraffic { Include, Exclude }

public enum CaptureBackend { Auto, AFPacket, AFXDP, Libpcap }

public enum CaptureDirection { Ingress, Egress, Both }

public enum Deduplication { PreferSource, PreferDestination, None }

public enum SamplingMode { None, Packet, Flow }

public enum RingFanout { FlowHash, CPU, None }

public sealed record CaptureTargets : ResourcePart
{
    [Description("Namespaces whose pods are meant; needs scope Cluster.")]
    public LabelSelector? NamespaceSelector { get; init; }

    [Description("Pods that are meant; without it all.")]
    public LabelSelector? PodSelector { get; init; }

    [Description("Nodes on which a sensor runs; without it all.")]
    public LabelSelector? NodeSelector { get; init; }

    [Description("Whether traffic of the nodes themselves is meant as well; needs scope Cluster.")]
    public HostTraffic HostTraffic { get; init; } = HostTraffic.Exclude;

    [Description("Networks whose traffic is left out.")]
    [Entries(64), Text(43, pattern: "^[0-9a-fA-F:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string>? ExcludeCIDRs { get; init; }
}

[Rule("self.sampling.mode == 'None' || self.sampling.oneIn > 1",
    "oneIn must be greater than 1 when sampling is on", ".sampling.oneIn")]
[Rule("!has(self.bpfFilter) || !self.bpfFilter.startsWith('-')",
    "bpfFilter is an expression of tcpdump's language, no options of a command", ".bpfFilter")]
public sealed record CaptureSettings : ResourcePart
{
    [Description("How frames are taken. Auto is the best that a node has.")]
    public CaptureBackend Backend { get; init; }

    [Description("Which interfaces of a node; without names those that the targets' traffic passes.")]
    public InterfaceNames Interfaces { get; init; } = new();

    [Description("Which way traffic passes an interface.")]
    public CaptureDirection Direction { get; init; } = CaptureDirection.Both;

    [Description("Bytes taken of a frame.")]
    [Number(64, 262144)]
    public int SnapLength { get; init; } = 65535;

    [Description("Packets to look at, in the language of tcpdump.")]
    [Text(1024, min: 1)]
    public string? BpfFilter { get; init; }

    [Description("Which of two nodes that see a connection tells of it.")]
    public Deduplication Deduplication { get; init; }

    [Description("Looking at a part of the traffic only.")]
    public SamplingSettings Sampling { get; init; } = new();

    [Description("The buffer between the kernel and a sensor.")]
    public RingSettings Ring { get; init; } = new();
}

public sealed record InterfaceNames : ResourcePart
{
    [Description("Names, or expressions between slashes such as /^eth/.")]
    [Entries(32), Text(64, min: 1)]
    public IReadOnlyList<string>? Include { get; init; }

    [Description("The same for those to leave out.")]
    [Entries(32), Text(64, min: 1)]
    public IReadOnlyList<string>? Exclude { get; init; }
}

public sealed record SamplingSettings : ResourcePart
{
    [Description("What is chosen: packets, or whole flows.")]
    public SamplingMode Mode { get; init; }

    [Description("One of so many is looked at.")]
    [Number(1, 65536)]
    public int OneIn { get; init; } = 1;
}

public sealed record RingSettings : ResourcePart
{
    [Description("Its size in bytes, for each interface.")]
    public Quantity? Size { get; init; }

    [Description("How packets are spread over the cores.")]
    public RingFanout Fanout { get; init; }
}
