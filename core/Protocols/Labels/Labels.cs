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
        public readonly bool IsLine = signature.IsLine;
    }

    /// <summary>One transport: who can begin with a byte, anywhere and on the ports of those who need them.</summary>
    private sealed class Candidates(IReadOnlyList<Signature> signatures)
    {
        private readonly Candidate[][] _anywhere = ByFirstByte(signatures.Where(one => !one.NeedsPort));
        private readonly Candidate[][] _onPorts = ByFirstByte(signatures);
        private readonly ulong[] _ports = PortSet(signatures.Where(one => one.NeedsPort));

        public ReadOnlySpan<Candidate> Of(byte first, ProbeHints hints) =>
            (IsNeeded(hints.ServerPort) || IsNeeded(hints.ClientPort) ? _onPorts : _anywhere)[first];

        private bool IsNeeded(ushort port) => (_ports[port >> 6] >> port & 1) != 0;
    }

    private static readonly Candidates s_streams = new(Signatures.Streams);
    private static readonly Candidates s_datagrams = new(Signatures.Datagrams);
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
        var isText = Answer.Unasked;
        var candidates = transport == Transport.Stream ? s_streams : s_datagrams;
        foreach (ref readonly var candidate in candidates.Of(bytes[0], hints))
        {
            if (candidate.IsLine)
            {
                if (isText == Answer.Unasked) isText = Words.Line(bytes).IsEmpty ? Answer.No : Answer.Yes;
                if (isText == Answer.No) continue;
            }

            if (candidate.Matches(bytes, direction, hints)) return candidate.App;
        }

        return transport == Transport.Datagram && Media.IsRtp(bytes, direction, ref seen) ? s_rtp : Apps.Unknown;
    }

    private enum Answer : byte { Unasked, No, Yes }

    private static ulong[] PortSet(IEnumerable<Signature> signatures)
    {
        var set = new ulong[65_536 / 64];
        foreach (var port in signatures.SelectMany(one => one.Info.Ports)) set[port >> 6] |= 1ul << port;
        return set;
    }

    private static Candidate[][] ByFirstByte(IEnumerable<Signature> signatures)
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
