using NetSniff.Sensor.Capture.AfPacket;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Sensor.Capture.PcapFile;

namespace NetSniff.Sensor.Capture;

/// <param name="Needs">Capabilities and libraries; empty when none.</param>
public sealed record CaptureBackendInfo(string Name, string About, string Needs);

/// <summary>Whether a backend works here; if not, why and what to do about it.</summary>
public readonly record struct CaptureSupport(bool IsSupported, string Why = "", string Remedy = "")
{
    /// <summary>What to do where opening a packet socket is not permitted. The file itself is named, for `setcap` takes
    /// no links.</summary>
    public static string RawSocketRemedy { get; } =
        $"run as root, or once `sudo setcap cap_net_raw+ep {Environment.ProcessPath ?? "netsniff"}`";

    public static CaptureSupport Yes => new(true);

    public static CaptureSupport No(string why, string remedy) => new(false, why, remedy);
}

/// <summary>The static face of a backend.</summary>
public interface ICaptureBackend
{
    static abstract CaptureBackendInfo Info { get; }

    static abstract CaptureSupport Support();
}

/// <summary>A backend that captures from interfaces.</summary>
public interface ILiveBackend : ICaptureBackend
{
    /// <summary>Opens the interfaces.</summary>
    /// <returns>Captures that share one list of interfaces, each for a thread of its own.</returns>
    /// <exception cref="CaptureException">An interface, a capability or a library is missing.</exception>
    static abstract IReadOnlyList<PacketCapture> Open(LiveOptions options);
}

/// <param name="Open">Null for a backend that reads files.</param>
public sealed record CaptureBackend(
    CaptureBackendInfo Info,
    Func<CaptureSupport> Support,
    Func<LiveOptions, IReadOnlyList<PacketCapture>>? Open = null)
{
    internal static CaptureBackend Of<T>() where T : ICaptureBackend => new(T.Info, T.Support);

    internal static CaptureBackend Live<T>() where T : ILiveBackend => new(T.Info, T.Support, T.Open);
}

/// <summary>The list of backends, the better before the more portable, and the way to a live capture.</summary>
public static class Captures
{
    /// <summary>Stands for the first backend that works here.</summary>
    public const string AnyBackend = "auto";

    public static IReadOnlyList<CaptureBackend> All { get; } =
    [
        CaptureBackend.Of<PcapFileCapture>(),
        CaptureBackend.Live<AfPacketCapture>(),
        CaptureBackend.Live<LibPcapCapture>(),
    ];

    /// <summary>Names of the backends that capture from interfaces.</summary>
    public static IEnumerable<string> LiveNames =>
        All.Where(backend => backend.Open is not null).Select(backend => backend.Info.Name);

    /// <summary>The backend of that name, or for <see cref="AnyBackend"/> the best this machine has.</summary>
    /// <returns>Null when there is none of that name.</returns>
    /// <exception cref="CaptureException">It cannot be used here; the message says why and what to do.</exception>
    public static CaptureBackend? FindLive(string name)
    {
        var live = All.Where(backend => backend.Open is not null).ToList();
        if (name != AnyBackend)
        {
            return live.Find(backend => backend.Info.Name == name) is { } named ? Checked(named) : null;
        }

        // libpcap opens packet sockets on Linux, so it helps nobody there who lacks the right to; and where nothing
        // works, the plainest one says what is missing.
        var last = live.Count - (OperatingSystem.IsLinux() ? 2 : 1);
        return live.Take(last).FirstOrDefault(backend => backend.Support().IsSupported) ?? Checked(live[last]);
    }

    private static CaptureBackend Checked(CaptureBackend backend)
    {
        var support = backend.Support();
        return support.IsSupported
            ? backend
            : throw new CaptureException($"{backend.Info.Name}: {support.Why}: {support.Remedy}");
    }
}
