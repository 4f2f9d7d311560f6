using NetSniff.Packets;

namespace NetSniff.Streams;

/// <summary>How the pieces of a datagram ended.</summary>
public enum DatagramFate : byte
{
    /// <summary>Put together: the bytes are there.</summary>
    Reassembled,

    /// <summary>A piece did not come within <see cref="IpDefragmenter.GatherNanosMax"/>.</summary>
    TimedOut,

    /// <summary>Gave way to newer ones when a limit was reached.</summary>
    Evicted,

    /// <summary>The capture ended first.</summary>
    Ended,

    /// <summary>A piece of a datagram that had been put together before.</summary>
    Late,
}

/// <summary>An IP datagram that came in pieces, whole or not, with all that is owed to its flow.</summary>
public unsafe struct Datagram
{
    /// <summary>The transport header and what follows; null unless reassembled. Valid until the next one is whole.
    /// </summary>
    public byte* Data;
    public int Length;

    /// <summary>Pieces seen, duplicates included.</summary>
    public int Packets;

    /// <summary>Bytes of their frames on the wire.</summary>
    public long WireBytes;

    public Address Source;
    public Address Target;
    public long FirstTimeNanos;
    public long LastTimeNanos;
    public uint FragmentId;
    public uint TunnelId;

    /// <summary>From the first piece; zero when <see cref="HasPorts"/> does not hold.</summary>
    public ushort SourcePort;
    public ushort TargetPort;
    public ushort OuterVlan;
    public ushort InnerVlan;
    public ushort EtherType;
    public ushort Interface;
    public byte Protocol;
    public byte TimeToLive;
    public TunnelKind Tunnel;
    public DatagramFate Fate;

    /// <summary>The first piece was seen, so that the ports are known where the protocol has them.</summary>
    public bool HasPorts;

    /// <summary>First eight bytes of the first piece, which hold a length and a checksum or a sequence number; zero
    /// where it is shorter.</summary>
    public ulong FirstWord;

    /// <summary>Pieces said different things about the same bytes: somebody tries to be read in two ways.</summary>
    public bool IsConflicting;

    /// <summary>Makes a packet of it: for <see cref="PacketDecoder.DecodeTransport"/> when it is whole, and else for
    /// a flow to be found and credited. The packet's wire length is that of all pieces.</summary>
    public readonly void LendTo(ref Packet packet)
    {
        var isWhole = Fate == DatagramFate.Reassembled;
        var outgoing = packet.Traits & PacketTraits.Outgoing;
        packet = default;
        packet.Source = Source;
        packet.Target = Target;
        packet.Data = Data;
        packet.TimeNanos = LastTimeNanos;
        packet.CapturedLength = Length;
        packet.WireLength = (int)Math.Min(WireBytes, int.MaxValue);
        packet.PayloadLength = Length;
        packet.PayloadWireLength = Length;
        packet.TunnelId = TunnelId;
        packet.FragmentId = FragmentId;
        packet.SourcePort = SourcePort;
        packet.TargetPort = TargetPort;
        packet.EtherType = EtherType;
        packet.OuterVlan = OuterVlan;
        packet.InnerVlan = InnerVlan;
        packet.Interface = Interface;
        packet.Traits = outgoing | (isWhole ? PacketTraits.None : PacketTraits.Fragment)
            | (Tunnel == TunnelKind.None ? PacketTraits.None : PacketTraits.Tunnelled);
        packet.Protocol = Protocol;
        packet.TimeToLive = TimeToLive;
        packet.Tunnel = Tunnel;
        packet.WindowScale = PacketDecoder.NoWindowScale;
        packet.Hash = FlowHash.Of(in packet);
    }
}
