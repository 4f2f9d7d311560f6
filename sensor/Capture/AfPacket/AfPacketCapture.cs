using NetSniff.Filters.Bpf;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>Frames of this machine's interfaces, out of rings shared with the Linux kernel.</summary>
/// <remarks>packet(7) and Documentation/networking/packet_mmap of the kernel. One capture is for one thread and has a
/// ring per interface; several captures share the frames of an interface by flow. How it ends is in
/// `AfPacketCapture.Ending.cs`.</remarks>
public sealed partial class AfPacketCapture : PacketCapture, ILiveBackend
{
    internal const int RoomBytes = 128 << 10; // for a frame that a filter must see with its tag
    private const long FramesBetweenStatistics = 1 << 20;

    /// <summary>The longest that frames wait in a ring, and much more.</summary>
    private const long GraceMillis = 5_000;

    private readonly Lock _changing = new();
    private readonly PacketRing[] _rings;
    private readonly LibC.PollEntry[] _entries;
    private readonly InterfacePlaces _places;
    private byte[] _room = [];
    private Filtering? _filtering;
    private InterfaceChoice _choice = InterfaceChoice.All;
    private CaptureProblem? _problem;
    private long _received;
    private long _filtered;
    private long _statisticsDue = FramesBetweenStatistics;
    private int _turn;

    internal AfPacketCapture(PacketRing[] rings, InterfaceList list)
    {
        _rings = rings;
        _places = new InterfacePlaces(list, index => NetworkInterfaces.NameOf(rings[0].Descriptor, index));
        _entries = [.. rings.Select(ring =>
            new LibC.PollEntry { Descriptor = ring.Descriptor, Events = LibC.PollIn | LibC.PollError })];
    }

    public static CaptureBackendInfo Info { get; } = new(
        "af-packet", "Captures on Linux through a ring shared with the kernel (TPACKET_V3)", "CAP_NET_RAW");

    public override string Name => Title;

    internal string Title { get; init; } = "";

    /// <summary>For this thread to run, where the kernel cannot.</summary>
    internal CaptureFilter? UserFilter
    {
        init => _filtering = value is null ? null : new Filtering(value, long.MaxValue);
    }

    internal InterfaceChoice Choice
    {
        init => _choice = value;
    }

    /// <summary>Null where another capture counts them, or nobody can.</summary>
    internal CardDrops? CardDrops { get; init; }

    internal TimeSpan BlockWait { get; init; }

    public override IReadOnlyList<CaptureInterface> Interfaces => _places.List.Interfaces;

    public override CaptureProblem? Problem => Volatile.Read(ref _problem);

    public override CaptureCounters Counters
    {
        get
        {
            var cardDrops = CardDrops?.Count ?? 0;
            var (seen, drops, freezes) = (0L, 0L, 0L);
            var (copies, notIp, unwanted) = (0L, 0L, 0L);
            foreach (var ring in _rings)
            {
                var statistics = ring.ReadStatistics();
                seen += statistics.Seen;
                drops += statistics.Drops;
                freezes += statistics.Freezes;
                copies += ring.LoopbackCopies;
                notIp += ring.NotIp;
                unwanted += ring.Misdirected + ring.Unchosen;
            }

            NamedCount[] lost =
            [
                new("interface", "missed-by-card", cardDrops),
                new("kernel", "ring-full", drops),
                new(CaptureCounters.ChosenStage, "loopback-copy", copies),
                new(CaptureCounters.ChosenStage, "not-ip", notIp),
            ];
            return new CaptureCounters(
                Volatile.Read(ref _received), Volatile.Read(ref _filtered) + unwanted, lost, freezes,
                Offered: seen + cardDrops);
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
            return CaptureSupport.No("packet sockets need CAP_NET_RAW", CaptureSupport.RawSocketRemedy);
        }
    }

    /// <summary>Opens as many captures as <see cref="LiveOptions.Rings"/> says; flows are shared out among them.
    /// </summary>
    public static IReadOnlyList<PacketCapture> Open(LiveOptions options) => AfPacketOpening.Open(options);

    public override int Receive(Span<Frame> frames, TimeSpan wait)
    {
        var count = Collect(frames);
        if (count != 0) return count;
        if (IsEnding()) return ReceiveLast(frames, wait);
        if (!LibC.Wait(_entries, wait)) return 0;

        CheckErrors();
        return Collect(frames);
    }

    public override void Release()
    {
        foreach (var ring in _rings) ring.Release();
    }

    internal void Start()
    {
        foreach (var ring in _rings) ring.Start();
    }

    public override void Change(LiveOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var programs = new KernelPrograms(options.Filter, options.SnapLengthMax);
        // First what may fail.
        var wanted = Array.ConvertAll(_rings, ring => programs.Of(ring.Kind, ring.IsAny));
        lock (_changing)
        {
            var before = Volatile.Read(ref _filtering);
            var isHere = programs.IsFilteredHere;
            // Here first, so that nothing passes that the kernel is asked about no more, and nothing of the new one's
            // is missed; where the kernel takes over, until what waits in the rings is through.
            var filtering = !isHere && before is null ? null
                : options.Filter is { } filter ? new Filtering(
                    filter.Copy(), isHere ? long.MaxValue : Environment.TickCount64 + GraceMillis)
                : null;
            Volatile.Write(ref _filtering, filtering);
            Attach(wanted, options.Direction, before);
            Volatile.Write(ref _choice, options.Choice);
        }
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var ring in _rings) ring.Dispose();
    }

    /// <summary>Takes from each ring in turn, so that a busy interface cannot keep a quiet one waiting.</summary>
    private int Collect(Span<Frame> frames)
    {
        var count = 0;
        _places.Choose(Volatile.Read(ref _choice));
        for (var step = 0; step < _rings.Length && count < frames.Length; step++)
        {
            var ring = _rings[(_turn + step) % _rings.Length];
            var taken = ring.Receive(frames[count..], _places);
            count += taken;
            if (taken > 0 && ring.Problem is not null && !ring.IsGone) Tell(ring, problem: null);
        }

        _turn = (_turn + 1) % _rings.Length;
        if (count > 0 && Volatile.Read(ref _filtering) is { } filtering) count = Filter(filtering, frames, count);
        if (count == 0) Release(); // blocks of which nothing was wanted
        Volatile.Write(ref _received, _received + count);
        _statisticsDue -= count;
        if (_statisticsDue <= 0) AskStatistics();
        return count;
    }

    /// <summary>All of them, or none: where one cannot, those before it get back what they had.</summary>
    private void Attach(BpfInstruction[][] programs, CaptureDirection direction, Filtering? before)
    {
        var earlier = Array.ConvertAll(_rings, static ring => (ring.Program, ring.Direction));
        var done = 0;
        try
        {
            for (; done < _rings.Length; done++) _rings[done].Change(programs[done], direction);
        }
        catch (CaptureException)
        {
            Volatile.Write(ref _filtering, before);
            while (--done >= 0) _rings[done].Change(earlier[done].Program, earlier[done].Direction);
            throw;
        }
    }

    private int Filter(Filtering filtering, Span<Frame> frames, int count)
    {
        var filter = filtering.Filter;
        if (_room.Length == 0) _room = new byte[RoomBytes];
        // What waited when the kernel took over is through by then.
        if (Environment.TickCount64 > filtering.UntilMillis)
        {
            Interlocked.CompareExchange(ref _filtering, null, filtering);
        }

        var accepted = 0;
        for (var index = 0; index < count; index++)
        {
            ref readonly var frame = ref frames[index];
            if (KernelFilter.AcceptsWhole(filter.For(frame.LinkType), in frame, _room)) frames[accepted++] = frame;
        }

        Volatile.Write(ref _filtered, _filtered + count - accepted);
        return accepted;
    }

    // Before the kernel's 32 bits are full, also where nobody else asks.
    private void AskStatistics()
    {
        _statisticsDue = FramesBetweenStatistics;
        foreach (var ring in _rings) _ = ring.ReadStatistics();
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
            ring.IsGone = !ring.IsAny && NetworkInterfaces.IndexOf(ring.Descriptor, ring.Name) != ring.Index;
            Tell(ring, ProblemText(ring, error));
            if (ring.IsGone) _entries[index].Descriptor = -1; // poll passes over it
        }
    }

    private void Tell(PacketRing ring, string? problem)
    {
        ring.Problem = problem;
        var texts = _rings.Select(other => other.Problem).OfType<string>().ToList();
        Volatile.Write(ref _problem, texts.Count == 0 ? null : new CaptureProblem(string.Join("; ", texts)));
    }

    private static string ProblemText(PacketRing ring, int error)
    {
        if (ring.IsGone) return $"the interface {ring.Name} is gone";
        return error == LibC.NetworkDown
            ? $"the interface {ring.Name} is down: capture goes on when it is up again"
            : $"capturing on {ring.Name} failed: {LibC.ErrorText(error)}";
    }

    /// <summary>What this thread leaves out by itself.</summary>
    private sealed record Filtering(CaptureFilter Filter, long UntilMillis);
}
