using NetSniff.Packets;

namespace NetSniff.Protocols.Labels;

/// <summary>Names protocols that are recognised but not read.</summary>
/// <remarks>Every new flow comes by, most of them in vain. So the first byte leads straight to the few signatures that
/// can begin with it, and each of those looks at a length or a magic first.</remarks>
public static unsafe class Labels
{
    private readonly struct Candidate(Signature signature)
    {
        public readonly delegate*<ReadOnlySpan<byte>, Direction, ProbeHints, bool> Matches = signature.Matches;
        public readonly ushort App = Apps.Add(signature.Info.Name);
    }

    private static readonly Candidate[][] s_streams = ByFirstByte(Signatures.Streams);
    private static readonly Candidate[][] s_datagrams = ByFirstByte(Signatures.Datagrams);
    private static readonly bool[] s_carriers = Those(one => one.IsCarrier);
    private static readonly bool[] s_keepers = Those(one => one.KeepsName);
    private static readonly ushort s_rtp = Apps.Add("rtp");

    /// <summary>What is inside may have a better name: go on looking.</summary>
    public static bool IsCarrier(ushort app) => app < s_carriers.Length && s_carriers[app];

    /// <summary>The name stays, whatever a parser finds to read.</summary>
    public static bool KeepsName(ushort app) => app < s_keepers.Length && s_keepers[app];

    /// <param name="bytes">What one side of a connection has said, or one datagram.</param>
    /// <param name="seen">A word of the flow for signatures that need two datagrams: zero at first.</param>
    public static ushort Recognise(
        Transport transport, ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints, byte ipProtocol,
        ref uint seen)
    {
        if (bytes.IsEmpty) return Apps.Unknown;
        if (ipProtocol == IpProtocol.Sctp) return SctpPayloads.Recognise(bytes);
        var candidates = (transport == Transport.Stream ? s_streams : s_datagrams)[bytes[0]];
        foreach (ref readonly var candidate in candidates.AsSpan())
        {
            if (candidate.Matches(bytes, direction, hints)) return candidate.App;
        }

        return transport == Transport.Datagram && Media.IsRtp(bytes, direction, ref seen) ? s_rtp : Apps.Unknown;
    }

    private static Candidate[][] ByFirstByte(IReadOnlyList<Signature> signatures)
    {
        var table = new Candidate[256][];
        for (var first = 0; first < table.Length; first++)
        {
            var value = first;
            table[first] = [.. signatures.Where(one => one.Starts[value]).Select(one => new Candidate(one))];
        }

        return table;
    }

    private static bool[] Those(Func<Signature, bool> wanted)
    {
        var apps = Signatures.Streams.Concat(Signatures.Datagrams).Where(wanted)
            .Select(one => Apps.Add(one.Info.Name)).ToArray();
        var table = new bool[apps.Max() + 1];
        foreach (var app in apps) table[app] = true;
        return table;
    }
}
