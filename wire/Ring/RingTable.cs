using System.Text;
using NetSniff.Buffers;

namespace NetSniff.Wire.Ring;

/// <summary>Which worker a flow belongs to: the same answer at every sensor that knows the same workers, without a word
/// between them.</summary>
/// <remarks>Flow hashes fall into <see cref="Buckets"/> buckets. Each bucket prefers workers in an order of its own
/// (highest random weight, Thaler and Ravishankar 1998), and takes the first that has room: none carries more than
/// <see cref="LoadMax"/> times its share (consistent hashing with bounded loads, Mirrokni, Thorup and Zadimoghaddam
/// 2018). A worker that joins or leaves moves its own share and what little the bound pushes on. Both directions of a
/// flow, and what two nodes saw of it, have one hash and so one worker.</remarks>
public sealed class RingTable
{
    public const int Buckets = 4096;

    /// <summary>Most workers.</summary>
    public const int MembersMax = 1024;

    /// <summary>Most buckets of a worker, as a multiple of its fair share.</summary>
    public const double LoadMax = 1.25;

    private readonly ushort[] _owners = new ushort[Buckets];

    private RingTable(IReadOnlyList<RingMember> members) => Members = members;

    /// <summary>By name.</summary>
    public IReadOnlyList<RingMember> Members { get; }

    public static RingTable Empty { get; } = new([]);

    public bool IsEmpty => Members.Count == 0;

    /// <exception cref="ArgumentException">Too many workers, or two of one name.</exception>
    public static RingTable Of(IEnumerable<RingMember> members)
    {
        var sorted = members.OrderBy(static member => member.Name, StringComparer.Ordinal).ToList();
        if (sorted.Count > MembersMax) throw new ArgumentException($"more than {MembersMax} workers", nameof(members));
        if (sorted.Select(static member => member.Name).Distinct(StringComparer.Ordinal).Count() != sorted.Count)
        {
            throw new ArgumentException("two workers of one name", nameof(members));
        }

        var table = new RingTable(sorted);
        if (sorted.Count > 0) table.Assign();
        return table;
    }

    public static int BucketOf(ulong flowHash) => (int)(flowHash >> 52);

    public RingMember OwnerOf(ulong flowHash) => OwnerOfBucket(BucketOf(flowHash));

    /// <summary>There must be a worker.</summary>
    public RingMember OwnerOfBucket(int bucket) => Members[_owners[bucket]];

    /// <summary>Place of the owner in <see cref="Members"/>.</summary>
    public int OwnerIndex(ulong flowHash) => _owners[BucketOf(flowHash)];

    /// <summary>Who else would take a bucket, the next best first.</summary>
    public IEnumerable<RingMember> Successors(int bucket)
    {
        var seeds = Seeds();
        return Enumerable.Range(0, Members.Count)
            .Where(member => member != _owners[bucket] && Members[member].Weight > 0)
            .OrderByDescending(member => Rank(bucket, seeds[member]))
            .Select(member => Members[member]);
    }

    private void Assign()
    {
        var seeds = Seeds();
        var room = Room();
        var ranks = new (ulong Rank, ushort Member)[Members.Count];
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            for (var member = 0; member < ranks.Length; member++)
            {
                ranks[member] = (Rank(bucket, seeds[member]), (ushort)member);
            }

            var best = -1;
            for (var member = 0; member < ranks.Length; member++)
            {
                if (room[member] > 0 && (best < 0 || ranks[member].Rank > ranks[best].Rank)) best = member;
            }

            _owners[bucket] = (ushort)best;
            room[best]--;
        }
    }

    /// <summary>Buckets that each may have. A worker of weight 0 gets none while another has more.</summary>
    private int[] Room()
    {
        var total = Members.Sum(static member => (long)Math.Max(member.Weight, 0));
        if (total == 0) return [.. Members.Select(_ => (int)Math.Ceiling(LoadMax * Buckets / Members.Count))];

        return [.. Members.Select(member =>
            (int)Math.Ceiling(LoadMax * Buckets * Math.Max(member.Weight, 0) / total))];
    }

    private ulong[] Seeds() => [.. Members.Select(static member =>
    {
        var name = Encoding.UTF8.GetBytes(member.Name);
        return (ulong)Crc32C.Of(name) << 32 | Crc32C.Of([.. name, 0xff]);
    })];

    /// <summary>The finaliser of SplitMix64 (Steele, Lea and Flood 2014) over bucket and worker.</summary>
    private static ulong Rank(int bucket, ulong seed)
    {
        var mixed = seed + (ulong)(bucket + 1) * 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
}
