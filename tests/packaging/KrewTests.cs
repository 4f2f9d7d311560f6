using System.Security.Cryptography;
using System.Text;
using NetSniff.Tests.Cli.Commands;
using YamlDotNet.RepresentationModel;

namespace NetSniff.Tests.Packaging;

public sealed class KrewTests
{
    [Fact]
    public void The_manifest_has_an_entry_for_each_archive_with_its_hash()
    {
        using var folder = new TemporaryFolder();
        string[] rids = ["linux-x64", "osx-arm64", "win-x64"];
        string[] archives = [.. rids.Select(static rid => $"kubectl-netsniff-{rid}.tar.gz")];
        foreach (var name in archives) File.WriteAllText(folder[name], name);
        var script = Path.Combine(Repository.Root, "packaging", "krew", "manifest.sh");
        var end = NetsniffProcess.Shell(
            $"{script} 1.2.3 https://example.org/d/ {string.Join(' ', archives.Select(name => folder[name]))}");
        Assert.True(end.Code == 0, end.Error);
        var yaml = new YamlStream();
        yaml.Load(new StringReader(end.Output));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        Assert.Equal("netsniff", ((YamlMappingNode)root["metadata"])["name"].ToString());
        var spec = (YamlMappingNode)root["spec"];
        Assert.Equal("v1.2.3", spec["version"].ToString());
        var platforms = ((YamlSequenceNode)spec["platforms"]).Cast<YamlMappingNode>().ToList();
        Assert.Equal(
            ["linux/amd64", "darwin/arm64", "windows/amd64"],
            platforms.Select(static one => ((YamlMappingNode)one["selector"])["matchLabels"])
                .Select(static labels => $"{labels["os"]}/{labels["arch"]}"));
        Assert.Equal(
            archives.Select(static name => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))),
            platforms.Select(static one => one["sha256"].ToString()));
        Assert.Equal("https://example.org/d/v1.2.3/" + archives[0], platforms[0]["uri"].ToString());
        Assert.Equal("kubectl-netsniff.exe", platforms[2]["bin"].ToString());
    }

    [Fact]
    public void What_is_no_archive_of_ours_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["other.zip"], "x");
        var script = Path.Combine(Repository.Root, "packaging", "krew", "manifest.sh");
        var end = NetsniffProcess.Shell($"{script} 1.2.3 https://example.org {folder["other.zip"]}");
        Assert.NotEqual(0, end.Code);
        Assert.Contains("is no archive of pack.sh", end.Error, StringComparison.Ordinal);
    }
}
