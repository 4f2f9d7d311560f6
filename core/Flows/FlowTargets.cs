using NetSniff.Packets;

namespace NetSniff.Flows;

/// <summary>An address and how many of its first bits count.</summary>
public readonly record struct Network(Address Prefix, Address Mask)
{
    private const int MappedBits = 96;

    public bool Has(in Address address) =>
        (address.First & Mask.First) == Prefix.First && (address.Second & Mask.Second) == Prefix.Second;

    /// <param name="bits">Of an IPv4 address up to 32.</param>
    public static Network Of(Address address, int bits)
    {
        Span<byte> mask = stackalloc byte[Address.Size];
        mask.Clear();
        var left = address.IsV4 ? MappedBits + bits : bits;
        for (var index = 0; index < mask.Length && left > 0; index++, left -= 8)
        {
            mask[index] = (byte)(left >= 8 ? 0xff : 0xff << (8 - left));
        }

        var masked = Address.FromBytes(mask);
        return new Network(new Address(address.First & masked.First, address.Second & masked.Second), masked);
    }
}

/// <summary>Whose traffic may be looked at: immutable, shared by all shards, asked when a flow begins.</summary>
/// <remarks>Open addressing, at most a quarter full; asking allocates nothing.</remarks>
public sealed class FlowTargets
{
    private const byte Listed = 1, Own = 2;

    private readonly Address[] _addresses;
    private readonly byte[] _kinds;
    private readonly int _mask;
    private readonly Network[] _excluded;
    private readonly bool _hasHostTraffic;

    /// <param name="listed">Targets by address; null for everybody.</param>
    /// <param name="excluded">Whatever has an end in them is nobody's.</param>
    /// <param name="hasHostTraffic">Whether the machine's own addresses are targets.</param>
    /// <param name="others">Where everybody is a target: addresses whose traffic with the machine itself is wanted all
    /// the same.</param>
    /// <param name="own">The machine's own addresses; 127.0.0.0/8 and ::1 are among them.</param>
    public FlowTargets(
        IReadOnlyCollection<Address>? listed, IEnumerable<Network> excluded, bool hasHostTraffic,
        IReadOnlyCollection<Address> others, IReadOnlyCollection<Address> own)
    {
        ArgumentNullException.ThrowIfNull(excluded);
        ArgumentNullException.ThrowIfNull(others);
        ArgumentNullException.ThrowIfNull(own);
        (IsListed, _hasHostTraffic, _excluded) = (listed is not null, hasHostTraffic, [.. excluded]);
        var count = (listed?.Count ?? 0) + others.Count + own.Count + 1;
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 4 * count));
        (_addresses, _kinds, _mask) = (new Address[size], new byte[size], size - 1);
        foreach (var address in listed ?? []) Add(address, Listed);
        foreach (var address in others) Add(address, Listed);
        foreach (var address in own) Add(address, Own);
        Add(new Address(0, 1ul << 56), Own); // ::1
    }

    /// <summary>Whether only those on a list are targets.</summary>
    public bool IsListed { get; }

    /// <summary>Whether a flow between the two may be looked at.</summary>
    public bool Wants(in Address left, in Address right)
    {
        foreach (ref readonly var network in _excluded.AsSpan())
        {
            if (network.Has(in left) || network.Has(in right)) return false;
        }

        if (!IsListed && _hasHostTraffic) return true;

        var kinds = KindsOf(in left) | KindsOf(in right);
        if ((kinds & Listed) != 0) return true;

        var isHost = (kinds & Own) != 0;
        return IsListed ? isHost && _hasHostTraffic : !isHost;
    }

    private static int HashOf(in Address address)
    {
        const ulong Odd = 0x9E37_79B9_7F4A_7C15;
        var mixed = (address.First ^ (address.Second * Odd)) * Odd;
        return (int)(mixed >> 32);
    }

    private static bool IsLoopback(in Address address) => address.IsV4 && (byte)(address.Second >> 32) == 127;

    private int KindsOf(in Address address)
    {
        for (var at = HashOf(in address) & _mask; _kinds[at] != 0; at = (at + 1) & _mask)
        {
            if (_addresses[at] == address) return _kinds[at];
        }

        return IsLoopback(in address) ? Own : 0;
    }

    private void Add(Address address, byte kind)
    {
        var at = HashOf(in address) & _mask;
        while (_kinds[at] != 0 && _addresses[at] != address) at = (at + 1) & _mask;
        _addresses[at] = address;
        _kinds[at] |= kind;
    }
}
