using System.Reflection;
using System.Runtime.InteropServices;

namespace NetSniff.Sensor.Capture;

/// <summary>Native libraries that may be missing, each under the names it has on the systems we know.</summary>
internal static class NativeLibraries
{
    public const string Pcap = "netsniff-pcap";
    public const string Zstd = "netsniff-zstd";

    private static readonly nint s_pcap =
        Load("libpcap.so.0.8", "libpcap.so.1", "libpcap.so", "libpcap.dylib", "libpcap.A.dylib", "wpcap.dll");

    private static readonly nint s_zstd =
        Load("libzstd.so.1", "libzstd.1.dylib", "/opt/homebrew/lib/libzstd.1.dylib", "libzstd.dll");

    static NativeLibraries() =>
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => Find(name));

    /// <summary>Ask before the first call into it: this is also what teaches the runtime the name.</summary>
    public static bool Has(string name) => Find(name) != 0;

    private static nint Find(string name) => name switch { Pcap => s_pcap, Zstd => s_zstd, _ => 0 };

    private static nint Load(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var handle)) return handle;
        }

        return 0;
    }
}
