using NetSniff.Storage.PacketRing;

namespace NetSniff.Sensor.Keeping;

/// <summary>Where one capture's packets lie, for the owner's eyes, with a note of how deep they were kept: what was
/// kept under a looser rule does not outlive a stricter one.</summary>
internal sealed class KeptFolder(string path, int captures)
{
    private const string DepthFile = "depth";
    private const int SegmentsWanted = 8;

    public string Path => path;

    /// <exception cref="IOException">It cannot be made or read, or the size is too small for so many captures.
    /// </exception>
    public PacketRing Open(PacketPlan plan)
    {
        if (DepthOnDisk() > plan.Depth) Delete();
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(System.IO.Path.Combine(path, DepthFile), plan.Depth.ToString());
        var each = plan.BytesMax / captures;
        if (each < 2 * RingOptions.SegmentBytesMin)
        {
            throw new IOException($"{plan.BytesMax} bytes are too few for the packets of {captures} captures");
        }

        return PacketRing.Open(path, new RingOptions
        {
            BytesMax = each,
            AgeMax = plan.AgeMax,
            SegmentBytes = SegmentBytesFor(each),
        });
    }

    public void Delete()
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    /// <summary>A power of two, so that the ring loses an eighth at a time and no file is large.</summary>
    private static int SegmentBytesFor(long bytes)
    {
        var size = RingOptions.SegmentBytesMin;
        while (2L * size <= bytes / SegmentsWanted && size < new RingOptions().SegmentBytes) size *= 2;
        return size;
    }

    /// <summary>Whatever cannot be told was kept as loosely as can be.</summary>
    private KeptDepth DepthOnDisk()
    {
        if (!Directory.Exists(path)) return KeptDepth.Nothing;

        var file = System.IO.Path.Combine(path, DepthFile);
        return File.Exists(file) && Enum.TryParse<KeptDepth>(File.ReadAllText(file), out var depth)
            ? depth
            : KeptDepth.Everything;
    }
}
