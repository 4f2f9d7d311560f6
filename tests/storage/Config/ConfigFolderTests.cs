using System.Runtime.InteropServices;
using NetSniff.Config;
using NetSniff.Storage.Config;
using NetSniff.Wire.Health;

namespace NetSniff.Tests.Storage.Config;

public sealed partial class ConfigFolderTests : IDisposable
{
    private const string File = "sensor.json";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _applied = [];
    private readonly ConfigFolder<SensorConfig> _config;

    public ConfigFolderTests() => _config = new(_folder.Path, File, ConfigReader.Read, config =>
    {
        if (config.Capture.BpfFilter == "cannot be applied") return [new("capture.bpfFilter", "no")];
        _applied.Add(config.Where);
        return [];
    });

    public void Dispose() => _folder.Dispose();

    private void Write(string where) =>
        System.IO.File.WriteAllText(_folder[File], $"{{\"where\": \"{where}\"}}");

    [Fact]
    public void The_first_is_taken_at_once_and_a_change_once_it_stands_still()
    {
        Assert.False(_config.Look());
        Assert.Contains("cannot be read", Assert.Single(_config.State.Problems).Text);

        Write("dns");
        Assert.True(_config.Look());
        var first = _config.State.Revision;
        Assert.Matches("^[0-9a-f]{10}$", first);
        Assert.False(_config.Look());

        Write("http");
        Assert.False(_config.Look());
        Assert.True(_config.Look());
        Assert.Equal(["dns", "http"], _applied);
        Assert.NotEqual(first, _config.State.Revision);
    }

    [Fact]
    public void A_bad_one_is_refused_once_and_the_last_good_one_goes_on()
    {
        Write("dns");
        _config.Look();
        var good = _config.State.Revision;
        System.IO.File.WriteAllText(_folder[File], "{\"where\": \"dns");
        for (var look = 0; look < 5; look++) Assert.False(_config.Look());
        Assert.Equal((good, 1), (_config.State.Revision, _config.State.Rejected));
        Assert.NotEmpty(_config.State.Problems);
        Assert.Equal("dns", _config.Current!.Where);

        // What cannot be put in force is refused as well.
        System.IO.File.WriteAllText(_folder[File], "{\"capture\": {\"bpfFilter\": \"cannot be applied\"}}");
        for (var look = 0; look < 5; look++) Assert.False(_config.Look());
        Assert.Equal((good, 2), (_config.State.Revision, _config.State.Rejected));

        Write("http");
        _config.Look();
        Assert.True(_config.Look());
        Assert.Empty(_config.State.Problems);
    }

    [Fact]
    public void A_file_that_goes_leaves_its_configuration_and_is_missed()
    {
        Write("dns");
        _config.Look();
        System.IO.File.Delete(_folder[File]);
        Assert.False(_config.Look());
        Assert.False(_config.Look());
        Assert.Equal((0, "dns"), (_config.State.Rejected, _config.Current!.Where));
        Assert.Single(_config.State.Problems);

        Write("dns");
        _config.Look();
        _config.Look();
        Assert.Empty(_config.State.Problems);
    }

    /// <summary>As the kubelet does it: the file is a link into `..data`, which is swapped by a rename.</summary>
    [Fact]
    public void A_swapped_link_is_taken_at_once_and_whole()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs symbolic links");
        Swap("1", "dns");
        System.IO.File.CreateSymbolicLink(_folder[File], Path.Combine("..data", File));
        Assert.True(_config.Look());
        for (var version = 2; version < 10; version++)
        {
            Swap($"{version}", $"dns.id == {version}");
            Assert.True(_config.Look());
            Assert.Equal($"dns.id == {version}", _config.Current!.Where);
        }
    }

    private void Swap(string version, string where)
    {
        var real = _folder[$"..2026_{version}"];
        Directory.CreateDirectory(real);
        System.IO.File.WriteAllText(Path.Combine(real, File), $"{{\"where\": \"{where}\"}}");
        Directory.CreateSymbolicLink(_folder["..data_tmp"], real);
        Assert.Equal(0, Rename(_folder["..data_tmp"], _folder["..data"]));
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);

    [Fact]
    public void Health_says_which_revision_runs_and_what_is_wrong_with_the_next()
    {
        var board = new HealthBoard("sensor", "1");
        var health = new ConfigHealth(board, () => _config.State);
        var condition = board.Conditions.Single();
        Assert.Equal("Pending", condition.State.Reason);

        Write("dns");
        _config.Look();
        health.Look();
        Assert.True(condition.State.Holds);
        System.IO.File.WriteAllText(_folder[File], "{}}");
        _config.Look();
        _config.Look();
        health.Look();
        Assert.Equal((true, "LastGoodRevision"), (condition.State.Holds, condition.State.Reason));
        var text = PrometheusText.Write(board.Scrape());
        Assert.Contains($"netsniff_config_revision_info{{revision=\"{_config.State.Revision}\"}} 1\n", text);
        Assert.Contains("netsniff_config_rejected_total 1\n", text);
    }
}
