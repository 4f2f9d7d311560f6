using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Enrich;

/// <summary>What is said of an object, which others have a part in: its node, its owners, its service.</summary>
public sealed partial class IdentityBook
{
    /// <summary>Owners of owners followed: a pod, its job, its cron job, and one to spare.</summary>
    private const int OwnersMax = 4;

    /// <summary>By address: which slices have it, and for which service.</summary>
    private readonly Dictionary<Address, List<EndpointsObject>> _endpoints = [];

    // What changed since the last snapshot, of which others speak.
    private readonly HashSet<string> _nodesChanged = [];
    private readonly HashSet<(string Namespace, IdentityOwner Owner)> _ownersChanged = [];
    private readonly HashSet<Address> _endpointsChanged = [];

    private void Note(IdentityObject? before, IdentityObject? now)
    {
        switch (now ?? before)
        {
            case NodeObject node:
                _nodesChanged.Add(node.Name);
                break;
            case WorkloadObject workload:
                _ownersChanged.Add((workload.Namespace, new IdentityOwner(workload.Kind, workload.Name)));
                break;
            case EndpointsObject:
                Link(before as EndpointsObject, isThere: false);
                Link(now as EndpointsObject, isThere: true);
                break;
            default:
                break;
        }
    }

    private void Link(EndpointsObject? slice, bool isThere)
    {
        if (slice is null) return;

        foreach (var address in slice.Addresses.Take(IdentityObject.AddressesMax))
        {
            _endpointsChanged.Add(address);
            if (!_endpoints.TryGetValue(address, out var slices)) _endpoints[address] = slices = [];
            if (isThere) slices.Add(slice);
            else slices.Remove(slice);
            if (slices.Count == 0) _endpoints.Remove(address);
        }
    }

    /// <summary>Describes anew whose node, owner or service has changed.</summary>
    private void DescribeAgain()
    {
        if (_nodesChanged.Count + _ownersChanged.Count + _endpointsChanged.Count == 0) return;

        foreach (var one in _objects.Values)
        {
            if (one is not PodObject pod || !IsConcerned(pod)) continue;

            foreach (var address in pod.Addresses.Take(IdentityObject.AddressesMax))
            {
                if (_holding.TryGetValue((pod.Key, address), out var held)) Hold(address, pod, held, held.FromNanos);
            }
        }

        _nodesChanged.Clear();
        _ownersChanged.Clear();
        _endpointsChanged.Clear();
    }

    private bool IsConcerned(PodObject pod)
    {
        if (_nodesChanged.Contains(pod.Node)) return true;

        for (var index = 0; index < pod.Addresses.Count; index++)
        {
            if (_endpointsChanged.Contains(pod.Addresses[index])) return true;
        }

        if (_ownersChanged.Count == 0) return false;
        foreach (var owner in Owners(pod))
        {
            if (_ownersChanged.Contains((pod.Namespace, owner))) return true;
        }

        return false;
    }

    /// <summary>From the nearest to the last that anybody told of.</summary>
    private IEnumerable<IdentityOwner> Owners(PodObject pod)
    {
        var owner = pod.Owner;
        for (var left = OwnersMax; left > 0 && owner is { } known; left--)
        {
            yield return known;
            var key = new WorkloadObject(known.Kind, pod.Namespace, known.Name).Key;
            owner = (_objects.GetValueOrDefault(key) as WorkloadObject)?.Owner;
        }
    }

    private Peer Describe(IdentityObject one) => one switch
    {
        PodObject pod => Describe(pod),
        NodeObject node => new Peer
        {
            Kind = PeerKind.Node, Name = node.Name, Node = node.Name, Zone = node.Zone, Labels = node.Labels,
        },
        ServiceObject service => new Peer
        {
            Kind = PeerKind.Service, Name = service.Name, Namespace = service.Namespace, Service = service.Name,
            Labels = service.Labels,
        },
        HostObject host => new Peer
        {
            Kind = PeerKind.Host, Name = host.Name, Namespace = host.Namespace, Zone = host.Zone, Labels = host.Labels,
        },
        _ => Peer.None,
    };

    private Peer Describe(PodObject pod)
    {
        var workload = Owners(pod).LastOrDefault();
        return new Peer
        {
            Kind = PeerKind.Pod,
            Name = pod.Name,
            Namespace = pod.Namespace,
            // A pod that nobody owns is its own workload, as people think of it.
            Workload = workload.Name ?? pod.Name,
            WorkloadKind = workload.Kind ?? "Pod",
            Service = ServiceOf(pod),
            Node = pod.Node,
            Zone = _objects.GetValueOrDefault(new NodeObject(pod.Node).Key) is NodeObject node ? node.Zone : "",
            Labels = pod.Labels,
        };
    }

    /// <summary>The first by name of those that the pod serves. One in the node's network has an address that others
    /// have too, so that nothing follows from it.</summary>
    private string ServiceOf(PodObject pod)
    {
        var first = "";
        if (pod.IsHostNetwork) return first;

        foreach (var address in pod.Addresses)
        {
            if (!_endpoints.TryGetValue(address, out var slices)) continue;

            foreach (var slice in slices.Where(slice => slice.Namespace == pod.Namespace))
            {
                if (first.Length == 0 || string.CompareOrdinal(slice.Service, first) < 0) first = slice.Service;
            }
        }

        return first;
    }
}
