using NetSniff.Packets;
using NetSniff.Protocols;

namespace NetSniff.Tests.Protocols;

/// <summary>What one side said before the other did; or one datagram.</summary>
internal sealed record Utterance(Direction Direction, byte[] Bytes);

/// <summary>One conversation out of a capture, without its packets.</summary>
internal sealed record Sample(
    string Name, Transport Transport, ushort ClientPort, ushort ServerPort, IReadOnlyList<Utterance> Said)
{
    /// <summary>Bytes shown to a probe at most, as in the pipeline.</summary>
    private const int ProbeBytesMax = 4096;

    public ProbeHints Hints => new(ClientPort, ServerPort, IsFromStart: true);

    /// <summary>Line of the list that reads it, or -1.</summary>
    public int Owner
    {
        get
        {
            for (var entry = 0; entry < NetSniff.Protocols.Protocols.All.Count; entry++)
            {
                if (Ask(entry) is Verdict.Yes or Verdict.YesReversed) return entry;
            }

            return -1;
        }
    }

    public string OwnerName => NetSniff.Protocols.Protocols.All[Owner].Info.Name;

    /// <summary>What a protocol says when shown the beginnings of both sides as they come.</summary>
    public unsafe Verdict Ask(int index)
    {
        var entry = NetSniff.Protocols.Protocols.All[index];
        if (entry.Info.Transport != Transport) return Verdict.No;

        var said = new[] { new List<byte>(), new List<byte>() };
        var answer = new[] { Verdict.Maybe, Verdict.Maybe };
        foreach (var (direction, bytes) in Said)
        {
            var side = (int)direction;
            if (answer[side] == Verdict.No && Transport == Transport.Stream) continue;
            if (said[side].Count >= ProbeBytesMax) continue;

            if (Transport == Transport.Datagram) said[side].Clear();
            said[side].AddRange(bytes);
            answer[side] = entry.Probe([.. said[side]], direction, Hints);
            if (answer[side] is Verdict.Yes or Verdict.YesReversed) return answer[side];
        }

        return answer[0] == Verdict.No && answer[1] == Verdict.No ? Verdict.No : Verdict.Maybe;
    }

    public override string ToString() => Name;

    /// <summary>The conversations of a capture that are whole: TCP from its SYN without a hole, UDP without cut
    /// datagrams.</summary>
    public static List<Sample> From(string path, string name)
    {
        var conversations = new Dictionary<(Address, Address, int, int, byte), Conversation>();
        List<Conversation> inOrder = [];
        Packet packet = default;
        var capture = new CaptureFile(path);
        foreach (ref readonly var frame in capture.Frames.AsSpan())
        {
            PacketDecoder.Decode(in frame, ref packet);
            if (packet.Status != DecodeStatus.Ok) continue;
            if (packet.Is(PacketTraits.Fragment | PacketTraits.BadTransport)) continue;
            if (packet.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp)) continue;

            var there = (packet.Source, packet.Target, (int)packet.SourcePort, (int)packet.TargetPort, packet.Protocol);
            var back = (packet.Target, packet.Source, (int)packet.TargetPort, (int)packet.SourcePort, packet.Protocol);
            var isBack = conversations.TryGetValue(back, out var conversation);
            if (!isBack && !conversations.TryGetValue(there, out conversation))
            {
                conversation = new(packet.SourcePort, packet.TargetPort, packet.Protocol == IpProtocol.Tcp);
                conversations.Add(there, conversation);
                inOrder.Add(conversation);
            }

            conversation!.Take(in packet, isBack ? Direction.ToClient : Direction.ToServer);
        }

        GC.KeepAlive(capture);
        return
        [
            .. inOrder.Where(one => one.IsWhole && one.Said.Count > 0).Select((one, index) => new Sample(
                $"{name}#{index}",
                one.IsTcp ? Transport.Stream : Transport.Datagram,
                one.ClientPort,
                one.ServerPort,
                [.. one.Said.Select(said => new Utterance(said.Direction, [.. said.Bytes]))])),
        ];
    }

    private sealed class Conversation(ushort clientPort, ushort serverPort, bool isTcp)
    {
        private readonly uint[] _next = new uint[2];
        private readonly bool[] _isStarted = new bool[2];

        public ushort ClientPort { get; } = clientPort;

        public ushort ServerPort { get; } = serverPort;

        public bool IsTcp { get; } = isTcp;

        public bool IsWhole { get; private set; } = true;

        public List<(Direction Direction, List<byte> Bytes)> Said { get; } = [];

        public void Take(in Packet packet, Direction direction)
        {
            if (packet.PayloadLength < packet.PayloadWireLength) IsWhole = false;
            if (!IsTcp)
            {
                if (packet.PayloadLength > 0) Said.Add((direction, [.. packet.Payload]));
                return;
            }

            ref var next = ref _next[(int)direction];
            if (packet.Has(TcpFlags.Syn))
            {
                // Another connection from the same port is left out.
                if (_isStarted[(int)direction] && next != packet.Sequence + 1) IsWhole = false;
                (next, _isStarted[(int)direction]) = (packet.Sequence + 1, true);
                return;
            }

            if (packet.PayloadLength == 0) return;
            var old = (int)(next - packet.Sequence);
            if (!_isStarted[(int)direction] || old < 0) IsWhole = false;
            if (old < 0 || old >= packet.PayloadLength) return;

            next += (uint)(packet.PayloadLength - old);
            if (Said.Count == 0 || Said[^1].Direction != direction) Said.Add((direction, []));
            Said[^1].Bytes.AddRange(packet.Payload[old..]);
        }
    }
}
