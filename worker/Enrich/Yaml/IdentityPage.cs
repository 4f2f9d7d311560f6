namespace NetSniff.Worker.Enrich.Yaml;

// The file as it is written (docs/identity.md); the parser fills these in and refuses what has no place here. What is
// named and left empty comes as null, and means the same as what is not named.

internal sealed class IdentityPage
{
    public List<string> Networks { get; set => field = value ?? []; } = [];

    public List<NodeEntry> Nodes { get; set => field = value ?? []; } = [];

    public List<WorkloadEntry> Workloads { get; set => field = value ?? []; } = [];

    public List<PodEntry> Pods { get; set => field = value ?? []; } = [];

    public List<ServiceEntry> Services { get; set => field = value ?? []; } = [];

    public List<HostEntry> Hosts { get; set => field = value ?? []; } = [];
}

internal abstract class Entry
{
    public string Name { get; set => field = value ?? ""; } = "";

    public Dictionary<string, string> Labels { get; set => field = value ?? []; } = [];

    public string? From { get; set; }

    public string? Until { get; set; }

    public List<string> Addresses { get; set => field = value ?? []; } = [];
}

internal sealed class NodeEntry : Entry
{
    public string Zone { get; set => field = value ?? ""; } = "";
}

internal sealed class PodEntry : Entry
{
    public string Namespace { get; set => field = value ?? ""; } = "";

    public string Uid { get; set => field = value ?? ""; } = "";

    public string Node { get; set => field = value ?? ""; } = "";

    public bool HostNetwork { get; set; }

    public List<string> Ports { get; set => field = value ?? []; } = [];

    public OwnerEntry? Owner { get; set; }
}

internal sealed class ServiceEntry : Entry
{
    public string Namespace { get; set => field = value ?? ""; } = "";

    public List<string> Endpoints { get; set => field = value ?? []; } = [];
}

internal sealed class HostEntry : Entry
{
    public string Namespace { get; set => field = value ?? ""; } = "";

    public string Zone { get; set => field = value ?? ""; } = "";
}

internal sealed class WorkloadEntry
{
    public string Kind { get; set => field = value ?? ""; } = "";

    public string Namespace { get; set => field = value ?? ""; } = "";

    public string Name { get; set => field = value ?? ""; } = "";

    public OwnerEntry? Owner { get; set; }
}

internal sealed class OwnerEntry
{
    public string Kind { get; set => field = value ?? ""; } = "";

    public string Name { get; set => field = value ?? ""; } = "";
}
