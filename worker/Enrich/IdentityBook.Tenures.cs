using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Enrich;

/// <summary>From objects to who has which address.</summary>
public sealed partial class IdentityBook
{
    /// <summary>Tenures of one address; beyond, its oldest goes. Each is looked at when the address is asked about.
    /// </summary>
    public const int TenuresPerAddressMax = 256;

    /// <summary>Takes the addresses that an object has now and gives up those that it had before.</summary>
    private void Occupy(IdentityObject? before, IdentityObject now, long timeNanos)
    {
        var addresses = AddressesOf(now);
        if (before is not null)
        {
            foreach (var address in AddressesOf(before).Except(addresses)) End(address, before, timeNanos);
        }

        foreach (var address in addresses)
        {
            var held = _holding.GetValueOrDefault((now.Key, address));
            Hold(address, now, held, now.FromNanos ?? held?.FromNanos ?? timeNanos);
        }
    }

    /// <summary>The addresses that the object itself has: those behind a service are not the slice's.</summary>
    private static IEnumerable<Address> AddressesOf(IdentityObject one) =>
        one is EndpointsObject ? [] : one.Addresses.Take(IdentityObject.AddressesMax);

    private void Hold(Address address, IdentityObject owner, Tenure? instead, long fromNanos)
    {
        var tenure = NewTenure(owner, fromNanos);
        if (instead is not null) Drop(address, instead);
        Add(address, tenure);
        _holding[(owner.Key, address)] = tenure;
    }

    private void End(Address address, IdentityObject owner, long timeNanos)
    {
        if (!_holding.Remove((owner.Key, address), out var tenure)) return;

        if (tenure.UntilNanos > timeNanos)
        {
            Drop(address, tenure);
            tenure = tenure.EndedAt(timeNanos);
            Add(address, tenure);
        }

        _ended.Enqueue((address, tenure), tenure.UntilNanos);
    }

    private void Add(Address address, Tenure tenure)
    {
        if (!_tenures.TryGetValue(address, out var others))
        {
            _tenures[address] = [tenure];
            return;
        }

        if (others.Length >= TenuresPerAddressMax)
        {
            var oldest = others.MinBy(other => other.UntilNanos)!;
            others = [.. others.Where(other => other != oldest)];
            if (oldest.UntilNanos != Tenure.Open) _knownFromNanos = Math.Max(_knownFromNanos, oldest.UntilNanos);
            _counts = _counts with { EndedByCount = _counts.EndedByCount + 1 };
        }

        _tenures[address] = [.. others, tenure];
    }

    private bool Drop(Address address, Tenure tenure)
    {
        if (!_tenures.TryGetValue(address, out var tenures)) return false;

        Tenure[] left = [.. tenures.Where(other => other != tenure)];
        if (left.Length > 0) _tenures[address] = left;
        else _tenures.Remove(address);
        return left.Length < tenures.Length;
    }

    private Tenure NewTenure(IdentityObject one, long fromNanos)
    {
        var kind = one switch
        {
            PodObject { IsHostNetwork: true } => TenureKind.HostPod,
            PodObject => TenureKind.Pod,
            ServiceObject => TenureKind.Service,
            NodeObject => TenureKind.Node,
            _ => TenureKind.Host,
        };
        return new Tenure(kind, one, Describe(one), fromNanos, one.UntilNanos ?? Tenure.Open);
    }
}
