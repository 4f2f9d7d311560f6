using NetSniff.Operator.Cleaning;

namespace NetSniff.Tests.Operator.Cleaning;

public class NodeFolderTests
{
    [Fact]
    public void What_sensors_left_goes_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        File.WriteAllText(elsewhere["precious"], "");
        string[] files = ["all/spool/packets/0/1.pcapng", "all/plan/sensor.json", "gpu/spool/0.q", "gpu/notes"];
        foreach (var path in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
            File.WriteAllText(folder[path], "");
        }

        File.WriteAllText(folder["file"], "");
        Directory.CreateSymbolicLink(folder["link"], elsewhere.Path);
        Directory.CreateDirectory(folder["linked"]);
        Directory.CreateSymbolicLink(folder["linked", "spool"], elsewhere.Path);

        var left = NodeFolder.Clean(folder.Path);

        Assert.False(Directory.Exists(folder["all"]));
        Assert.Equal(["file", "gpu", "link", "linked"], Names(folder.Path));
        Assert.Equal(["notes"], Names(folder["gpu"]));
        Assert.True(File.Exists(elsewhere["precious"]));
        Assert.Equal(4, left.Count);
    }

    [Fact]
    public void A_node_that_never_had_a_sensor_is_clean()
    {
        using var folder = new TemporaryFolder();
        Assert.Empty(NodeFolder.Clean(folder["none"]));
        Assert.Empty(NodeFolder.Clean(folder.Path));
    }

    private static IEnumerable<string> Names(string folder) => Directory.EnumerateFileSystemEntries(folder)
        .Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);
}
