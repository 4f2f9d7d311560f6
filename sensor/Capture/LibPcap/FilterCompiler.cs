using NetSniff.Filters.Bpf;
using NetSniff.Packets;

namespace NetSniff.Sensor.Capture.LibPcap;

/// <summary>Turns the filter language of tcpdump into programs, by libpcap: pcap-filter(7).</summary>
public static unsafe class FilterCompiler
{
    private const uint UnknownNetMask = 0xFFFF_FFFF; // PCAP_NETMASK_UNKNOWN
    private const int SnapLengthMax = 262_144;

    // The compiler of libpcap before 1.8 has one state for all. Later ones need no lock, and then a filter whose names
    // are looked up for long keeps no other waiting.
    private static readonly Lock? s_compilerLock = IsSupported && IsReentrant(PcapNative.VersionText) ? null : new();

    public static bool IsSupported => PcapNative.IsSupported;

    /// <summary>A filter for whatever link type comes. The text is tried out on Ethernet at once.</summary>
    /// <exception cref="CaptureException">It cannot be compiled, or there is no libpcap.</exception>
    public static CaptureFilter Filter(string text)
    {
        var filter = new CaptureFilter(text, linkType => Compile(text, linkType));
        if (TryCompile(text, LinkType.Ethernet, out _, out var problem)) return filter;

        // `radio` and its like are known on other links only.
        return TryCompile(text, LinkType.Ieee80211Radiotap, out _, out _) ? filter : throw new CaptureException(problem);
    }

    /// <summary>Of somebody else's text: nothing is looked up for it, and it is compiled soon.</summary>
    /// <exception cref="CaptureException">It speaks of names, is too large, or as above.</exception>
    public static CaptureFilter FilterWithoutNames(string text) =>
        FilterWords.ProblemOf(text) is { } problem ? throw new CaptureException(problem) : Filter(text);

    /// <exception cref="CaptureException">It cannot be compiled, or there is no libpcap.</exception>
    public static BpfProgram Compile(string text, LinkType linkType) =>
        TryCompile(text, linkType, out var program, out var problem)
            ? program!
            : throw new CaptureException(problem);

    /// <param name="problem">For the user: which filter, what is wrong, or what to install.</param>
    public static bool TryCompile(string text, LinkType linkType, out BpfProgram? program, out string problem)
    {
        program = null;
        if (!IsSupported)
        {
            problem = $"filter '{text}': {PcapNative.MissingLibrary}";
            return false;
        }

        s_compilerLock?.Enter();
        nint handle = 0;
        try
        {
            handle = PcapNative.OpenDead(PcapNative.NumberOf(linkType), SnapLengthMax);
            if (handle != 0) return TryCompile(handle, text, out program, out problem);

            problem = $"filter '{text}': libpcap has no memory for it";
            return false;
        }
        finally
        {
            if (handle != 0) PcapNative.Close(handle);
            s_compilerLock?.Exit();
        }
    }

    /// <summary>From 1.8 on.</summary>
    internal static bool IsReentrant(string version)
    {
        var words = version.Split(' ');
        return words is ["libpcap", "version", var number, ..]
            && Version.TryParse(number.Split('-')[0], out var parsed) && parsed >= new Version(1, 8);
    }

    private static bool TryCompile(nint handle, string text, out BpfProgram? program, out string problem)
    {
        program = null;
        var compiled = default(PcapNative.Program);
        if (PcapNative.Compile(handle, &compiled, text, 1, UnknownNetMask) != 0)
        {
            problem = $"filter '{text}': {PcapNative.ErrorOf(handle)}";
            return false;
        }

        var instructions = new ReadOnlySpan<BpfInstruction>(compiled.Instructions, (int)compiled.Count);
        var isSound = BpfProgram.TryCreate(instructions, out program, out problem);
        PcapNative.FreeCode(&compiled);
        if (!isSound) problem = $"filter '{text}': {problem}";
        return isSound;
    }
}
