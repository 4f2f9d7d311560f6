using System.Runtime.InteropServices;
using NetSniff.Filters.Bpf;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.LibPcap;

/// <summary>Frames of one interface by libpcap, for systems where packet sockets are not.</summary>
/// <remarks>libpcap lends one frame at a time, so they are copied to make a batch. It is never left to wait itself:
/// pcap_next_ex can forget its timeout when traffic stops.</remarks>
public sealed unsafe class LibPcapCapture : PacketCapture, ICaptureBackend
{
    private const int BatchBytes = 4 << 20;
    private static readonly TimeSpan s_readTimeout = TimeSpan.FromMilliseconds(50);

    private readonly CaptureInterface[] _interfaces;
    private readonly LinkType _linkType;
    private readonly long _nanosPerTick;
    private readonly byte[] _batch = GC.AllocateUninitializedArray<byte>(BatchBytes, pinned: true);
    private readonly int _snapLengthMax;
    private readonly Lock _handleLock = new();
    private nint _handle;
    private CaptureProblem? _problem;
    private long _received;
    private bool _hasEnded;

    private LibPcapCapture(nint handle, string name, int snapLengthMax)
    {
        _handle = handle;
        Name = name;
        _snapLengthMax = snapLengthMax;
        _linkType = PcapNative.LinkTypeOf(PcapNative.DataLink(handle));
        _nanosPerTick = PcapNative.GetPrecision(handle) == PcapNative.NanoPrecision ? 1 : 1_000;
        _interfaces = [new CaptureInterface(name, _linkType, snapLengthMax)];
    }

    public static CaptureBackendInfo Info { get; } = new(
        "libpcap", "Captures wherever libpcap does; slower than af-packet", "libpcap, CAP_NET_RAW");

    public override string Name { get; }

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    public override CaptureProblem? Problem => Volatile.Read(ref _problem);

    public override CaptureCounters Counters
    {
        get
        {
            var statistics = default(PcapNative.Statistics);
            lock (_handleLock)
            {
                if (_handle != 0) _ = PcapNative.GetStatistics(_handle, &statistics);
            }

            NamedCount[] drops =
            [
                new("kernel", "buffer-full", statistics.Dropped),
                new("interface", "dropped", statistics.DroppedByInterface),
            ];
            return new CaptureCounters(Volatile.Read(ref _received), 0, drops);
        }
    }

    public static CaptureSupport Support() => PcapNative.IsSupported
        ? CaptureSupport.Yes
        : CaptureSupport.No("libpcap is not here", PcapNative.MissingLibrary);

    /// <summary>Names of the interfaces libpcap can open, and what they are.</summary>
    public static IReadOnlyList<(string Name, string About)> FindInterfaces()
    {
        var names = new List<(string, string)>();
        if (!PcapNative.IsSupported) return names;

        nint list;
        var error = stackalloc byte[PcapNative.ErrorTextBytes];
        if (PcapNative.FindAll(&list, error) != 0) return names;

        // struct pcap_if: next, name, description …
        for (var entry = (nint*)list; entry != null; entry = (nint*)entry[0])
        {
            names.Add((Marshal.PtrToStringUTF8(entry[1]) ?? "", Marshal.PtrToStringUTF8(entry[2]) ?? ""));
        }

        PcapNative.FreeAll(list);
        return names;
    }

    /// <exception cref="CaptureException">The interface, a capability or the library is missing.</exception>
    public static LibPcapCapture Open(LiveOptions options)
    {
        if (!PcapNative.IsSupported) throw new CaptureException(PcapNative.MissingLibrary);
        if (options.Interfaces is not [var name])
        {
            throw new CaptureException("libpcap captures on one interface at a time: name one, or `any` on Linux");
        }

        var error = stackalloc byte[PcapNative.ErrorTextBytes];
        var handle = PcapNative.Create(name, error);
        if (handle == 0) throw new CaptureException($"capturing on {name}: {Marshal.PtrToStringUTF8((nint)error)}");

        try
        {
            Activate(handle, name, options);
            return new LibPcapCapture(handle, name, options.SnapLengthMax);
        }
        catch
        {
            PcapNative.Close(handle);
            throw;
        }
    }

    public override int Receive(Span<Frame> frames, TimeSpan wait)
    {
        if (_hasEnded) return -1;

        var count = Collect(frames);
        if (count > 0 || _hasEnded || OperatingSystem.IsWindows()) return count > 0 || !_hasEnded ? count : -1;

        var descriptor = PcapNative.SelectableDescriptor(_handle);
        if (descriptor < 0)
        {
            Thread.Sleep(s_readTimeout < wait ? s_readTimeout : wait);
        }
        else if (!LibC.Wait([new LibC.PollEntry { Descriptor = descriptor, Events = LibC.PollIn }], wait))
        {
            return 0;
        }

        count = Collect(frames);
        return count > 0 || !_hasEnded ? count : -1;
    }

    public override void Release()
    {
        // The batch is overwritten by the next Receive.
    }

    protected override void Dispose(bool disposing)
    {
        lock (_handleLock)
        {
            if (_handle != 0) PcapNative.Close(_handle);
            _handle = 0;
            _hasEnded = true;
        }
    }

    private int Collect(Span<Frame> frames)
    {
        var (count, used) = (0, 0);
        while (count < frames.Length && _batch.Length - used >= _snapLengthMax)
        {
            byte* header;
            byte* bytes;
            var status = PcapNative.Next(_handle, &header, &bytes);
            if (status == 0) break;
            if (status < 0)
            {
                _hasEnded = true;
                Volatile.Write(ref _problem, new CaptureProblem($"{Name}: {PcapNative.ErrorOf(_handle)}"));
                break;
            }

            // struct pcap_pkthdr: a timeval, whose size is the system's, and two lengths.
            var isLong = !OperatingSystem.IsWindows() && nint.Size == 8;
            var seconds = isLong ? *(long*)header : *(int*)header;
            var ticks = *(int*)(header + (isLong ? 8 : 4));
            var lengths = (int*)(header + (isLong ? 16 : 8));
            var captured = Math.Min(lengths[0], _snapLengthMax);
            new ReadOnlySpan<byte>(bytes, captured).CopyTo(_batch.AsSpan(used));
            var data = Marshal.UnsafeAddrOfPinnedArrayElement(_batch, used);
            var timeNanos = (seconds * 1_000_000_000) + (ticks * _nanosPerTick);
            frames[count++] = new Frame(data, captured, Math.Max(lengths[1], captured), timeNanos, _linkType);
            used += captured;
        }

        Volatile.Write(ref _received, _received + count);
        return count;
    }

    private static void Activate(nint handle, string name, LiveOptions options)
    {
        _ = PcapNative.SetSnapLength(handle, options.SnapLengthMax);
        _ = PcapNative.SetPromiscuous(handle, options.IsPromiscuous ? 1 : 0);
        _ = PcapNative.SetTimeout(handle, (int)s_readTimeout.TotalMilliseconds);
        _ = PcapNative.SetBufferSize(handle, (int)Math.Min((long)options.RingMebibytes << 20, int.MaxValue));
        _ = PcapNative.SetPrecision(handle, PcapNative.NanoPrecision);
        var status = PcapNative.Activate(handle);
        if (status < 0) throw Refused(handle, name, status);

        var error = stackalloc byte[PcapNative.ErrorTextBytes];
        if (!OperatingSystem.IsWindows())
        {
            _ = PcapNative.SetNonBlocking(handle, 1, error);
            if (options.Direction != CaptureDirection.Both) _ = PcapNative.SetDirection(handle, (int)options.Direction);
        }

        if (options.Filter is { } filter) SetFilter(handle, name, filter);
    }

    private static void SetFilter(nint handle, string name, CaptureFilter filter)
    {
        // Compiled for the open handle, the text also finds VLAN tags that the kernel has taken out.
        var program = default(PcapNative.Program);
        if (filter.Text.Length > 0)
        {
            var isCompiled = PcapNative.Compile(handle, &program, filter.Text, 1, 0xFFFF_FFFF) == 0;
            if (!isCompiled) throw new CaptureException($"filter '{filter.Text}': {PcapNative.ErrorOf(handle)}");

            var isSet = PcapNative.SetFilter(handle, &program) == 0;
            PcapNative.FreeCode(&program);
            if (isSet) return;
        }
        else
        {
            var linkType = PcapNative.LinkTypeOf(PcapNative.DataLink(handle));
            fixed (BpfInstruction* first = filter.For(linkType).Instructions)
            {
                program.Count = (uint)filter.For(linkType).Instructions.Length;
                program.Instructions = first;
                if (PcapNative.SetFilter(handle, &program) == 0) return;
            }
        }

        throw new CaptureException($"capturing on {name}: the filter is refused: {PcapNative.ErrorOf(handle)}");
    }

    private static CaptureException Refused(nint handle, string name, int status)
    {
        var text = status switch
        {
            PcapNative.NoSuchDevice => $"there is no interface {name}; there are " +
                string.Join(", ", FindInterfaces().Select(found => found.Name)),
            PcapNative.NotPermitted or PcapNative.NotPermittedPromiscuous =>
                $"capturing on {name} needs CAP_NET_RAW: run as root or `setcap cap_net_raw+ep bin/netsniff`",
            PcapNative.NotUp => $"the interface {name} is down: bring it up first",
            _ => $"capturing on {name}: {Marshal.PtrToStringUTF8(PcapNative.StatusText(status))}: " +
                PcapNative.ErrorOf(handle),
        };
        return new CaptureException(text);
    }
}
