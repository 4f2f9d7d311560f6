using NetSniff.Packets;

namespace NetSniff.Fuzz.Captures;

/// <summary>Who sends to whom.</summary>
internal readonly record struct Ends(Address Source, Address Target, ushort SourcePort, ushort TargetPort)
{
    public Ends Reversed => new(Target, Source, TargetPort, SourcePort);
}

/// <summary>A TCP segment or a UDP datagram without the headers it came in.</summary>
internal sealed record Segment(Ends Ends, byte[] Payload, long TimeNanos)
{
    public bool IsTcp { get; init; }

    public uint Sequence { get; init; }

    public uint Acknowledgement { get; init; }

    public TcpFlags Flags { get; init; }

    public ushort Window { get; init; } = 65535;

    /// <summary>Of a SYN; 255 when it offers none.</summary>
    public byte WindowScale { get; init; } = NoWindowScale;

    public const byte NoWindowScale = 255;

    /// <summary>Takes a frame apart; null when it is not plain TCP or UDP that came whole.</summary>
    public static unsafe Segment? TryTake(CapturedFrame frame)
    {
        fixed (byte* data = frame.Bytes)
        {
            Packet packet = default;
            PacketDecoder.Decode(
                new Frame(
                    (nint)data, frame.Bytes.Length, Math.Max(frame.WireLength, frame.Bytes.Length), frame.TimeNanos,
                    frame.LinkType),
                ref packet);
            const PacketTraits Odd = PacketTraits.Fragment | PacketTraits.CutBySnap | PacketTraits.BadTransport;
            if (packet.Status != DecodeStatus.Ok || (packet.Traits & Odd) != 0) return null;
            if (packet.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp)) return null;
            if (packet.Source.IsV4 != packet.Target.IsV4) return null;

            var ends = new Ends(packet.Source, packet.Target, packet.SourcePort, packet.TargetPort);
            return new Segment(ends, packet.Payload.ToArray(), packet.TimeNanos)
            {
                IsTcp = packet.Protocol == IpProtocol.Tcp,
                Sequence = packet.Sequence,
                Acknowledgement = packet.Acknowledgement,
                Flags = packet.Flags,
                Window = packet.Window,
                WindowScale = packet.Has(TcpFlags.Syn) ? packet.WindowScale : NoWindowScale,
            };
        }
    }
}
