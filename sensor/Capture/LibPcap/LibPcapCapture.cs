using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.LibPcap;

/// <summary>Frames of one interface by libpcap, for systems where packet sockets are not.</summary>
/// <remarks>libpcap lends one frame at a time, so they are copied to make a batch. It is never left to wait itself:
/// pcap_next_ex can forget its timeout when traffic stops.</remarks>
public sealed unsafe class LibPcapCapture : PacketCapture, ILiveBackend
{
    private const int BatchBytes = 4 << 20;
    private const long FramesBetweenStatistics = 1 << 20;

    /// <summary>A buffer that is not full is handed over after this.</summary>
    internal static readonly TimeSpan ReadTimeout = TimeSpan.FromMilliseconds(50);

    private readonly IReadOnlyList<CaptureInterface> _interfaces;
    private readonly ushort _place;
    private readonly LinkType _linkType;
    private readonly long _nanosPerTick;
    private readonly byte[] _batch = GC.AllocateUninitializedArray<byte>(BatchBytes, pinned: true);
    private readonly int _snapLengthMax;
    private readonly Lock _handleLock = new();
    private nint _handle;
    private PcapNative.Statistics _last;
    private CaptureProblem? _problem;
    private long _seen;
    private long _drops;
    private long _interfaceDrops;
    private long _received;
    private long _statisticsDue = FramesBetweenStatistics;
    private long _stopNanos = long.MaxValue;
    private bool _hasEnded;
    private LiveOptions? _wish;
    private int _snapLength;

    internal LibPcapCapture(nint handle, IReadOnlyList<CaptureInterface> interfaces, ushort place)
    {
        (_handle, _interfaces, _place) = (handle, interfaces, place);
        _linkType = interfaces[place].LinkType;
        _snapLengthMax = _snapLength = interfaces[place].SnapLengthMax;
        _nanosPerTick = PcapNative.GetPrecision(handle) == PcapNative.NanoPrecision ? 1 : 1_000;
    }

    public static CaptureBackendInfo Info { get; } = new(
        "libpcap", "Captures wherever libpcap does; slower than af-packet", "libpcap, CAP_NET_RAW");

    public override string Name => _interfaces[_place].Name;

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    public override CaptureProblem? Problem => Volatile.Read(ref _problem);

    public override CaptureCounters Counters
    {
        get
        {
            lock (_handleLock)
            {
                ReadStatistics();
                var received = Volatile.Read(ref _received);
                // Second copies on the loopback interface, and what came before the filter was set. Before the end,
                // frames still waiting are among them.
                var isOver = Volatile.Read(ref _hasEnded);
                var leftOut = OperatingSystem.IsLinux() && isOver ? Math.Max(_seen - _drops - received, 0) : 0;
                NamedCount[] drops =
                [
                    new("interface", "missed-by-card", _interfaceDrops),
                    new("kernel", "buffer-full", _drops),
                    new(CaptureCounters.ChosenStage, "left-out-by-libpcap", leftOut),
                ];
                // Other systems count other things under the same name.
                long? offered = OperatingSystem.IsLinux() ? _seen + _interfaceDrops : null;
                return new CaptureCounters(received, 0, drops, Offered: offered);
            }
        }
    }

    public static CaptureSupport Support()
    {
        if (!PcapNative.IsSupported) return CaptureSupport.No("the library is missing", PcapNative.MissingLibrary);

        // It opens packet sockets there, as we do.
        return OperatingSystem.IsLinux() ? AfPacket.AfPacketCapture.Support() : CaptureSupport.Yes;
    }

    /// <summary>Opens each interface for a thread of its own.</summary>
    public static IReadOnlyList<PacketCapture> Open(LiveOptions options) => LibPcapOpening.Open(options);

    public override int Receive(Span<Frame> frames, TimeSpan wait)
    {
        if (_hasEnded) return -1;
        if (Volatile.Read(ref _wish) is not null) Follow();

        var count = Collect(frames);
        if (count > 0) return count;
        if (_hasEnded) return -1;

        // On Windows the read itself has waited.
        var isStopped = Volatile.Read(ref _stopNanos) != long.MaxValue;
        if (!OperatingSystem.IsWindows()) Wait(isStopped ? ReadTimeout * 3 : wait);
        count = Collect(frames);
        if (count == 0 && isStopped) Volatile.Write(ref _hasEnded, true);
        return count > 0 || !_hasEnded ? count : -1;
    }

    /// <summary>On Linux the socket gets no new frames; elsewhere frames younger than this are not taken.</summary>
    public override void Stop()
    {
        lock (_handleLock)
        {
            if (_stopNanos != long.MaxValue) return;

            var isSilent = OperatingSystem.IsLinux() && _handle != 0
                && LibC.Silence(PcapNative.SelectableDescriptor(_handle));
            var now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            Volatile.Write(ref _stopNanos, isSilent ? long.MaxValue - 1 : now);
        }
    }

    /// <remarks>libpcap's handles are for one thread, so the capture's own puts it in force with its next batch.
    /// </remarks>
    public override void Change(LiveOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.Choice.IsAll)
        {
            throw new CaptureException($"{Name}: libpcap does not choose among interfaces: use --backend af-packet");
        }

        // What may fail is tried here, where somebody hears of it.
        _ = options.Filter?.Copy().For(_linkType);
        Volatile.Write(ref _wish, options);
    }

    public override void Release()
    {
        // The batch is overwritten by the next Receive.
    }

    protected override void Dispose(bool disposing)
    {
        lock (_handleLock)
        {
            ReadStatistics();
            if (_handle != 0) PcapNative.Close(_handle);
            _handle = 0;
            _hasEnded = true;
        }
    }

    private void Follow()
    {
        var wish = Interlocked.Exchange(ref _wish, null);
        lock (_handleLock)
        {
            // Not over the filter that says that nothing comes any more.
            if (wish is null || _stopNanos != long.MaxValue || _handle == 0) return;

            try
            {
                LibPcapOpening.Change(_handle, Name, wish);
                _snapLength = Math.Min(wish.SnapLengthMax, _snapLengthMax);
            }
            catch (CaptureException problem)
            {
                Volatile.Write(ref _problem, new CaptureProblem(problem.Message));
            }
        }
    }

    private void Wait(TimeSpan wait)
    {
        var descriptor = PcapNative.SelectableDescriptor(_handle);
        if (descriptor < 0) Thread.Sleep(ReadTimeout < wait ? ReadTimeout : wait);
        else LibC.Wait([new LibC.PollEntry { Descriptor = descriptor, Events = LibC.PollIn }], wait);
    }

    private int Collect(Span<Frame> frames)
    {
        var (count, used) = (0, 0);
        var stopNanos = Volatile.Read(ref _stopNanos);
        while (count < frames.Length && _batch.Length - used >= _snapLengthMax)
        {
            byte* header;
            byte* bytes;
            var status = PcapNative.Next(_handle, &header, &bytes);
            if (status == 0) break;
            if (status < 0)
            {
                Fail();
                break;
            }

            var frame = FrameOf(header, bytes, used);
            if (frame.TimeNanos > stopNanos)
            {
                Volatile.Write(ref _hasEnded, true);
                break;
            }

            frames[count++] = frame;
            used += frame.CapturedLength;
        }

        Volatile.Write(ref _received, _received + count);
        _statisticsDue -= count;
        if (_statisticsDue <= 0) AskStatistics();
        return count;
    }

    // The error comes before the frames that still wait in the buffer, so the first is taken for a stop.
    private void Fail()
    {
        if (_problem is not null) Volatile.Write(ref _hasEnded, true);
        Volatile.Write(ref _problem, new CaptureProblem($"{Name}: {PcapNative.ErrorOf(_handle)}"));
        Stop();
    }

    /// <summary>Copies a frame into the batch.</summary>
    private Frame FrameOf(byte* header, byte* bytes, int offset)
    {
        // struct pcap_pkthdr: a timeval, whose size is the system's, and two lengths.
        var isLong = !OperatingSystem.IsWindows() && nint.Size == 8;
        var seconds = isLong ? *(long*)header : *(int*)header;
        var ticks = *(int*)(header + (isLong ? 8 : 4));
        var lengths = (int*)(header + (isLong ? 16 : 8));
        var captured = Math.Min(lengths[0], _snapLength);
        new ReadOnlySpan<byte>(bytes, captured).CopyTo(_batch.AsSpan(offset));
        var data = Marshal.UnsafeAddrOfPinnedArrayElement(_batch, offset);
        var timeNanos = (seconds * 1_000_000_000) + (ticks * _nanosPerTick);
        return new Frame(data, captured, Math.Max(lengths[1], captured), timeNanos, _linkType, _place);
    }

    private void AskStatistics()
    {
        lock (_handleLock) ReadStatistics();
        _statisticsDue = FramesBetweenStatistics;
    }

    // libpcap counts in 32 bits, and starts again at zero when they are full.
    private void ReadStatistics()
    {
        var now = default(PcapNative.Statistics);
        if (_handle == 0 || PcapNative.GetStatistics(_handle, &now) != 0) return;

        _seen += unchecked(now.Received - _last.Received);
        _drops += unchecked(now.Dropped - _last.Dropped);
        _interfaceDrops += unchecked(now.DroppedByInterface - _last.DroppedByInterface);
        _last = now;
    }
}
