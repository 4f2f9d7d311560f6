using System.Globalization;
using System.Runtime.InteropServices;
using NetSniff.Filters.Bpf;
using NetSniff.Packets;
using static NetSniff.Sensor.Capture.AfPacket.AfPacketNative;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>One packet socket and the ring the kernel fills for it (TPACKET_V3).</summary>
/// <remarks>Blocks go round: the kernel fills one, we walk it and give it back at <see cref="Release"/>. What a walk
/// makes of a frame is in `PacketRing.Walk.cs`.</remarks>
internal sealed unsafe partial class PacketRing : IDisposable
{
    private const int RawSocket = 3, DatagramSocket = 2;
    private const int ReadWrite = 3, Shared = 1;
    private const int FrameBytes = 2048; // only a divisor of the block in version 3
    private const int BlockBytesMin = 64 << 10;

    private readonly int _blockBytes;
    private readonly int _blockCount;
    private readonly Lock _statisticsLock = new();
    private byte* _map;
    private long _drops;
    private long _freezes;

    /// <param name="index">Of the interface; 0 for all.</param>
    private PacketRing(string name, int index, LinkKind kind, LiveOptions options)
    {
        (Name, Index, Kind) = (name, index, kind);
        _direction = options.Direction;
        _blockBytes = (int)System.Numerics.BitOperations.RoundUpToPowerOf2(
            (uint)Math.Clamp(options.BlockBytes, BlockBytesMin, 16 << 20));
        _blockCount = (int)Math.Clamp(((long)options.RingMebibytes << 20) / _blockBytes, 2, 1 << 16);
    }

    public string Name { get; }

    public int Index { get; }

    public LinkKind Kind { get; }

    public int Descriptor { get; private set; } = -1;

    public bool IsAny => Index == 0;

    /// <summary>Opens in the namespace of this thread. The filter is in place before the first frame can come.
    /// </summary>
    /// <param name="program">For the kernel; null to take everything.</param>
    public static PacketRing Open(
        string name, int index, LinkKind kind, LiveOptions options, BpfInstruction[]? program)
    {
        var ring = new PacketRing(name, index, kind, options);
        try
        {
            ring.Open(options, program ?? KernelFilter.Everything(options.SnapLengthMax));
            return ring;
        }
        catch
        {
            ring.Dispose();
            throw;
        }
    }

    /// <summary>A socket for asking about interfaces.</summary>
    public static int OpenSocket(string name, int kind = RawSocket)
    {
        var descriptor = Socket(AddressFamily, kind | CloseOnExec, 0);
        if (descriptor >= 0) return descriptor;

        var error = Marshal.GetLastPInvokeError();
        throw new CaptureException(error is LibC.NotPermitted or LibC.AccessDenied
            ? $"capturing on {name} needs CAP_NET_RAW: run as root or `setcap cap_net_raw+ep bin/netsniff`"
            : $"capturing on {name} is not possible here: {LibC.ErrorText(error)}");
    }

    /// <summary>Joins the sockets that share the frames of this interface, a flow always going to the same.</summary>
    /// <param name="group">0 to found one.</param>
    /// <returns>The number of the group.</returns>
    public int Join(int group)
    {
        // Pieces of a datagram have no ports, so the kernel puts it together before it looks for the flow.
        var mode = FanoutHash | FanoutDefragment | (group == 0 ? FanoutUniqueId : 0);
        var value = (mode << 16) | group;
        Set(PacketLevel, Fanout, &value, sizeof(int), "sharing frames among threads");
        var length = sizeof(int);
        if (GetOption(Descriptor, PacketLevel, Fanout, &value, &length) < 0) throw Failed("sharing frames");
        return value & 0xFFFF;
    }

    /// <summary>The kernel's counts, which it forgets when asked.</summary>
    public (long Drops, long Freezes) ReadStatistics()
    {
        lock (_statisticsLock)
        {
            var statistics = default(RingStatistics);
            var length = sizeof(RingStatistics);
            if (Descriptor >= 0 && GetOption(Descriptor, PacketLevel, Statistics, &statistics, &length) == 0)
            {
                _drops += statistics.Drops;
                _freezes += statistics.Freezes;
            }

            return (_drops, _freezes);
        }
    }

    /// <summary>What went wrong with the socket since it was last asked; 0 for nothing.</summary>
    public int TakeError()
    {
        var error = 0;
        var length = sizeof(int);
        return GetOption(Descriptor, SocketLevel, SocketError, &error, &length) < 0 ? 0 : error;
    }

    public void Dispose()
    {
        lock (_statisticsLock)
        {
            if (_map != null) _ = Unmap((nint)_map, (nuint)_blockBytes * (nuint)_blockCount);
            if (Descriptor >= 0) _ = LibC.Close(Descriptor);
            _map = null;
            Descriptor = -1;
        }
    }

    private void Open(LiveOptions options, BpfInstruction[] program)
    {
        // Protocol 0: nothing arrives until bind says what, so no frame slips in before the filter is there.
        Descriptor = OpenSocket(Name, Kind.IsCooked ? DatagramSocket : RawSocket);
        var version = Version3;
        Set(PacketLevel, RingVersion, &version, sizeof(int), "a ring of version 3");
        fixed (BpfInstruction* first = program)
        {
            var filter = new FilterProgram { Count = (ushort)program.Length, Instructions = first };
            Set(SocketLevel, AttachFilter, &filter, sizeof(FilterProgram), "a filter in the kernel");
        }

        MapRing((uint)Math.Max(1, options.BlockWait.TotalMilliseconds));
        if (options.Direction == CaptureDirection.In)
        {
            // Before Linux 4.20 the frames come nevertheless and the walk leaves them out.
            var on = 1;
            _ = SetOption(Descriptor, PacketLevel, IgnoreOutgoing, &on, sizeof(int));
        }

        var address = new LinkAddress { Family = AddressFamily, Protocol = AnyProtocol, Index = Index };
        if (Bind(Descriptor, &address, 20) < 0) throw Failed("listening");
        if (!options.IsPromiscuous || IsAny) return;

        var membership = new Membership { Index = Index, Kind = Promiscuous };
        Set(PacketLevel, AddMembership, &membership, sizeof(Membership), "promiscuous mode");
    }

    private void MapRing(uint retireMillis)
    {
        var request = new RingRequest
        {
            BlockSize = (uint)_blockBytes,
            BlockCount = (uint)_blockCount,
            FrameSize = FrameBytes,
            FrameCount = (uint)(_blockBytes / FrameBytes * _blockCount),
            RetireMillis = retireMillis,
        };
        var size = (long)_blockBytes * _blockCount;
        var what = string.Create(CultureInfo.InvariantCulture, $"a ring of {size >> 10} KiB");
        Set(PacketLevel, ReceiveRing, &request, sizeof(RingRequest), what);
        var map = Map(0, (nuint)size, ReadWrite, Shared, Descriptor, 0);
        if (map == -1) throw Failed(what);

        _map = (byte*)map;
    }

    private void Set(int level, int option, void* value, int length, string what)
    {
        if (SetOption(Descriptor, level, option, value, length) < 0) throw Failed(what);
    }

    private CaptureException Failed(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        var advice = error switch
        {
            LibC.OutOfMemory => ": ask for a smaller ring",
            LibC.NotPermitted => ": run as root or `setcap cap_net_raw+ep bin/netsniff`",
            _ => "",
        };
        return new CaptureException($"capturing on {Name}: {what}: {LibC.ErrorText(error)}{advice}");
    }
}
