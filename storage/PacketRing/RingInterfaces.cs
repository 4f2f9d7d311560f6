using System.Globalization;
using System.Text;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Storage.PacketRing;

/// <summary>What interface numbers meant, run by run: one small text file each, kept as long as packets refer to it.
/// </summary>
internal sealed class RingInterfaces
{
    public const string Extension = ".interfaces";

    private readonly string _folder;
    private readonly Dictionary<ulong, IReadOnlyList<CaptureInterface>> _byRun = [];
    private readonly Lock _lock = new();

    private RingInterfaces(string folder, ulong run)
    {
        _folder = folder;
        Run = run;
    }

    /// <summary>This run's number.</summary>
    public ulong Run { get; }

    public static unsafe RingInterfaces Open(string folder, IReadOnlyList<RingSegment> segments)
    {
        var runs = new HashSet<ulong>();
        foreach (var segment in segments)
        {
            for (var block = 0; block < segment.BlocksBegun; block++) runs.Add(segment.Block(block)->Run);
        }

        var interfaces = new RingInterfaces(folder, runs.Count == 0 ? 1 : runs.Max() + 1);
        foreach (var path in Directory.GetFiles(folder, "*" + Extension))
        {
            var isNumber = ulong.TryParse(
                Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var run);
            if (isNumber && runs.Contains(run)) interfaces._byRun[run] = Read(path);
            else File.Delete(path);
        }

        return interfaces;
    }

    /// <summary>Those of a folder that another process may be writing at.</summary>
    public static RingInterfaces Look(string folder)
    {
        var interfaces = new RingInterfaces(folder, 0);
        foreach (var path in Directory.GetFiles(folder, "*" + Extension))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var run))
            {
                interfaces._byRun[run] = Read(path);
            }
        }

        return interfaces;
    }

    public void Set(IReadOnlyList<CaptureInterface> interfaces)
    {
        var text = new StringBuilder();
        foreach (var one in interfaces)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(int)one.LinkType} {one.SnapLengthMax} {one.Name.ReplaceLineEndings(" ")}\n");
        }

        var path = Path.Combine(_folder, Run.ToString(CultureInfo.InvariantCulture) + Extension);
        File.WriteAllText(path + ".new", text.ToString());
        File.Move(path + ".new", path, overwrite: true);
        lock (_lock) _byRun[Run] = [.. interfaces];
    }

    public IReadOnlyList<CaptureInterface> Of(ulong run)
    {
        lock (_lock) return _byRun.GetValueOrDefault(run) ?? [];
    }

    private static List<CaptureInterface> Read(string path)
    {
        var interfaces = new List<CaptureInterface>();
        foreach (var line in File.ReadAllLines(path))
        {
            if (line.Split(' ', 3) is [var link, var snap, var name]
                && ushort.TryParse(link, CultureInfo.InvariantCulture, out var linkType)
                && int.TryParse(snap, CultureInfo.InvariantCulture, out var snapLength))
            {
                interfaces.Add(new CaptureInterface(name, (LinkType)linkType, snapLength));
            }
        }

        return interfaces;
    }
}
