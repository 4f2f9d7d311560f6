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
    private const int BlockBytesMin = 128 << 10; // a super-packet of 64 KiB and its header must fit

    private readonly int _blockBytes;
    private readonly int _blockCount;
    private readonly Lock _lock = new();
    private BpfInstruction[] _program;
    private bool _isStarted;
    private byte* _map;
    private long _seen;
    private long _drops;
    private long _freezes;

    private PacketRing(string name, int index, LinkKind kind, LiveOptions options, BpfInstruction[] program)
    {
        (Name, Index, Kind, _program) = (name, index, kind, program);
        _direction = options.Direction;
        _isPromiscuous = options.IsPromiscuous;
        _blockBytes = (int)System.Numerics.BitOperations.RoundUpToPowerOf2(
            (uint)Math.Clamp(options.BlockBytes, BlockBytesMin, 16 << 20));
        _blockCount = (int)Math.Clamp(((long)options.RingMebibytes << 20) / _blockBytes, 2, 1 << 16);
    }

    public string Name { get; }

    /// <summary>Of the interface; 0 for all.</summary>
    public int Index { get; }

    public LinkKind Kind { get; }

    public int Descriptor { get; private set; } = -1;

    public bool IsAny => Index == 0;

    /// <summary>What is wrong with its interface, for the user; null when nothing is.</summary>
    public string? Problem { get; set; }

    /// <summary>Whether its interface has gone, so that nothing more can come.</summary>
    public bool IsGone { get; set; }

    /// <summary>Opens in the namespace of this thread, with a filter that lets nothing pass until <see cref="Start"/>.
    /// </summary>
    /// <param name="program">For the kernel.</param>
    public static PacketRing Open(
        string name, int index, LinkKind kind, LiveOptions options, BpfInstruction[] program)
    {
        var ring = new PacketRing(name, index, kind, options, program);
        try
        {
            ring.Open(options);
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
            ? $"capturing on {name} needs CAP_NET_RAW: {CaptureSupport.RawSocketRemedy}"
            : $"capturing on {name} is not possible here: {LibC.ErrorText(error)}");
    }

    /// <summary>Joins the sockets that share the frames of this interface, a flow always going to the same.</summary>
    /// <param name="group">Null to found one.</param>
    /// <returns>The number of the group, which may well be 0.</returns>
    public int Join(int? group)
    {
        // Pieces of a datagram have no ports, so the kernel puts it together before it looks for the flow.
        var mode = FanoutHash | FanoutDefragment | (group is null ? FanoutUniqueId : 0);
        var value = (mode << 16) | (group ?? 0);
        Set(PacketLevel, Fanout, &value, sizeof(int), "sharing frames among threads");
        var length = sizeof(int);
        if (GetOption(Descriptor, PacketLevel, Fanout, &value, &length) < 0) throw Failed("sharing frames");
        return value & 0xFFFF;
    }

    /// <summary>From here on frames come.</summary>
    /// <remarks>Not from bind on: between that and <see cref="Join"/> a socket gets every frame of the interface, also
    /// those that the others of its group get.</remarks>
    public void Start()
    {
        lock (_lock)
        {
            Attach(_program);
            _isStarted = true;
        }
    }

    /// <summary>Another filter and direction from here on: the kernel puts one program in the place of the other, and
    /// no frame falls between. Any thread.</summary>
    /// <exception cref="CaptureException">The kernel does not take it, and the old one stays.</exception>
    public void Change(BpfInstruction[] program, CaptureDirection direction)
    {
        lock (_lock)
        {
            if (Descriptor < 0) return;
            // Not over the one that says that nothing comes any more.
            if (_isStarted) Attach(program);
            _program = program;
            _direction = direction;
            LeaveOutgoing(direction == CaptureDirection.In);
        }
    }

    public CaptureDirection Direction => _direction;

    public BpfInstruction[] Program
    {
        get
        {
            lock (_lock) return _program;
        }
    }

    /// <summary>From here on no frames come; those in the ring stay to be walked. Any thread may call it.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStarted = false;
            if (Descriptor >= 0) _ = LibC.Silence(Descriptor);
        }
    }

    /// <summary>Whether every frame that the kernel says it put into the ring was walked.</summary>
    public bool IsDrained()
    {
        var statistics = ReadStatistics();
        return _framesLeft == 0 && !IsReady(_block) && Walked >= statistics.Seen - statistics.Drops;
    }

    /// <summary>The kernel's counts since the start: frames that passed its filter, and those of them that found no
    /// room.</summary>
    /// <remarks>It has 32 bits for them and forgets them when asked, so ask now and then.</remarks>
    public (long Seen, long Drops, long Freezes) ReadStatistics()
    {
        lock (_lock)
        {
            var statistics = default(RingStatistics);
            var length = sizeof(RingStatistics);
            if (Descriptor >= 0 && GetOption(Descriptor, PacketLevel, Statistics, &statistics, &length) == 0)
            {
                _seen += statistics.Packets; // with the drops, in version 3
                _drops += statistics.Drops;
                _freezes += statistics.Freezes;
            }

            return (_seen, _drops, _freezes);
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
        lock (_lock)
        {
            if (_map != null) _ = Unmap((nint)_map, (nuint)_blockBytes * (nuint)_blockCount);
            if (Descriptor >= 0) _ = LibC.Close(Descriptor);
            _map = null;
            Descriptor = -1;
        }
    }

    private void Open(LiveOptions options)
    {
        // Protocol 0: nothing arrives until bind says what, so no frame slips in before the filter is there.
        Descriptor = OpenSocket(Name, Kind.IsCooked ? DatagramSocket : RawSocket);
        var version = Version3;
        Set(PacketLevel, RingVersion, &version, sizeof(int), "a ring of version 3");
        Attach(KernelFilter.Nothing);
        MapRing((uint)Math.Max(1, options.BlockWait.TotalMilliseconds));
        if (options.Direction == CaptureDirection.In) LeaveOutgoing(isLeftOut: true);
        var address = new LinkAddress { Family = AddressFamily, Protocol = AnyProtocol, Index = Index };
        if (Bind(Descriptor, &address, 20) < 0) throw Failed("listening");
        if (!options.IsPromiscuous || IsAny) return;

        var membership = new Membership { Index = Index, Kind = Promiscuous };
        Set(PacketLevel, AddMembership, &membership, sizeof(Membership), "promiscuous mode");
    }

    private void LeaveOutgoing(bool isLeftOut)
    {
        // Before Linux 4.20 the frames come nevertheless and the walk leaves them out.
        var value = isLeftOut ? 1 : 0;
        _ = LibC.SetOption(Descriptor, PacketLevel, IgnoreOutgoing, &value, sizeof(int));
    }

    private void Attach(BpfInstruction[] program)
    {
        fixed (BpfInstruction* first = program)
        {
            var filter = new LibC.FilterProgram { Count = (ushort)program.Length, Instructions = first };
            Set(SocketLevel, AttachFilter, &filter, sizeof(LibC.FilterProgram), "a filter in the kernel");
        }
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
        if (LibC.SetOption(Descriptor, level, option, value, length) < 0) throw Failed(what);
    }

    private CaptureException Failed(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        var advice = error switch
        {
            LibC.OutOfMemory => ": ask for a smaller ring",
            LibC.NotPermitted => $": {CaptureSupport.RawSocketRemedy}",
            _ => "",
        };
        return new CaptureException($"capturing on {Name}: {what}: {LibC.ErrorText(error)}{advice}");
    }
}
