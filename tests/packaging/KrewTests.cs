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

    [Theory]
    [InlineData("linux-x64", "netsniff", "kubectl-netsniff")]
    [InlineData("win-x64", "netsniff.exe", "kubectl-netsniff.exe")]
    public void An_archive_is_one_that_krew_takes(string rid, string program, string called)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["published/de"]);
        Directory.CreateDirectory(folder["published/demo"]);
        foreach (var name in (string[])
            [program, "netsniff.dll", "netsniff.pdb", "libduckdb.so", "duckdb.dll", "de/words.dll", "demo/shop.gz"])
        {
            File.WriteAllText(folder["published/" + name], "#!/bin/sh\necho \"$0\"\n");
        }

        var scripts = Path.Combine(Repository.Root, "packaging", "krew");
        var made = NetsniffProcess.Shell(
            $"umask 077; {scripts}/pack.sh {folder["out"]} --published {folder["published"]} {rid}");
        Assert.True(made.Code == 0, made.Error);
        var archive = made.Output.TrimEnd();
        var lines = NetsniffProcess.Shell($"tar -tvzf {archive}").Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // It refuses links, ways out of its folder and absolute names.
        Assert.All(lines, static line => Assert.Contains(line[0], "-d"));
        var names = lines.ToDictionary(static line => line.Split(' ')[^1], static line => line.Split(' ')[0]);
        Assert.Equal(
            ["./", "./LICENSE", "./de/", "./de/words.dll", "./" + called, "./netsniff.dll"],
            names.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("-rwxr-xr-x", names["./" + called]);
        Assert.Equal("drwxr-xr-x", names["./de/"]);

        var manifest = NetsniffProcess.Shell($"{scripts}/manifest.sh v1.2.3 https://example.org {archive}").Output;
        var yaml = new YamlStream();
        yaml.Load(new StringReader(manifest));
        var spec = (YamlMappingNode)yaml.Documents[0].RootNode["spec"];
        var root = yaml.Documents[0].RootNode;
        Assert.Equal(
            ("krew.googlecontainertools.github.com/v1alpha2", "Plugin"),
            (root["apiVersion"].ToString(), root["kind"].ToString()));
        Assert.InRange(spec["shortDescription"].ToString().Length, 1, 50);
        Assert.Matches("^v[0-9]+\\.[0-9]+\\.[0-9]+$", spec["version"].ToString());
        var platform = (YamlMappingNode)spec["platforms"][0];
        Assert.Contains("./" + platform["bin"], names.Keys);
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(archive))), platform["sha256"].ToString());
        Assert.Equal(("*", "."), (platform["files"][0]["from"].ToString(), platform["files"][0]["to"].ToString()));
    }
}
