using NetSniff.Packets;

namespace NetSniff.Worker.Enrich;

/// <summary>Something that has addresses, or says more about what has: as a cluster's API or a file tells it.</summary>
/// <param name="Namespace">Empty for what has none.</param>
public abstract record IdentityObject(string Namespace, string Name)
{
    /// <summary>Addresses of one object. More are left out and counted.</summary>
    public const int AddressesMax = 4096;

    /// <summary>When it began to have its addresses, nanoseconds since 1970 UTC; null where nobody says.</summary>
    public long? FromNanos { get; init; }

    /// <summary>When it ceased to, though it may still be listed: a job's pod that has run.</summary>
    public long? UntilNanos { get; init; }

    public IReadOnlyList<Address> Addresses { get; init; } = [];

    /// <summary>Two with the same key are the same, one later than the other.</summary>
    public (Type Kind, string Sort, string Namespace, string Name) Key => (GetType(), Sort, Namespace, Name);

    /// <summary>Tells objects of a kind apart whose names are only unique by it.</summary>
    protected virtual string Sort => "";
}

/// <summary>A port in a pod's description.</summary>
public readonly record struct PodPort(byte Protocol, ushort Port);

/// <summary>Who made it: `ReplicaSet`, `web-7d4`.</summary>
public readonly record struct IdentityOwner(string Kind, string Name);

public sealed record PodObject(string Namespace, string Name) : IdentityObject(Namespace, Name)
{
    /// <summary>Tells two pods of one name apart, as a stateful set makes them; empty where nobody says.</summary>
    public string Uid { get; init; } = "";

    public string Node { get; init; } = "";

    /// <summary>It has no address of its own: its ports are the node's.</summary>
    public bool IsHostNetwork { get; init; }

    public IReadOnlyList<PodPort> Ports { get; init; } = [];

    public IdentityOwner? Owner { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}

public sealed record NodeObject(string Name) : IdentityObject("", Name)
{
    public string Zone { get; init; } = "";

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}

/// <summary>What owns pods and is owned itself: a replica set by its deployment, a job by its cron job.</summary>
public sealed record WorkloadObject(string Kind, string Namespace, string Name) : IdentityObject(Namespace, Name)
{
    public IdentityOwner? Owner { get; init; }

    protected override string Sort => Kind;
}

/// <summary>Addresses that stand for others: cluster, external and load balancer addresses.</summary>
public sealed record ServiceObject(string Namespace, string Name) : IdentityObject(Namespace, Name)
{
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}

/// <summary>A slice of the addresses behind a service; those are not its own.</summary>
public sealed record EndpointsObject(string Namespace, string Name, string Service) : IdentityObject(Namespace, Name);

/// <summary>Something outside with a name: addresses, and whole networks.</summary>
public sealed record HostObject(string Namespace, string Name) : IdentityObject(Namespace, Name)
{
    public IReadOnlyList<IdentityNetwork> Networks { get; init; } = [];

    public string Zone { get; init; } = "";

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}

/// <summary>A network that is ours: who is in none of them is outside.</summary>
public sealed record NetworkObject(IdentityNetwork Network) : IdentityObject("", Network.ToString());

/// <summary>An object came, changed or went.</summary>
/// <param name="TimeNanos">When, nanoseconds since 1970 UTC; long.MinValue when it has always been.</param>
public readonly record struct IdentityChange(long TimeNanos, IdentityObject Object, bool IsGone = false);
