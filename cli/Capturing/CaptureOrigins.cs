using NetSniff.Pcap;
using NetSniff.Records;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>The interfaces of the captures that are open, by the numbers that their frames and records carry.</summary>
internal sealed class CaptureOrigins : OriginBook
{
    private IReadOnlyList<CaptureInterface> _interfaces = []; // may grow while it is looked at
    private Origin?[] _origins = [];
    private int _revision;

    public override int Revision => Volatile.Read(ref _revision);

    public override bool IsNumbered => true;

    /// <summary>Another file: its numbers are its own.</summary>
    public void Open(IReadOnlyList<PacketCapture> captures)
    {
        _interfaces = captures is [var capture, ..] ? capture.Interfaces : [];
        _origins = [];
        Volatile.Write(ref _revision, _revision + 1);
    }

    /// <summary>Kept once an interface has been asked about: outputs ask for each record.</summary>
    public override Origin Of(ushort number)
    {
        var origins = _origins;
        if (number < origins.Length && origins[number] is { } known) return known;
        if (number >= _interfaces.Count) return Origin.Unknown;

        if (number >= origins.Length) Array.Resize(ref origins, Math.Max(number + 1, _interfaces.Count));
        origins[number] = new Origin("", _interfaces[number].Name);
        _origins = origins;
        return origins[number]!;
    }
}
