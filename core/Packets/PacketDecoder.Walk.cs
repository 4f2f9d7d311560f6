namespace NetSniff.Packets;

public static unsafe partial class PacketDecoder
{
    /// <summary>How far a frame may be read, and how often one may still descend.</summary>
    private ref struct Walk
    {
        /// <summary>The first byte that may not be read: the capture's end, or the datagram's where that is nearer.
        /// </summary>
        public byte* End;

        /// <summary>Where the datagram ends on the wire; beyond <see cref="End"/> when the capture cut it. Never read.
        /// </summary>
        public byte* WireEnd;

        public int HeadersLeft;
        public int TunnelsLeft;

        /// <summary>VLAN tags met.</summary>
        public int Tags;

        public Walk(byte* start, int captured, int wire)
        {
            End = start + captured;
            WireEnd = start + Math.Max(captured, wire);
            HeadersLeft = HeadersMax;
            TunnelsLeft = TunnelDepthMax;
        }

        public readonly long Left(byte* at) => End - at;

        public readonly long WireLeft(byte* at) => WireEnd - at;

        /// <summary>The datagram is said to end here: padding goes, and a cut shows.</summary>
        public void EndAt(byte* end)
        {
            WireEnd = end;
            if (end < End) End = end;
        }
    }

    /// <summary>Every header that is not plain, one after the other.</summary>
    private static void DecodeAny(in Frame frame, ref Packet packet)
    {
        var data = frame.Pointer;
        packet = default;
        packet.Data = data;
        packet.TimeNanos = frame.TimeNanos;
        packet.CapturedLength = frame.CapturedLength;
        packet.WireLength = frame.WireLength;
        packet.Interface = frame.Interface;
        packet.WindowScale = NoWindowScale;
        packet.Status = DecodeStatus.NotIp;

        var walk = new Walk(data, frame.CapturedLength, frame.WireLength);
        if (frame.StrippedVlan != 0) Tag(ref packet, ref walk, frame.StrippedVlan);

        Link(ref packet, ref walk, data, frame.LinkType);
        packet.Hash = FlowHash.Of(in packet);
    }

    /// <summary>Forgets what a transport header, or a piece of a datagram, said before.</summary>
    private static void ClearTransport(ref Packet packet)
    {
        packet.Traits &= PacketTraits.Tunnelled | PacketTraits.Outgoing;
        packet.FragmentOffset = 0;
        packet.Sequence = 0;
        packet.Acknowledgement = 0;
        packet.SourcePort = 0;
        packet.TargetPort = 0;
        packet.Window = 0;
        packet.Flags = TcpFlags.None;
        packet.WindowScale = NoWindowScale;
        packet.PayloadOffset = 0;
        packet.PayloadLength = 0;
        packet.PayloadWireLength = 0;
    }

    /// <summary>Remembers a VLAN: the outermost and the next one to it, in or out of a tunnel.</summary>
    private static void Tag(ref Packet packet, ref Walk walk, int control)
    {
        var vlan = (ushort)(control & VlanIdMask);
        if (walk.Tags == 0) packet.OuterVlan = vlan;
        else if (walk.Tags == 1) packet.InnerVlan = vlan;

        walk.Tags++;
    }

    private static int TagsOf(in Packet packet) => packet.InnerVlan != 0 ? 2 : packet.OuterVlan != 0 ? 1 : 0;

    /// <summary>A header is not all there: the capture's doing, or the frame's own.</summary>
    private static void RunShort(ref Packet packet, in Walk walk)
    {
        if (walk.End < walk.WireEnd)
        {
            packet.Status = DecodeStatus.Truncated;
            packet.Traits |= PacketTraits.CutBySnap;
        }
        else
        {
            packet.Status = DecodeStatus.Malformed;
        }
    }

    /// <summary>The payload starts here and goes to the end; a cut may have come before its first byte.</summary>
    private static void SetPayload(ref Packet packet, in Walk walk, byte* at)
    {
        var wireLength = (int)Math.Clamp(walk.WireLeft(at), 0, int.MaxValue);
        if (at > walk.End) at = walk.End;

        packet.PayloadOffset = (int)(at - packet.Data);
        packet.PayloadLength = (int)walk.Left(at);
        packet.PayloadWireLength = wireLength;
        if (packet.PayloadLength < wireLength) packet.Traits |= PacketTraits.CutBySnap;
    }
}
