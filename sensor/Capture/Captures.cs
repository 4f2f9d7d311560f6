using NetSniff.Sensor.Capture.AfPacket;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Sensor.Capture.PcapFile;

namespace NetSniff.Sensor.Capture;

/// <param name="Needs">Capabilities and libraries; empty when none.</param>
public sealed record CaptureBackendInfo(string Name, string About, string Needs);

/// <summary>Whether a backend works here; if not, why and what to do about it.</summary>
public readonly record struct CaptureSupport(bool IsSupported, string Why = "", string Remedy = "")
{
    public static CaptureSupport Yes => new(true);

    public static CaptureSupport No(string why, string remedy) => new(false, why, remedy);
}

/// <summary>The static face of a backend.</summary>
public interface ICaptureBackend
{
    static abstract CaptureBackendInfo Info { get; }

    static abstract CaptureSupport Support();
}

public sealed record CaptureBackend(CaptureBackendInfo Info, Func<CaptureSupport> Support)
{
    internal static CaptureBackend Of<T>() where T : ICaptureBackend => new(T.Info, T.Support);
}

/// <summary>The list of backends, the better before the more portable, and the way to a live capture.</summary>
public static class Captures
{
    public static IReadOnlyList<CaptureBackend> All { get; } =
    [
        CaptureBackend.Of<PcapFileCapture>(),
        CaptureBackend.Of<AfPacketCapture>(),
        CaptureBackend.Of<LibPcapCapture>(),
    ];

    /// <summary>Opens the interfaces with the best backend this machine has.</summary>
    /// <returns>As many captures as rings were asked for, each for a thread of its own; the flows are shared out among
    /// them.</returns>
    public static IReadOnlyList<PacketCapture> OpenLive(LiveOptions options)
    {
        var afPacket = AfPacketCapture.Support();
        return OperatingSystem.IsLinux() && afPacket.IsSupported
            ? AfPacketCapture.Open(options)
            : [LibPcapCapture.Open(options)];
    }
}
