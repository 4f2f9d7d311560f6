namespace NetSniff.Records;

/// <summary>Numbers for peers, as records carry them: given on first use, never given up, the same for equal peers.
/// </summary>
/// <remarks>Numbers mean nothing outside the process; batches and stores carry what they stand for. Any thread may ask
/// and add. A number stands for the same peer for as long as the process lives, so that what was worked out about it
/// may be kept.</remarks>
public static class Peers
{
    /// <summary>Not looked up, or there was no room.</summary>
    public const uint Unnamed = 0;

    /// <summary>Peers that get a number.</summary>
    public const int CountMax = 1 << 20;

    /// <summary>Numbers kept for peers without a name of their own: workloads, reasons, which many share.</summary>
    public const int SharedRoom = CountMax / 16;

    private static readonly Dictionary<Peer, uint> s_numbers = new() { [Peer.None] = Unnamed };
    private static Peer[] s_peers = [Peer.None];
    private static int s_count = 1;
    private static long s_refused;

    /// <summary>Numbers given, 0 among them.</summary>
    public static int Count => Volatile.Read(ref s_count);

    /// <summary>Times that a peer found no room.</summary>
    public static long Refused => Volatile.Read(ref s_refused);

    public static Peer Of(uint number)
    {
        var peers = Volatile.Read(ref s_peers);
        return number < (uint)peers.Length ? peers[number] ?? Peer.None : Peer.None;
    }

    /// <summary>The number of a peer; <see cref="Unnamed"/> when there is no room for another.</summary>
    public static uint Add(Peer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var countMax = peer.Name.Length > 0 ? CountMax - SharedRoom : CountMax;
        lock (s_numbers)
        {
            if (s_numbers.TryGetValue(peer, out var known)) return known;
            if (s_count >= countMax)
            {
                s_refused++;
                return Unnamed;
            }

            if (s_count == s_peers.Length)
            {
                var larger = new Peer[2 * s_count];
                s_peers.CopyTo(larger, 0);
                Volatile.Write(ref s_peers, larger);
            }

            var number = (uint)s_count;
            s_peers[number] = peer;
            Volatile.Write(ref s_count, s_count + 1);
            s_numbers.Add(peer, number);
            return number;
        }
    }
}
