using System.Runtime.InteropServices;
using NetSniff.Packets;

namespace NetSniff.Sensor.Capture.LibPcap;

/// <summary>What we call of libpcap (pcap(3PCAP)).</summary>
internal static unsafe partial class PcapNative
{
    public const string MissingLibrary =
        "libpcap is not here: install libpcap0.8 (Debian, Ubuntu), libpcap (Fedora, Alpine) or Npcap (Windows)";

    public const int ErrorTextBytes = 256;
    public const int NoSuchDevice = -5, NotUp = -9, NotPermitted = -8, NotPermittedPromiscuous = -11;
    public const int NanoPrecision = 1;

    private const string Library = NativeLibraries.Pcap;

    public static bool IsSupported => NativeLibraries.Has(Library);

    /// <summary>struct bpf_program.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Program
    {
        public uint Count;
        public void* Instructions;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Statistics
    {
        public uint Received, Dropped, DroppedByInterface, Captured; // the last on Windows only
        private readonly ulong _spare;
    }

    /// <summary>libpcap knows bare IP under a number of its own on most systems.</summary>
    public static int NumberOf(LinkType linkType) => linkType switch
    {
        LinkType.Raw => 12, // DLT_RAW; 14 on OpenBSD, where .NET is not
        _ => (int)linkType,
    };

    public static LinkType LinkTypeOf(int number) => number is 12 or 14 ? LinkType.Raw : (LinkType)(ushort)number;

    [LibraryImport(Library, EntryPoint = "pcap_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Create(string source, byte* error);

    [LibraryImport(Library, EntryPoint = "pcap_set_snaplen")]
    public static partial int SetSnapLength(nint handle, int length);

    [LibraryImport(Library, EntryPoint = "pcap_set_promisc")]
    public static partial int SetPromiscuous(nint handle, int on);

    [LibraryImport(Library, EntryPoint = "pcap_set_timeout")]
    public static partial int SetTimeout(nint handle, int millis);

    [LibraryImport(Library, EntryPoint = "pcap_set_buffer_size")]
    public static partial int SetBufferSize(nint handle, int bytes);

    [LibraryImport(Library, EntryPoint = "pcap_set_tstamp_precision")]
    public static partial int SetPrecision(nint handle, int precision);

    [LibraryImport(Library, EntryPoint = "pcap_get_tstamp_precision")]
    public static partial int GetPrecision(nint handle);

    [LibraryImport(Library, EntryPoint = "pcap_activate")]
    public static partial int Activate(nint handle);

    [LibraryImport(Library, EntryPoint = "pcap_setnonblock")]
    public static partial int SetNonBlocking(nint handle, int on, byte* error);

    [LibraryImport(Library, EntryPoint = "pcap_setdirection")]
    public static partial int SetDirection(nint handle, int direction);

    [LibraryImport(Library, EntryPoint = "pcap_get_selectable_fd")]
    public static partial int SelectableDescriptor(nint handle);

    [LibraryImport(Library, EntryPoint = "pcap_datalink")]
    public static partial int DataLink(nint handle);

    [LibraryImport(Library, EntryPoint = "pcap_next_ex")]
    public static partial int Next(nint handle, byte** header, byte** bytes);

    [LibraryImport(Library, EntryPoint = "pcap_stats")]
    public static partial int GetStatistics(nint handle, Statistics* statistics);

    [LibraryImport(Library, EntryPoint = "pcap_lib_version")]
    private static partial nint Version();

    /// <summary>`libpcap version 1.10.5 (with TPACKET_V3)`.</summary>
    public static string VersionText => Marshal.PtrToStringUTF8(Version()) ?? "";

    [LibraryImport(Library, EntryPoint = "pcap_open_dead")]
    public static partial nint OpenDead(int linkType, int snapLength);

    [LibraryImport(Library, EntryPoint = "pcap_compile", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Compile(nint handle, Program* program, string text, int isOptimized, uint netMask);

    [LibraryImport(Library, EntryPoint = "pcap_setfilter")]
    public static partial int SetFilter(nint handle, Program* program);

    [LibraryImport(Library, EntryPoint = "pcap_freecode")]
    public static partial void FreeCode(Program* program);

    [LibraryImport(Library, EntryPoint = "pcap_geterr")]
    public static partial nint LastError(nint handle);

    [LibraryImport(Library, EntryPoint = "pcap_statustostr")]
    public static partial nint StatusText(int status);

    [LibraryImport(Library, EntryPoint = "pcap_close")]
    public static partial void Close(nint handle);

    [LibraryImport(Library, EntryPoint = "pcap_findalldevs")]
    public static partial int FindAll(nint* list, byte* error);

    [LibraryImport(Library, EntryPoint = "pcap_freealldevs")]
    public static partial void FreeAll(nint list);

    public static string ErrorOf(nint handle) => Marshal.PtrToStringUTF8(LastError(handle)) ?? "";
}
