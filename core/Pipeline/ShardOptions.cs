using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <summary>Bounds and timeouts of a shard. All times are packet time.</summary>
public sealed record ShardOptions
{
    /// <summary>Live flows; the oldest idle one makes room for a new one.</summary>
    public int FlowsMax { get; init; } = 1 << 21;

    public TimeSpan TcpEstablishedIdleMax { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>TCP without a finished handshake.</summary>
    public TimeSpan TcpHalfOpenIdleMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a closed connection is kept so that stray packets are counted with it.</summary>
    public TimeSpan TcpClosedIdleMax { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan DatagramIdleMax { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan OtherIdleMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A flow that is busy for longer is reported and counted afresh.</summary>
    public TimeSpan ActiveMax { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>TCP connections read at the same time.</summary>
    public int ConversationsMax { get; init; } = 1 << 18;

    /// <summary>Payload bytes of one direction held before a protocol is recognised.</summary>
    public int ProbeBytesMax { get; init; } = 4096;

    /// <summary>Segments of a connection looked at after no protocol claimed its start: STARTTLS, proxies, the middle
    /// of a connection.</summary>
    public int WatchSegmentsMax { get; init; } = 48;

    /// <summary>Turns of a connection looked at beyond these, where a parser was let go for a loss: the first segment
    /// of a side behind one of the other.</summary>
    public int WatchTurnsMax { get; init; } = 48;

    /// <summary>Datagrams of a flow shown to all probes.</summary>
    public int ProbeDatagramsMax { get; init; } = 8;

    /// <summary>Datagrams of a flow that nobody claimed looked at for DTLS: calls begin with STUN.</summary>
    public int WatchDatagramsMax { get; init; } = 32;

    /// <summary>Bytes for records between two flushes: few enough that they are still in the core's own cache when they
    /// are shown.</summary>
    public int ArenaBytes { get; init; } = 1 << 18;

    public StreamLimits Streams { get; init; } = new();

    /// <summary>IP datagrams whose pieces are gathered at the same time.</summary>
    public int FragmentedDatagramsMax { get; init; } = IpDefragmenter.DatagramsMax;

    /// <summary>Bytes of all pieces together.</summary>
    public int FragmentBytesMax { get; init; } = IpDefragmenter.BytesMax;

    /// <summary>Put the pieces of datagrams together. Off where who deals frames out to shards does, which then has
    /// none of its own: pieces are counted.</summary>
    public bool GathersPieces { get; init; } = true;

    /// <summary>The same addresses in another VXLAN, Geneve or GRE network are another flow. Off where an overlay
    /// writes the sender's identity into the network id (Cilium does), so that the two directions differ.</summary>
    public bool TunnelIdsApart { get; init; } = true;

    /// <summary>Upper 16 bits of flow ids, so that ids of several shards differ.</summary>
    public ushort ShardNumber { get; init; }

    /// <summary>Read payloads; without it there are only flow records.</summary>
    public bool ReadsProtocols { get; init; } = true;

    /// <summary>Keep for each frame which flow it belongs to (<see cref="Shard.FrameFlows"/>).</summary>
    public bool KeepsFrameFlows { get; init; }

    /// <summary>Keep for each frame what its flow speaks (<see cref="Shard.FrameApps"/>).</summary>
    public bool KeepsFrameApps { get; init; }
}
