using System.Net;
using NetSniff.Cli;
using NetSniff.Cli.Hosting;
using NetSniff.Tests.Commands;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;

namespace NetSniff.Tests.Cli.Hosting;

/// <summary>A worker that runs, and the folder it is steered from.</summary>
public sealed class WorkerConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LockedText _said = new();
    private readonly HealthBoard _board = new("worker", "1", TimeProvider.System);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_configuration_is_swapped_and_a_bad_one_leaves_the_last_good()
    {
        File.WriteAllText(_folder["names.yaml"], "hosts: [{name: a, addresses: [10.0.0.1]}]");
        Write("""{ "names": { "file": "names.yaml" }, "retention": { "age": "1d" } }""");
        var worker = Start();
        await using (worker.ConfigureAwait(false))
        {
            await worker.StartAsync();
            await Until("is in force");
            var first = _said.ToString();
            Assert.DoesNotContain("refused", first, StringComparison.Ordinal);

            Write("""{ "names": { "file": "missing.yaml" } }""");
            await Until("missing.yaml: there is no such file");
            Assert.Contains("worker.json is refused, ", _said.ToString(), StringComparison.Ordinal);
            Assert.Contains(" goes on: names.file: ", _said.ToString(), StringComparison.Ordinal);

            Write("""{ "retention": { "age": "9m" } }""");
            await Until("retention.age: is a length of time");

            Write("""{ "retention": { "age": "3d" } }""");
            var inForce = _said.ToString().Split("is in force").Length;
            await Until(() => _said.ToString().Split("is in force").Length > inForce, "the third is taken");
        }
    }

    private WorkerProgram Start()
    {
        using (var authority = Certificates.NewAuthority("test", DateTimeOffset.UtcNow, TimeSpan.FromDays(1)))
        {
            authority.IssueTo(_folder["tls"], "w0");
        }

        return new WorkerProgram(
            new Terminal { Output = Stream.Null, Error = _said },
            new WorkerSettings
            {
                Name = "w0", Folder = _folder["data"], Certificates = CertificatePaths.In(_folder["tls"]),
                ConfigFolder = _folder.Path, Ingest = new(IPAddress.Loopback, 0), Query = new(IPAddress.Loopback, 0),
                Health = null,
            },
            _board);
    }

    private void Write(string json)
    {
        File.WriteAllText(_folder["worker.json.new"], json);
        File.Move(_folder["worker.json.new"], _folder["worker.json"], overwrite: true);
    }

    private Task Until(string said) => Until(() => _said.ToString().Contains(said, StringComparison.Ordinal), said);

    private async Task Until(Func<bool> isSo, string what)
    {
        for (var left = 600; !isSo(); left--)
        {
            Assert.True(left > 0, $"{what}\nsaid: {_said}");
            await Task.Delay(50);
        }
    }
}
