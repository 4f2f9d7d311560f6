using System.Diagnostics;
using System.Runtime.CompilerServices;
using NetSniff.Buffers;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <summary>Frames in, records out: decode, flows, streams, protocols. One thread, no locks, no clock, deterministic.
/// </summary>
/// <remarks>Frames are worked in batches: all are decoded, the index word of each being wished for on the way, then the
/// flows are, and only then is anything looked up, so that the misses of a batch overlap.</remarks>
public sealed unsafe partial class Shard : IDisposable
{
    public const int BatchMax = 64;

    private const int FramesAhead = 12;

    private readonly ShardOptions _options;
    private readonly Packet[] _packets = GC.AllocateArray<Packet>(BatchMax, pinned: true);
    private readonly FlowTable _flows;
    private readonly FlowWheel _wheel;
    private readonly IpDefragmenter _defragmenter;
    private readonly BufferPool _pool;
    private readonly ParseContext _context;
    private ulong[] _frameFlows = [];
    private ushort[] _frameApps = [];
    private ushort _frameApp;
    private int _undecoded;
    private long _now;
    private readonly ulong _flowIdsFrom;
    private ulong _nextFlow = 1;

    /// <param name="consumer">Gets the records whenever the arena fills, on <see cref="RecordSink.Flush"/> of
    /// <see cref="Records"/>, and at the end.</param>
    public Shard(ShardOptions options, RecordConsumer consumer)
    {
        _options = options;
        Records = new RecordSink(options.ArenaBytes, consumer);
        _context = new ParseContext(Records, FinishContext);
        _flows = new FlowTable(options.FlowsMax, options.TunnelIdsApart);
        _wheel = new FlowWheel(_flows);
        _pool = new BufferPool(options.Streams.BytesMax);
        _defragmenter = options.GathersPieces
            ? new IpDefragmenter(options.FragmentedDatagramsMax, options.FragmentBytesMax)
            : new IpDefragmenter(datagramsMax: 1, bytesMax: IpDefragmenter.DatagramBytesMax);
        _flowIdsFrom = (ulong)options.ShardNumber << 48;
        _idleNanos = IdleTable(options);
        _activeNanos = Nanos(options.ActiveMax);
        PrepareProtocols();
    }

    public ShardCounters Counters { get; } = new();

    public RecordSink Records { get; }

    public int FlowsLive => _flows.Count;

    /// <summary>Bytes lent to streams and parsers now; none once the shard has finished.</summary>
    public long BytesHeld => _pool.BytesLent;

    /// <summary>The flow of each frame of the last <see cref="Run"/>, 0 where it has none. Empty unless asked for.
    /// </summary>
    public ReadOnlySpan<ulong> FrameFlows => _frameFlows;

    /// <summary>What the flow of each frame of the last <see cref="Run"/> spoke once the frame had been read: a place
    /// in <see cref="Apps"/>, 0 where nobody knows. Empty unless asked for; may be longer than the frames.</summary>
    public ReadOnlySpan<ushort> FrameApps => _frameApps;

    /// <summary>Works through frames in the order they were captured. They are borrowed for the call.</summary>
    public void Run(ReadOnlySpan<Frame> frames)
    {
        if (_options.KeepsFrameFlows && _frameFlows.Length != frames.Length) _frameFlows = new ulong[frames.Length];
        if (_options.KeepsFrameApps && _frameApps.Length < frames.Length) _frameApps = new ushort[frames.Length];
        for (var start = 0; start < frames.Length; start += BatchMax)
        {
            RunBatch(frames, start, Math.Min(BatchMax, frames.Length - start));
        }
    }

    /// <summary>Lets time pass on a quiet wire.</summary>
    public void Advance(long nowNanos)
    {
        _now = Math.Max(_now, nowNanos);
        Expire();
    }

    /// <summary>The capture is over: whatever is open is emitted and handed to the consumer.</summary>
    public void Finish()
    {
        while (!TryFinish(int.MaxValue))
        {
        }
    }

    public void Dispose()
    {
        _flows.Dispose();
    }

    private void RunBatch(ReadOnlySpan<Frame> frames, int start, int count)
    {
        var packets = _packets.AsSpan(0, count);
        Counters.Packets += count;
        Counters.Bytes += Decode(frames, start, packets);
        _flows.PrefetchFlows(packets);
        if (_options.KeepsFrameFlows || _options.KeepsFrameApps) RunKeeping(packets, start);
        else HandleAll(packets);

        // The others have been counted on the way: who reads along sees no number fall.
        Counters.ByStatus[(int)DecodeStatus.Ok] += count - _undecoded;
        _undecoded = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HandleAll(Span<Packet> packets)
    {
        foreach (ref var packet in packets) Handle(ref packet);
    }

    /// <summary>Packets of frames, with a wish for the index word of each.</summary>
    /// <returns>Bytes they had on the wire.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long Decode(ReadOnlySpan<Frame> frames, int start, Span<Packet> packets)
    {
        var bytes = 0L;
        var flows = _flows;
        for (var index = 0; index < packets.Length; index++)
        {
            if (start + index + FramesAhead < frames.Length) PrefetchFrame(in frames[start + index + FramesAhead]);
            ref readonly var frame = ref frames[start + index];
            ref var packet = ref packets[index];
            PacketDecoder.Decode(in frame, ref packet);
            bytes += frame.WireLength;
            flows.PrefetchIndex(packet.Hash);
        }

        return bytes;
    }

    private void RunKeeping(Span<Packet> packets, int start)
    {
        for (var index = 0; index < packets.Length; index++)
        {
            _frameApp = Apps.Unknown;
            var flow = Handle(ref packets[index]);
            if (_options.KeepsFrameFlows) _frameFlows[start + index] = flow == null ? 0 : IdOf(flow);
            if (_options.KeepsFrameApps) _frameApps[start + index] = _frameApp;
        }
    }

    /// <summary>Headers and the beginning of the payload. What this thread has read itself is near anyway, what another
    /// has read is in that one's cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchFrame(in Frame frame)
    {
        var start = frame.Pointer;
        Prefetch.Read(start);
        Prefetch.Read(start + Prefetch.LineBytes);
        if (frame.CapturedLength <= 2 * Prefetch.LineBytes) return;

        Prefetch.Read(start + 2 * Prefetch.LineBytes);
        Prefetch.Read(start + 3 * Prefetch.LineBytes);
    }

    /// <summary>Returns the flow, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Flow* Handle(ref Packet packet)
    {
        if (packet.TimeNanos > _now)
        {
            _now = packet.TimeNanos;
            if (_wheel.IsDue(_now)) Expire();
        }

        if (packet.IsUnusual && HandleUnusual(ref packet)) return null;
        return CountOne(ref packet);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Flow* CountOne(ref Packet packet) => Count(ref packet, 1, packet.WireLength);

    /// <summary>Finds or makes the flow, counts the packet into it and reads its payload.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Flow* Count(ref Packet packet, int packets, long bytes)
    {
        if (packet.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6) IcmpPairs.Normalise(ref packet);
        var flow = _flows.Find(in packet, out var direction);
        if (flow == null)
        {
            if (!IsWanted(in packet)) return LeaveOut(packets);

            flow = Start(ref packet, out var begun);
            direction = begun;
        }
        else
        {
            if (flow->Epoch != _epoch)
            {
                var judged = direction;
                if (!StaysWanted(flow, in packet, ref judged)) return LeaveOut(packets);

                direction = judged;
            }

            if (packet.Protocol == IpProtocol.Tcp && (packet.Flags & TcpFlags.Syn) != 0
                && TcpTracker.IsReuse(flow, packet, direction))
            {
                Conclude(flow, EndReason(flow, FlowEnd.Finished));
                direction = Restart(flow, in packet);
            }
        }

        flow->Packets[direction] += (uint)packets;
        flow->Bytes[direction] += (ulong)bytes;
        flow->Payload[direction] += (ulong)packet.PayloadWireLength;
        flow->LastNanos = _now;
        Counters.PacketsInFlows += packets;
        if (packet.Is(PacketTraits.BadTransport)) return flow;
        if (packet.Protocol == IpProtocol.Tcp) HandleTcp(flow, ref packet, direction);
        else if (packet.PayloadLength > 0) HandleDatagram(flow, ref packet, direction);
        _frameApp = flow->App;
        return flow;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Flow* Start(ref Packet packet, out int direction)
    {
        if (_flows.IsFull) EvictOldest();
        var flow = _flows.Add(in packet, out var number);
        direction = Begin(flow, in packet);
        _wheel.Remind(number, flow, _now + IdleOf(flow), _now);
        return flow;
    }

    /// <summary>Another connection between the same two ends takes the place of one that ended. Its reminder on the
    /// wheel stays: it is only ever early.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Restart(Flow* flow, in Packet packet)
    {
        var (hash, next) = (flow->Hash, flow->WheelNext);
        FlowTable.SetKey(flow, in packet);
        (flow->Hash, flow->WheelNext) = (hash, next);
        return Begin(flow, in packet);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong IdOf(Flow* flow) => _flowIdsFrom | flow->Id;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Begin(Flow* flow, in Packet packet)
    {
        Debug.Assert(_nextFlow >> 48 == 0, "above are the shard's number's bits");
        flow->Id = _nextFlow++;
        flow->Epoch = _epoch;
        flow->FirstNanos = packet.TimeNanos;
        flow->LastNanos = _now;
        Counters.FlowsStarted++;
        if (packet.Protocol != IpProtocol.Tcp) return 0;

        return BeginTcp(flow, in packet);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int BeginTcp(Flow* flow, in Packet packet)
    {
        if (!packet.Has(TcpFlags.Syn)) flow->Traits |= FlowTraits.Midstream;
        if ((packet.Flags & (TcpFlags.Syn | TcpFlags.Ack)) != (TcpFlags.Syn | TcpFlags.Ack)) return 0;

        // A capture that begins with the answer: the one who answers is the server.
        (flow->Client, flow->Server) = (flow->Server, flow->Client);
        (flow->ClientPort, flow->ServerPort) = (flow->ServerPort, flow->ClientPort);
        return 1;
    }
}
