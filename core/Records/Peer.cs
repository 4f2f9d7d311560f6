using System.Text;

namespace NetSniff.Records;

/// <summary>What an end of a flow is. The names are API: they are written to stores.</summary>
public enum PeerKind : byte
{
    /// <summary>Nobody was asked, or nobody knows; <see cref="Peer.Why"/> says more.</summary>
    Unknown,
    Pod,

    /// <summary>An address that stands for others: cluster IP, external IP, load balancer.</summary>
    Service,
    Node,

    /// <summary>Something else that somebody gave a name.</summary>
    Host,

    /// <summary>Outside of the networks that are ours.</summary>
    External,
}

/// <summary>Who an address was at a time: never changes, and two that say the same are equal.</summary>
public sealed class Peer : IEquatable<Peer>
{
    /// <summary>Bytes of a name, a label's key or its value; longer ones are cut. Kubernetes has at most 317 (a key
    /// with its prefix).</summary>
    public const int TextBytesMax = 320;

    /// <summary>Labels kept of one peer, the first in order of their keys.</summary>
    public const int LabelsMax = 32;

    private byte[]? _shown;

    /// <summary>Of whom nothing is known: number 0.</summary>
    public static Peer None { get; } = new();

    public PeerKind Kind { get; init; }

    public string Name { get; init => field = Bounded(value); } = "";

    public string Namespace { get; init => field = Bounded(value); } = "";

    /// <summary>What the pod belongs to: the deployment, not its replica set.</summary>
    public string Workload { get; init => field = Bounded(value); } = "";

    public string WorkloadKind { get; init => field = Bounded(value); } = "";

    /// <summary>Name of the service, in <see cref="Namespace"/>: itself, or the one that the end point serves.
    /// </summary>
    public string Service { get; init => field = Bounded(value); } = "";

    /// <summary>The node it runs on, or is.</summary>
    public string Node { get; init => field = Bounded(value); } = "";

    public string Zone { get; init => field = Bounded(value); } = "";

    /// <summary>In order of their keys.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init => field = Bounded(value); } = [];

    /// <summary>Why there is no name, or not a better one; empty where all is known.</summary>
    public string Why { get; init => field = Bounded(value); } = "";

    /// <summary>What stands in place of the address, as UTF-8: `shop/cart-5b9`; empty where the address says more.
    /// </summary>
    public ReadOnlySpan<byte> Shown => _shown ??= Encoding.UTF8.GetBytes(ShownText());

    /// <summary>The value of a label, or empty.</summary>
    public string Label(string key)
    {
        foreach (var (name, value) in Labels)
        {
            if (name == key) return value;
        }

        return "";
    }

    public bool Equals(Peer? other) =>
        other is not null
        && Kind == other.Kind && Name == other.Name && Namespace == other.Namespace
        && Workload == other.Workload && WorkloadKind == other.WorkloadKind && Service == other.Service
        && Node == other.Node && Zone == other.Zone && Why == other.Why && Labels.SequenceEqual(other.Labels);

    public override bool Equals(object? obj) => Equals(obj as Peer);

    public override int GetHashCode()
    {
        var hash = HashCode.Combine(Kind, Name, Namespace, Workload, WorkloadKind, Service, Node, Zone);
        foreach (var (key, value) in Labels) hash = HashCode.Combine(hash, key, value);
        return HashCode.Combine(hash, Why);
    }

    public override string ToString() => $"{Kind} {ShownText()}{(Why.Length > 0 ? $" ({Why})" : "")}";

    private string ShownText()
    {
        // Where a pod's own name is not told, what it belongs to is.
        var name = Name.Length > 0 ? Name : Workload;
        return name.Length == 0 || Namespace.Length == 0 ? name : $"{Namespace}/{name}";
    }

    private static string Bounded(string text)
    {
        if (3 * text.Length <= TextBytesMax || Encoding.UTF8.GetByteCount(text) <= TextBytesMax) return text;

        var cut = text[..Math.Min(text.Length, TextBytesMax)];
        while (Encoding.UTF8.GetByteCount(cut) > TextBytesMax) cut = cut[..^1];
        return cut;
    }

    private static KeyValuePair<string, string>[] Bounded(IReadOnlyList<KeyValuePair<string, string>> labels) =>
    [
        .. labels.OrderBy(label => label.Key, StringComparer.Ordinal).Take(LabelsMax)
            .Select(label => KeyValuePair.Create(Bounded(label.Key), Bounded(label.Value))),
    ];
}
