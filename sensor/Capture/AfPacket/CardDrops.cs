using System.Globalization;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>Frames that a network card lost before any socket could see them, since the capture was opened.</summary>
/// <remarks>`rx_missed_errors` and `rx_fifo_errors` of Documentation/ABI/testing/sysfs-class-net-statistics;
/// `rx_dropped` also counts frames for which nobody but us had a use, and so tells nothing. Interfaces that come later
/// are not watched.</remarks>
internal sealed class CardDrops
{
    private const string Root = "/sys/class/net";

    private readonly List<(string Path, long Before)> _counters = [];

    public CardDrops(InterfaceList interfaces)
    {
        foreach (var name in interfaces.Interfaces.Select(described => described.Name))
        {
            Watch($"{Root}/{name}/statistics/rx_missed_errors");
            Watch($"{Root}/{name}/statistics/rx_fifo_errors");
        }
    }

    public long Count => _counters.Sum(counter => Math.Max(Read(counter.Path) - counter.Before, 0));

    private void Watch(string path)
    {
        if (File.Exists(path)) _counters.Add((path, Read(path)));
    }

    private static long Read(string path)
    {
        try
        {
            return long.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0; // the interface is gone
        }
    }
}
