using System.Text;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>The tables of a batch, read back: which of our numbers its places stand for.</summary>
/// <remarks>What they name joins the registries of this process, which are bounded; what finds no room there stays
/// without a name.</remarks>
internal sealed class BatchNames
{
    /// <summary>Application names that strangers may add to our own.</summary>
    private const int AppsMax = 4096;

    private readonly List<ushort> _apps = [];
    private readonly List<ushort> _origins = [];
    private readonly List<uint> _peers = [];
    private readonly List<KeyValuePair<string, string>> _labels = [];
    private bool _hasOriginOfAll;

    /// <summary>Times that an application's name found no room.</summary>
    public long AppsRefused { get; private set; }

    public bool HasPeers => _peers.Count > 0;

    public bool TryApp(ulong place, out ushort app) => TryTake(_apps, place, out app);

    public bool TryOrigin(ulong place, out ushort origin)
    {
        if (TryTake(_origins, place, out origin)) return true;

        // Version 1 had numbers of interfaces, with or without a name.
        return _hasOriginOfAll && place <= ushort.MaxValue && TryTake(_origins, (ulong)_origins.Count - 1, out origin);
    }

    public bool TryPeer(ulong place, out uint peer)
    {
        peer = Peers.Unnamed;
        return place == 0 || TryTake(_peers, place - 1, out peer);
    }

    /// <param name="takesPeers">Otherwise those of the batch are read and forgotten.</param>
    /// <param name="node">Of origins that have none.</param>
    public void Read(ref BatchReader input, byte version, bool takesPeers, string node)
    {
        _apps.Clear();
        _origins.Clear();
        _peers.Clear();
        for (var left = input.Count(AppsMax); left > 0 && !input.IsBroken; left--)
        {
            var name = Name(ref input);
            if (!input.IsBroken) _apps.Add(AppOf(name));
        }

        _hasOriginOfAll = version == BatchFormat.VersionBeforePeers;
        ReadOrigins(ref input, node);
        if (_hasOriginOfAll) return;

        for (var left = input.Count(BatchFormat.PeersMax); left > 0 && !input.IsBroken; left--)
        {
            var peer = ReadPeer(ref input);
            if (!input.IsBroken) _peers.Add(takesPeers ? Peers.Add(peer) : Peers.Unnamed);
        }
    }

    private ushort AppOf(string name)
    {
        if (Apps.Names.Count < AppsMax) return Apps.Add(name);
        if (Apps.TryFind(name, out var app)) return app;

        AppsRefused++;
        return Apps.Unknown;
    }

    private void ReadOrigins(ref BatchReader input, string node)
    {
        for (var left = input.Count(ushort.MaxValue + 1); left > 0 && !input.IsBroken; left--)
        {
            var own = _hasOriginOfAll ? "" : Name(ref input);
            var name = Name(ref input);
            if (!input.IsBroken) _origins.Add(Origins.Add(own.Length > 0 ? own : node, name));
        }

        if (_hasOriginOfAll) _origins.Add(Origins.Add(node, ""));
    }

    private Peer ReadPeer(ref BatchReader input)
    {
        var kind = (PeerKind)input.Byte();
        var (name, space, workload) = (Text(ref input), Text(ref input), Text(ref input));
        var (workloadKind, service, node) = (Text(ref input), Text(ref input), Text(ref input));
        var (zone, why) = (Text(ref input), Text(ref input));
        _labels.Clear();
        for (var left = input.Count(Peer.LabelsMax); left > 0 && !input.IsBroken; left--)
        {
            _labels.Add(KeyValuePair.Create(Text(ref input), Text(ref input)));
        }

        return new Peer
        {
            Kind = kind <= PeerKind.External ? kind : PeerKind.Unknown,
            Name = name,
            Namespace = space,
            Workload = workload,
            WorkloadKind = workloadKind,
            Service = service,
            Node = node,
            Zone = zone,
            Why = why,
            Labels = _labels,
        };
    }

    private static string Name(ref BatchReader input) =>
        Encoding.UTF8.GetString(input.Text(BatchFormat.NameBytesMax));

    private static string Text(ref BatchReader input) => Encoding.UTF8.GetString(input.Text(Peer.TextBytesMax));

    private static bool TryTake<T>(List<T> table, ulong place, out T value) where T : struct
    {
        value = place < (ulong)table.Count ? table[(int)place] : default;
        return place < (ulong)table.Count;
    }
}
