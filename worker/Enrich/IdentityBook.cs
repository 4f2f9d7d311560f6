using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Worker.Enrich;

/// <summary>Keeps who had which address when: changes in, snapshots out.</summary>
/// <remarks>One thread applies changes; any thread takes the <see cref="Snapshot"/>, which is swapped whole. An object
/// that changes keeps its tenures, described anew: what is known later of a pod (its service, its zone) is true of it
/// before. An address that goes from one to another does so at the moment of the change.</remarks>
public sealed partial class IdentityBook
{
    private readonly IdentityOptions _options;
    private readonly Dictionary<(Type, string, string, string), IdentityObject> _objects = [];
    private readonly Dictionary<Address, Tenure[]> _tenures = [];

    /// <summary>Tenures whose owner is still told of.</summary>
    private readonly Dictionary<((Type, string, string, string) Owner, Address Address), Tenure> _holding = [];

    /// <summary>The others, by when they ended.</summary>
    private readonly PriorityQueue<(Address Address, Tenure Tenure), long> _ended = new();
    private IdentitySnapshot _snapshot = IdentitySnapshot.Empty;
    private long _knownFromNanos = long.MinValue;
    private IdentityCounts _counts;
    private object _published = default(IdentityCounts);

    public IdentityBook(IdentityOptions? options = null) => _options = options ?? new IdentityOptions();

    public IdentitySnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>As of the last snapshot.</summary>
    public IdentityCounts Counts => (IdentityCounts)Volatile.Read(ref _published);

    /// <summary>What was given up at the limits. Names go, records never do: none of it is a loss of records.</summary>
    public IEnumerable<LedgerLine> Ledger()
    {
        var counts = Counts;
        yield return new LedgerLine("identity", "objects", counts.Objects, IsLoss: false);
        yield return new LedgerLine("identity", "objects refused at the bound", counts.ObjectsRefused, IsLoss: false);
        yield return new LedgerLine("identity", "networks left out", counts.NetworksRefused, IsLoss: false);
        yield return new LedgerLine("identity", "tenures let go for their number", counts.EndedByCount, IsLoss: false);
        yield return new LedgerLine("identity", "peers without room for a number", Peers.Refused, IsLoss: false);
        yield return new LedgerLine("identity", "interfaces without room for a number", Origins.Refused, IsLoss: false);
    }

    /// <summary>Takes changes in their order and shows the outcome to all at once.</summary>
    /// <param name="nowNanos">By which the age of history is told.</param>
    public void Apply(IReadOnlyList<IdentityChange> changes, long nowNanos)
    {
        foreach (var change in changes)
        {
            _counts = _counts with { Changes = _counts.Changes + 1 };
            if (change.IsGone) Remove(change.Object.Key, change.Object.UntilNanos ?? change.TimeNanos);
            else Put(change.Object, change.TimeNanos);
        }

        DescribeAgain();
        Forget(nowNanos);
        Volatile.Write(ref _snapshot, Freeze());
        Volatile.Write(ref _published, _counts with
        {
            Objects = _objects.Count,
            Addresses = _tenures.Count,
            Ended = _ended.Count,
        });
    }

    /// <summary>These objects and no others, as a list made anew says: what is not among them has gone.</summary>
    /// <remarks>What the first list names without saying since when has always been.</remarks>
    public void Replace(IReadOnlyList<IdentityObject> objects, long nowNanos)
    {
        var begin = _objects.Count == 0 && _ended.Count == 0 ? long.MinValue : nowNanos;
        var kept = objects.Select(one => one.Key).ToHashSet();
        List<IdentityChange> changes =
        [
            .. _objects.Where(known => !kept.Contains(known.Key))
                .Select(known => new IdentityChange(nowNanos, known.Value, IsGone: true)),
            .. objects.Select(one => new IdentityChange(begin, one)),
        ];
        Apply(changes, nowNanos);
    }

    private void Put(IdentityObject now, long timeNanos)
    {
        if (_objects.TryGetValue(now.Key, out var before))
        {
            if (before is PodObject old && now is PodObject pod && IsAnother(old, pod))
            {
                Remove(before.Key, now.FromNanos ?? timeNanos);
                before = null;
            }
            else if (before == now || IsSame(before, now))
            {
                return;
            }
        }
        else if (_objects.Count >= _options.ObjectsMax)
        {
            _counts = _counts with { ObjectsRefused = _counts.ObjectsRefused + 1 };
            return;
        }

        _objects[now.Key] = now;
        Note(before, now);
        Occupy(before, now, timeNanos);
    }

    private void Remove((Type, string, string, string) key, long timeNanos)
    {
        if (!_objects.Remove(key, out var gone)) return;

        foreach (var address in AddressesOf(gone)) End(address, gone, timeNanos);
        Note(gone, null);
    }

    /// <summary>Two pods that only share the name.</summary>
    private static bool IsAnother(PodObject before, PodObject now) => before.Uid != now.Uid
        || (now.Uid.Length == 0 && before.FromNanos != now.FromNanos && now.FromNanos is not null);

    /// <summary>Records compare lists by reference, and a list is read anew each time.</summary>
    private static bool IsSame(IdentityObject before, IdentityObject now) =>
        before.FromNanos == now.FromNanos && before.UntilNanos == now.UntilNanos
        && before.Addresses.SequenceEqual(now.Addresses)
        && (before, now) switch
        {
            (PodObject old, PodObject pod) => old.Node == pod.Node && old.IsHostNetwork == pod.IsHostNetwork
                && old.Owner == pod.Owner && old.Ports.SequenceEqual(pod.Ports)
                && old.Labels.SequenceEqual(pod.Labels),
            (NodeObject old, NodeObject node) => old.Zone == node.Zone && old.Labels.SequenceEqual(node.Labels),
            (WorkloadObject old, WorkloadObject workload) => old.Owner == workload.Owner,
            (ServiceObject old, ServiceObject service) => old.Labels.SequenceEqual(service.Labels),
            (EndpointsObject old, EndpointsObject endpoints) => old.Service == endpoints.Service,
            (HostObject old, HostObject host) => old.Zone == host.Zone && old.Labels.SequenceEqual(host.Labels)
                && old.Networks.SequenceEqual(host.Networks),
            _ => true,
        };

    private void Forget(long nowNanos)
    {
        var oldest = nowNanos - _options.HistoryMax.Ticks * 100;
        while (_ended.TryPeek(out var ended, out var untilNanos))
        {
            var isOld = untilNanos < oldest;
            if (!isOld && _ended.Count <= _options.EndedMax) return;

            _ended.Dequeue();
            if (!Drop(ended.Address, ended.Tenure)) continue;

            // From here on back there may have been others, of whom nothing is known any more.
            _knownFromNanos = Math.Max(_knownFromNanos, untilNanos);
            _counts = isOld
                ? _counts with { EndedByAge = _counts.EndedByAge + 1 }
                : _counts with { EndedByCount = _counts.EndedByCount + 1 };
        }
    }

    private IdentitySnapshot Freeze()
    {
        List<IdentityNetwork> ours = [];
        List<(IdentityNetwork Network, Tenure Host)> hosts = [];
        foreach (var one in _objects.Values)
        {
            if (one is NetworkObject network) ours.Add(network.Network);
            if (one is not HostObject host) continue;
            hosts.AddRange(host.Networks.Select(part => (part, NewTenure(host, long.MinValue))));
        }

        var refused = Math.Max(0, ours.Count - _options.NetworksMax) + Math.Max(0, hosts.Count - _options.NetworksMax);
        _counts = _counts with { NetworksRefused = refused };
        return new IdentitySnapshot(
            new Dictionary<Address, Tenure[]>(_tenures),
            // The narrowest network that has an address says most of it.
            [.. hosts.OrderByDescending(host => host.Network.Bits).Take(_options.NetworksMax)],
            [.. ours.Take(_options.NetworksMax)],
            _knownFromNanos);
    }
}
