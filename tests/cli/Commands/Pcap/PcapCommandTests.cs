using System.Diagnostics;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Tests.Cli.Commands.Records;

namespace NetSniff.Tests.Cli.Commands.Pcap;

/// <summary>`netsniff pcap`, its file read by others where they are installed.</summary>
[Collection(nameof(Alone))]
public sealed class PcapCommandTests
{
    [Fact]
    public async Task Others_read_the_file_with_its_names_and_comments()
    {
        using var names = new TemporaryFolder();
        File.WriteAllText(
            names["names.yaml"], "hosts:\n  - name: the-shop\n    addresses: [10.77.0.20]\n");
        await using var scene = await PacketScene.StartAsync(workers: 1, [[0], [0]], names: names["names.yaml"]);
        var path = scene.Folder["out.pcapng"];
        var command = TestCommand.Run(
            ["pcap", "--where", "port == 80", "--since", "2020-01-01T00:00:00Z", "-o", path, "--why", "a test",
                .. scene.Server()]);
        Assert.Equal(0, command.Code);
        Assert.Contains($"packets of 2 sensors", command.Error);
        Assert.Empty(command.Output);
        Assert.SkipUnless(File.Exists("/usr/bin/tshark"), "tshark is not installed");

        var lines = Tshark(
            path, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment", "-e", "frame.time_epoch");
        var fields = lines.Select(line => line.Split('\t')).ToList();
        Assert.Equal(["node-0", "node-1"], fields.Select(one => one[0].Split('/')[0]).Distinct().Order());
        Assert.Equal(fields.Select(one => one[2]).Order(StringComparer.Ordinal), fields.Select(one => one[2]));
        var comments = fields.Where(one => one[1].Length > 0).Select(one => one[1]).ToList();
        Assert.All(comments, comment => Assert.StartsWith("flow 1:", comment));
        Assert.Equal(comments.Count, comments.Distinct().Count());
        Assert.NotEmpty(comments);
        // Wireshark takes the names from the file alone.
        Assert.Contains(
            Tshark(path, "-N", "n", "-c", "20"), line => line.Contains("the-shop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ring_is_read_without_a_worker_while_its_sensor_runs()
    {
        await using var scene = await PacketScene.StartAsync(workers: 1, [[0]]);
        var path = scene.Folder["out.pcapng"];
        var all = TestCommand.Run("pcap", "--from", scene.Folder["s-0"], "-o", path);
        Assert.Equal(0, all.Code);
        Assert.Contains("672 packets", all.Error);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        var dns = TestCommand.Run(
            "pcap", "--from", scene.Folder["s-0"], "--where", "port == 53", "--first", "7", "-o", path);
        Assert.Contains("7 packets", dns.Error);
        var calls = TestCommand.Run("pcap", "--from", scene.Folder["s-0"], "--where", "http.status == 200", "-o", path);
        Assert.Equal(2, calls.Code);
        Assert.Contains("netsniff read -", calls.Error);
        var none = TestCommand.Run("pcap", "--from", scene.Folder["w-0"], "-o", path);
        Assert.Equal(1, none.Code);
        Assert.Contains("holds no packets", none.Error);
    }

    [Fact]
    public async Task Refusals_are_clear()
    {
        await using var scene = await PacketScene.StartAsync(workers: 1, [[0]]);
        var path = scene.Folder["out.pcapng"];
        File.WriteAllText(path, "older");
        var refused = TestCommand.Run(["pcap", "-o", path, .. scene.Server(forPackets: false)]);
        Assert.Equal(5, refused.Code);
        Assert.Contains("need a permission of their own", refused.Error);
        Assert.Equal("older", File.ReadAllText(path));
        var nobody = TestCommand.Run(["pcap", "--node", "node-9", "-o", path, .. scene.Server()]);
        Assert.Equal(4, nobody.Code);
        // The capture is older than the five minutes that are meant when nothing else is said.
        var nothing = TestCommand.Run(["pcap", "--until", "2020-01-01T00:00:00Z", "-o", path, .. scene.Server()]);
        Assert.Equal(0, nothing.Code);
        Assert.Contains("0 packets of 1 sensor,", nothing.Error);
    }

    [Theory]
    [InlineData("a capture file is nothing for a terminal", "pcap")]
    [InlineData("--until and --follow exclude each other", "pcap", "-f", "--until", "1m", "-o", "x")]
    [InlineData("--until is not after --since", "pcap", "--since", "1m", "--until", "2m", "-o", "x")]
    [InlineData("--where:", "pcap", "--where", "http.stats == 1", "-o", "x")]
    [InlineData("--first is a whole number", "pcap", "--first", "0", "-o", "x")]
    [InlineData("--from and --follow", "pcap", "--from", "x", "-f", "-o", "x")]
    [InlineData("--packets is a size", "sensor", "--packets", "lots", "--spool", "x", "--tls", "x")]
    [InlineData("--packets is a size", "sensor", "--packets", "1Mi", "--spool", "x", "--tls", "x")]
    [InlineData("--packets is a length of time", "up", "--packets", "1Gi,soon")]
    [InlineData("there is no rung 'deep': sampled-4, sampled-16, headers, flows", "depth", "deep")]
    [InlineData("--for is from 1s to 24h", "depth", "flows", "--for", "2d")]
    public void What_does_not_go_together_is_said(string words, params string[] arguments)
    {
        var error = new StringWriter();
        var terminal = new Terminal { Output = Stream.Null, Error = error, IsOutputTerminal = true, IsPlain = true };
        Assert.Equal(2, CommandList.Run(arguments, terminal, listens: false));
        Assert.Contains(words, error.ToString());
    }

    private static string[] Tshark(string path, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/tshark", ["-r", path, .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
