using System.Text;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Enrich;

/// <summary>Who had which address when, as it was known at one moment. Never changes; any thread may ask.</summary>
public sealed class IdentitySnapshot
{
    /// <summary>What is seen so shortly after its end is still the last owner's, if nobody else has the address: resets
    /// and repeated segments outlive their pod, and clocks of nodes differ.</summary>
    public const long AfterEndNanos = 2_000_000_000;

    private readonly Dictionary<Address, Tenure[]> _tenures;
    private readonly (IdentityNetwork Network, Tenure Host)[] _hosts;
    private readonly IdentityNetwork[] _ours;
    private readonly long _knownFromNanos;

    internal IdentitySnapshot(
        Dictionary<Address, Tenure[]> tenures, (IdentityNetwork, Tenure)[] hosts, IdentityNetwork[] ours,
        long knownFrom)
    {
        (_tenures, _hosts, _ours, _knownFromNanos) = (tenures, hosts, ours, knownFrom);
    }

    public static IdentitySnapshot Empty { get; } = new([], [], [], long.MinValue);

    /// <summary>Addresses that somebody has or had.</summary>
    public int AddressesCount => _tenures.Count;

    /// <summary>Whose address it was, or why that cannot be said: either way a number in <see cref="Peers"/>.</summary>
    public uint Find(Address address, ushort port, byte protocol, long timeNanos) =>
        Answer(address, port, protocol, timeNanos).Peer;

    /// <summary>What whoever had an address is called; null where nobody says.</summary>
    public string? NameOf(Address address, long timeNanos)
    {
        var peer = Peers.Of(Find(address, 0, 0, timeNanos));
        return peer.Name.Length == 0 ? null : Encoding.UTF8.GetString(peer.Shown);
    }

    /// <summary>The same, with how long before and after it holds.</summary>
    internal IdentityAnswer Answer(Address address, ushort port, byte protocol, long timeNanos)
    {
        if (!_tenures.TryGetValue(address, out var tenures))
        {
            return new(Untold(address), long.MinValue, long.MaxValue, IsByPort: false);
        }

        var (from, until) = (long.MinValue, long.MaxValue);
        Tenure? best = null;
        Tenure? last = null;
        var hostPods = 0;
        foreach (var tenure in tenures)
        {
            Narrow(tenure, timeNanos, ref from, ref until);
            if (!tenure.Covers(timeNanos))
            {
                if (IsJustOver(tenure, timeNanos) && !(last?.UntilNanos > tenure.UntilNanos)) last = tenure;
                continue;
            }

            if (tenure.Kind == TenureKind.HostPod) hostPods++;
            else if (IsBefore(tenure, best)) best = tenure;
        }

        if (hostPods > 0 && best is null or { Kind: > TenureKind.HostPod })
        {
            return new(OfSharedNetwork(tenures, best, port, protocol, timeNanos), from, until, IsByPort: true);
        }

        var found = best ?? last;
        var why = timeNanos < _knownFromNanos ? Unnamed.BeforeHistory : Unnamed.NotThen;
        return new(found?.Number ?? why, from, until, false);
    }

    /// <summary>The better kind; of one kind who came later, for who came before has not been told to have gone.
    /// </summary>
    private static bool IsBefore(Tenure tenure, Tenure? other)
    {
        if (other is null) return true;
        if (tenure.Kind != other.Kind) return tenure.Kind < other.Kind;
        if (tenure.FromNanos != other.FromNanos) return tenure.FromNanos > other.FromNanos;
        return string.CompareOrdinal(tenure.Peer.ToString(), other.Peer.ToString()) < 0;
    }

    /// <summary>What began and ended in one moment nobody had.</summary>
    private static bool IsJustOver(Tenure tenure, long timeNanos) => tenure.Kind != TenureKind.HostPod
        && tenure.UntilNanos > tenure.FromNanos
        && timeNanos >= tenure.UntilNanos && timeNanos - AfterEndNanos < tenure.UntilNanos;

    /// <summary>Between two neighbouring moments at which something begins or ends, the answer stays.</summary>
    private static void Narrow(Tenure tenure, long timeNanos, ref long from, ref long until)
    {
        Narrow(tenure.FromNanos, timeNanos, ref from, ref until);
        if (tenure.UntilNanos == Tenure.Open) return;

        Narrow(tenure.UntilNanos, timeNanos, ref from, ref until);
        Narrow(tenure.UntilNanos + AfterEndNanos, timeNanos, ref from, ref until);
    }

    private static void Narrow(long edge, long timeNanos, ref long from, ref long until)
    {
        if (edge <= timeNanos) from = Math.Max(from, edge);
        else until = Math.Min(until, edge);
    }

    /// <summary>The one pod in the node's network that names the port; else the node, and why not more.</summary>
    private static uint OfSharedNetwork(
        Tenure[] tenures, Tenure? node, ushort port, byte protocol, long timeNanos)
    {
        Tenure? pod = null;
        var isOne = true;
        foreach (var tenure in tenures)
        {
            if (tenure.Kind != TenureKind.HostPod || !tenure.Covers(timeNanos)) continue;
            if (!tenure.Names(protocol, port)) continue;

            isOne = pod is null;
            pod = tenure;
        }

        if (pod is not null && isOne) return pod.Number;
        if (node is null) return pod is null ? Unnamed.NoPodsPort : Unnamed.SeveralPodsPort;
        return pod is null ? node.NumberNoPodsPort : node.NumberSeveralPodsPort;
    }

    private uint Untold(Address address)
    {
        var byAddress = Unnamed.ByAddress(address);
        if (byAddress != Peers.Unnamed) return byAddress;

        foreach (var (network, host) in _hosts)
        {
            if (network.Has(address)) return host.Number;
        }

        foreach (var network in _ours)
        {
            if (network.Has(address)) return Unnamed.NotTold;
        }

        if (_ours.Length > 0) return Unnamed.External;
        return Unnamed.IsPrivate(address) ? Unnamed.NotTold : Unnamed.Public;
    }
}

/// <param name="FromNanos">At every moment from here…</param>
/// <param name="UntilNanos">…to before here the answer is the same.</param>
/// <param name="IsByPort">Another port may have another answer.</param>
internal readonly record struct IdentityAnswer(uint Peer, long FromNanos, long UntilNanos, bool IsByPort);
