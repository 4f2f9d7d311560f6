using NetSniff.Records;

namespace NetSniff.Worker.Enrich;

/// <summary>In the order in which they are asked: an address of a pod is that pod's whatever else has it.</summary>
internal enum TenureKind : byte { Pod, Service, HostPod, Node, Host }

/// <summary>That somebody had an address from one moment to another. Never changes, but for the number, which is given
/// when it is first asked for.</summary>
internal sealed class Tenure(TenureKind kind, IdentityObject owner, Peer peer, long fromNanos, long untilNanos)
{
    /// <summary>It has not ended.</summary>
    public const long Open = long.MaxValue;

    private uint _number;
    private uint _numberNoPodsPort;
    private uint _numberSeveralPodsPort;

    public TenureKind Kind { get; } = kind;

    public IdentityObject Owner { get; } = owner;

    public Peer Peer { get; } = peer;

    public long FromNanos { get; } = fromNanos;

    /// <summary>The first moment at which it is not.</summary>
    public long UntilNanos { get; } = untilNanos;

    /// <summary>In <see cref="Peers"/>. Where there is no room for another name, that of the workload.</summary>
    public uint Number
    {
        get
        {
            if (_number == Peers.Unnamed) _number = NumberOf(Peer);
            return _number;
        }
    }

    /// <summary>A node whose network is shared, when none of the pods there names the port asked about.</summary>
    public uint NumberNoPodsPort
    {
        get
        {
            if (_numberNoPodsPort == Peers.Unnamed) _numberNoPodsPort = NumberOf(With(Unnamed.NoPodsPortText));
            return _numberNoPodsPort;
        }
    }

    public uint NumberSeveralPodsPort
    {
        get
        {
            if (_numberSeveralPodsPort == Peers.Unnamed)
            {
                _numberSeveralPodsPort = NumberOf(With(Unnamed.SeveralPodsPortText));
            }

            return _numberSeveralPodsPort;
        }
    }

    public bool Covers(long timeNanos) => FromNanos <= timeNanos && timeNanos < UntilNanos;

    /// <summary>Of those with a port of their own: whether this is one.</summary>
    public bool Names(byte protocol, ushort port)
    {
        if (Owner is not PodObject pod) return false;

        for (var index = 0; index < pod.Ports.Count; index++)
        {
            if (pod.Ports[index].Port == port && pod.Ports[index].Protocol == protocol) return true;
        }

        return false;
    }

    public Tenure EndedAt(long untilNanos) => new(Kind, Owner, Peer, FromNanos, Math.Max(FromNanos, untilNanos));

    private Peer With(string why) => new()
    {
        Kind = Peer.Kind,
        Name = Peer.Name,
        Namespace = Peer.Namespace,
        Service = Peer.Service,
        Node = Peer.Node,
        Zone = Peer.Zone,
        Labels = Peer.Labels,
        Why = why,
    };

    private static uint NumberOf(Peer peer)
    {
        var number = Peers.Add(peer);
        if (number != Peers.Unnamed) return number;

        return Peers.Add(new Peer
        {
            Kind = peer.Kind,
            Namespace = peer.Namespace,
            Workload = peer.Workload,
            WorkloadKind = peer.WorkloadKind,
            Service = peer.Service,
            Zone = peer.Zone,
            Why = "too many names",
        });
    }
}
