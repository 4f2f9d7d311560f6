using System.Runtime.InteropServices;
using NetSniff.Filters.Bpf;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.LibPcap;

/// <summary>Opens interfaces by libpcap, one handle each.</summary>
internal static unsafe class LibPcapOpening
{
    private const uint IsUpAndRunning = 2 | 4; // PCAP_IF_UP, PCAP_IF_RUNNING

    public static IReadOnlyList<LibPcapCapture> Open(LiveOptions options)
    {
        if (!PcapNative.IsSupported) throw new CaptureException(PcapNative.MissingLibrary);
        if (options.Rings > 1)
        {
            throw new CaptureException(
                "libpcap cannot share an interface among threads: use --backend af-packet, or one thread");
        }

        return options.NetworkNamespace is { } path
            ? NetworkNamespace.Run(path, () => OpenAll(options))
            : OpenAll(options);
    }

    /// <summary>Names of the interfaces libpcap can open, and whether they are up.</summary>
    public static IReadOnlyList<(string Name, bool IsUp)> FindInterfaces()
    {
        var found = new List<(string, bool)>();
        nint list;
        var error = stackalloc byte[PcapNative.ErrorTextBytes];
        if (!PcapNative.IsSupported || PcapNative.FindAll(&list, error) != 0) return found;

        // struct pcap_if: next, name, description, addresses, flags.
        for (var entry = (nint*)list; entry != null; entry = (nint*)entry[0])
        {
            var isUp = (*(uint*)(entry + 4) & IsUpAndRunning) == IsUpAndRunning;
            found.Add((Marshal.PtrToStringUTF8(entry[1]) ?? "", isUp));
        }

        PcapNative.FreeAll(list);
        return found;
    }

    private static LibPcapCapture[] OpenAll(LiveOptions options)
    {
        var names = NamesOf(options);
        if (names.Count is 0 or > LiveOptions.InterfacesMax)
        {
            throw new CaptureException($"name 1 to {LiveOptions.InterfacesMax} interfaces to capture on");
        }

        var list = new CaptureInterface[names.Count];
        var captures = new List<LibPcapCapture>();
        try
        {
            foreach (var name in names) captures.Add(OpenOne(name, options, list, (ushort)captures.Count));
            return [.. captures];
        }
        catch
        {
            foreach (var capture in captures) capture.Dispose();
            throw;
        }
    }

    private static List<string> NamesOf(LiveOptions options)
    {
        var choice = options.Choice;
        if (!options.Interfaces.Contains(LiveOptions.AnyInterface, StringComparer.Ordinal))
        {
            return [.. options.Interfaces.Distinct(StringComparer.Ordinal).Where(choice.Wants)];
        }

        // Only on Linux is there one handle for all, and it does not say which interface a frame is from.
        return OperatingSystem.IsLinux() && choice.IsAll
            ? [LiveOptions.AnyInterface]
            : [.. FindInterfaces().Where(found => found.IsUp && found.Name != LiveOptions.AnyInterface)
                .Select(found => found.Name).Where(choice.Wants)];
    }

    private static LibPcapCapture OpenOne(string name, LiveOptions options, CaptureInterface[] list, ushort place)
    {
        var error = stackalloc byte[PcapNative.ErrorTextBytes];
        var handle = PcapNative.Create(name, error);
        if (handle == 0) throw new CaptureException($"capturing on {name}: {Marshal.PtrToStringUTF8((nint)error)}");

        try
        {
            Activate(handle, name, options);
            var linkType = PcapNative.LinkTypeOf(PcapNative.DataLink(handle));
            list[place] = new CaptureInterface(name, linkType, options.SnapLengthMax);
            return new LibPcapCapture(handle, list, place);
        }
        catch
        {
            PcapNative.Close(handle);
            throw;
        }
    }

    private static void Activate(nint handle, string name, LiveOptions options)
    {
        _ = PcapNative.SetSnapLength(handle, options.SnapLengthMax);
        _ = PcapNative.SetPromiscuous(handle, options.IsPromiscuous && name != LiveOptions.AnyInterface ? 1 : 0);
        _ = PcapNative.SetTimeout(handle, (int)LibPcapCapture.ReadTimeout.TotalMilliseconds);
        _ = PcapNative.SetBufferSize(handle, (int)Math.Min((long)options.RingMebibytes << 20, int.MaxValue));
        _ = PcapNative.SetPrecision(handle, PcapNative.NanoPrecision);
        var status = PcapNative.Activate(handle);
        if (status < 0) throw Refused(handle, name, status);

        var error = stackalloc byte[PcapNative.ErrorTextBytes];
        if (!OperatingSystem.IsWindows()) _ = PcapNative.SetNonBlocking(handle, 1, error);
        if (options.Direction != CaptureDirection.Both) SetDirection(handle, name, options.Direction);
        if (options.Filter is { } filter) SetFilter(handle, name, filter);
    }

    /// <summary>Another filter and direction for a handle that is open. The handle's own thread calls it.</summary>
    /// <exception cref="CaptureException">One of the two is not possible.</exception>
    public static void Change(nint handle, string name, LiveOptions options)
    {
        SetDirection(handle, name, options.Direction);
        SetFilter(handle, name, options.Filter ?? CaptureFilter.Everything);
    }

    private static void SetDirection(nint handle, string name, CaptureDirection direction)
    {
        if (PcapNative.SetDirection(handle, (int)direction) == 0) return;

        throw new CaptureException(
            $"capturing on {name} in one direction: {PcapNative.ErrorOf(handle)}: leave --direction out");
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
            var instructions = filter.For(PcapNative.LinkTypeOf(PcapNative.DataLink(handle))).Instructions;
            fixed (BpfInstruction* first = instructions)
            {
                program.Count = (uint)instructions.Length;
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
                $"capturing on {name} needs CAP_NET_RAW: {CaptureSupport.RawSocketRemedy}",
            PcapNative.NotUp => $"the interface {name} is down: bring it up first",
            _ => $"capturing on {name}: {Marshal.PtrToStringUTF8(PcapNative.StatusText(status))}: " +
                PcapNative.ErrorOf(handle),
        };
        return new CaptureException(text);
    }
}
