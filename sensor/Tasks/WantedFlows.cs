using NetSniff.Packets;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Tasks;

/// <summary>Flows that are cut, each within its time. Pieces of datagrams have no ports: those between the two ends of
/// a wanted flow, of its protocol, are wanted with it.</summary>
internal sealed class WantedFlows
{
    /// <summary>What no packet has.</summary>
    public const ulong NoFlow = 1;

    private readonly Dictionary<ulong, (long From, long To)> _times = [];
    private readonly HashSet<ulong> _hashes = [];

    public int Count => _hashes.Count;

    public HashSet<ulong> Hashes => _hashes;

    /// <returns>Hashes that were not known before.</returns>
    public HashSet<ulong> Add(IEnumerable<FlowKey> flows)
    {
        HashSet<ulong> fresh = [];
        foreach (var key in flows)
        {
            if (!TryPacket(key, out var packet)) continue;

            Add(FlowHash.Of(in packet), key, fresh);
            (packet.SourcePort, packet.TargetPort) = (0, 0);
            Add(FlowHash.Of(in packet), key, fresh);
        }

        return fresh;
    }

    public bool Wants(ulong hash, long timeNanos) =>
        _times.TryGetValue(hash, out var time) && timeNanos >= time.From && timeNanos <= time.To;

    private void Add(ulong hash, FlowKey key, HashSet<ulong> fresh)
    {
        var from = key.SinceNanos == 0 ? long.MinValue : key.SinceNanos;
        var to = key.UntilNanos == 0 ? long.MaxValue : key.UntilNanos;
        if (_hashes.Add(hash))
        {
            fresh.Add(hash);
            _times[hash] = (from, to);
            return;
        }

        // One connection after another between the same ends: what lies between them is theirs too.
        var known = _times[hash];
        _times[hash] = (Math.Min(known.From, from), Math.Max(known.To, to));
    }

    private static bool TryPacket(FlowKey key, out Packet packet)
    {
        packet = default;
        if (key.Client.Length is not (4 or 16) || key.Server.Length is not (4 or 16)) return false;

        packet.Source = Address.FromBytes(key.Client.Span);
        packet.Target = Address.FromBytes(key.Server.Span);
        packet.SourcePort = (ushort)key.ClientPort;
        packet.TargetPort = (ushort)key.ServerPort;
        packet.Protocol = (byte)key.Protocol;
        packet.OuterVlan = (ushort)key.OuterVlan;
        packet.InnerVlan = (ushort)key.InnerVlan;
        return true;
    }
}
