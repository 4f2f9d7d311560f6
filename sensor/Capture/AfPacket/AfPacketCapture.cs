using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>Frames of this machine's interfaces, out of rings shared with the Linux kernel.</summary>
/// <remarks>packet(7) and Documentation/networking/packet_mmap of the kernel. One capture is for one thread and has a
/// ring per interface; several captures share the frames of an interface by flow.</remarks>
public sealed class AfPacketCapture : PacketCapture, ICaptureBackend
{
    private const int RoomBytes = 128 << 10; // for a frame that a filter must see with its tag

    private readonly PacketRing[] _rings;
    private readonly LibC.PollEntry[] _entries;
    private readonly InterfacePlaces _places;
    private readonly CaptureFilter? _userFilter;
    private readonly byte[] _room;
    private CaptureProblem? _problem;
    private long _received;
    private long _filtered;
    private int _turn;
    private int _openRings;

    internal AfPacketCapture(
        string name, PacketRing[] rings, InterfacePlaces places, CaptureFilter? userFilter)
    {
        Name = name;
        _rings = rings;
        _openRings = rings.Length;
        _places = places;
        _userFilter = userFilter;
        _room = userFilter is null ? [] : new byte[RoomBytes];
        _entries = [.. rings.Select(ring =>
            new LibC.PollEntry { Descriptor = ring.Descriptor, Events = LibC.PollIn | LibC.PollError })];
        _places.NameOf = index => NetworkInterfaces.NameOf(rings[0].Descriptor, index);
    }

    public static CaptureBackendInfo Info { get; } = new(
        "af-packet", "Captures on Linux through a ring shared with the kernel (TPACKET_V3)", "CAP_NET_RAW");

    public override string Name { get; }

    public override IReadOnlyList<CaptureInterface> Interfaces => _places.Interfaces;

    public override CaptureProblem? Problem => Volatile.Read(ref _problem);

    /// <summary>Whether frames were lost since this was last asked, as the frames themselves say.</summary>
    public bool IsLosing
    {
        get
        {
            var isLosing = false;
            foreach (var ring in _rings)
            {
                isLosing |= ring.IsLosing;
                ring.IsLosing = false;
            }

            return isLosing;
        }
    }

    public override CaptureCounters Counters
    {
        get
        {
            var (drops, freezes, copies, notIp, misdirected) = (0L, 0L, 0L, 0L, 0L);
            foreach (var ring in _rings)
            {
                var (ringDrops, ringFreezes) = ring.ReadStatistics();
                drops += ringDrops;
                freezes += ringFreezes;
                copies += ring.LoopbackCopies;
                notIp += ring.NotIp;
                misdirected += ring.Misdirected;
            }

            NamedCount[] lost =
            [
                new("kernel", "ring-full", drops),
                new(CaptureCounters.ChosenStage, "loopback-copy", copies),
                new(CaptureCounters.ChosenStage, "not-ip", notIp),
            ];
            return new CaptureCounters(
                Volatile.Read(ref _received), Volatile.Read(ref _filtered) + misdirected, lost, freezes);
        }
    }

    public static CaptureSupport Support()
    {
        if (!OperatingSystem.IsLinux()) return CaptureSupport.No("this is not Linux", "use libpcap");

        try
        {
            _ = LibC.Close(PacketRing.OpenSocket("interfaces"));
            return CaptureSupport.Yes;
        }
        catch (CaptureException)
        {
            return CaptureSupport.No(
                "packet sockets need CAP_NET_RAW", "run as root or `setcap cap_net_raw+ep bin/netsniff`");
        }
    }

    /// <summary>Opens as many captures as <see cref="LiveOptions.Rings"/> says.</summary>
    /// <exception cref="CaptureException">An interface is unknown, a capability or memory is missing.</exception>
    public static IReadOnlyList<AfPacketCapture> Open(LiveOptions options) => AfPacketOpening.Open(options);

    public override int Receive(Span<Frame> frames, TimeSpan wait)
    {
        var count = Collect(frames);
        if (count != 0) return count;
        if (_openRings == 0) return -1;
        if (!LibC.Wait(_entries, wait)) return 0;

        CheckErrors();
        return Collect(frames);
    }

    public override void Release()
    {
        foreach (var ring in _rings) ring.Release();
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var ring in _rings) ring.Dispose();
    }

    /// <summary>Takes from each ring in turn, so that a busy interface cannot keep a quiet one waiting.</summary>
    private int Collect(Span<Frame> frames)
    {
        var count = 0;
        for (var step = 0; step < _rings.Length && count < frames.Length; step++)
        {
            var ring = _rings[(_turn + step) % _rings.Length];
            count += ring.Receive(frames[count..], _places);
        }

        _turn = (_turn + 1) % _rings.Length;
        if (_userFilter is { } filter && count > 0) count = Filter(filter, frames, count);
        if (count == 0) Release(); // blocks of which nothing was wanted
        if (count > 0 && _openRings == _rings.Length && _problem is not null) Volatile.Write(ref _problem, null);
        Volatile.Write(ref _received, _received + count);
        return count;
    }

    private int Filter(CaptureFilter filter, Span<Frame> frames, int count)
    {
        var accepted = 0;
        for (var index = 0; index < count; index++)
        {
            ref readonly var frame = ref frames[index];
            if (KernelFilter.AcceptsWhole(filter.For(frame.LinkType), in frame, _room)) frames[accepted++] = frame;
        }

        Volatile.Write(ref _filtered, _filtered + count - accepted);
        return accepted;
    }

    private void CheckErrors()
    {
        for (var index = 0; index < _rings.Length; index++)
        {
            if ((_entries[index].Returned & LibC.PollError) == 0) continue;

            var ring = _rings[index];
            var error = ring.TakeError();
            if (error == 0) continue;

            // The kernel says "down" for both, but a socket on one that is gone never hears again.
            var isGone = !ring.IsAny && NetworkInterfaces.IndexOf(ring.Descriptor, ring.Name) != ring.Index;
            Volatile.Write(ref _problem, new CaptureProblem(ProblemText(ring, error, isGone)));
            if (!isGone) continue;

            _entries[index].Descriptor = -1; // poll passes over it
            _openRings--;
        }
    }

    private static string ProblemText(PacketRing ring, int error, bool isGone)
    {
        if (isGone) return $"the interface {ring.Name} is gone";
        return error == LibC.NetworkDown
            ? $"the interface {ring.Name} is down: capture goes on when it is up again"
            : $"capturing on {ring.Name} failed: {LibC.ErrorText(error)}";
    }
}
