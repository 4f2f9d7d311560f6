using System.Diagnostics;
using NetSniff.Kube;

namespace NetSniff.Tests.Kube;

/// <summary>Tests that share one real API server: it starts once, and they run one after the other.</summary>
[CollectionDefinition(nameof(ControlPlane))]
public sealed class ControlPlaneTests : ICollectionFixture<ControlPlane>;

/// <summary>A real API server on loopback with an etcd behind it, of e2e/cluster/control-plane.sh. It ends when its
/// input
/// does, so also when the tests are killed.</summary>
public sealed class ControlPlane : IAsyncLifetime
{
    private const int NotHere = 3;
    private static readonly TimeSpan s_startMax = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder = new();
    private Process? _process;
    private string? _missing;
    private int _namespaces;
    private bool _isOutdated;

    internal string KubeConfig => _folder["kubeconfig"];

    /// <summary>Of somebody who may do nothing.</summary>
    internal string NobodysKubeConfig => _folder["nobody.kubeconfig"];

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            _missing = "Kubernetes' control plane is Linux'";
            return;
        }

        var script = Path.Combine(Repository.Root, "e2e", "cluster", "control-plane.sh");
        _process = Process.Start(new ProcessStartInfo("bash", [script, _folder.Path])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var error = _process.StandardError.ReadToEndAsync();
        if (await AnswerAsync() is { } answer)
        {
            Assert.StartsWith("ready ", answer, StringComparison.Ordinal);
            return;
        }

        await _process.WaitForExitAsync();
        var words = (await error).TrimEnd();
        Assert.True(_process.ExitCode == NotHere, $"the control plane ended with {_process.ExitCode}: {words}");
        _missing = words.Split('\n')[^1];
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Dispose();
    }

    /// <summary>Skips the test, with the reason, where there is no API server.</summary>
    internal void Require()
    {
        if (_missing is not null) Assert.Skip(_missing);
    }

    internal ClusterClient Open() => ClusterClient.Open(KubeConfig);

    /// <summary>A namespace of the test's own.</summary>
    internal async Task<TestNamespaceOfCluster> NewNamespaceAsync()
    {
        Require();
        var name = $"test-{Interlocked.Increment(ref _namespaces)}";
        return await TestNamespaceOfCluster.MakeAsync(Open(), name);
    }

    internal Task KillServerAsync() => CommandAsync("kill", "killed");

    internal Task StartServerAsync() => CommandAsync("start", "ready ");

    /// <summary>Forgets etcd's history: lists that were begun cannot be gone on with.</summary>
    internal Task CompactAsync() => CommandAsync("compact", "compacted");

    /// <summary>From here on version 1 is gone: a server that begins remembers no change from before, while one that
    /// runs remembers ever more of them the faster they come.</summary>
    internal async Task OutdateAsync()
    {
        if (_isOutdated) return;

        await KillServerAsync();
        await StartServerAsync();
        _isOutdated = true;
    }

    private async Task CommandAsync(string command, string answer)
    {
        await _process!.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        Assert.StartsWith(answer, await AnswerAsync() ?? "nothing", StringComparison.Ordinal);
    }

    private async Task<string?> AnswerAsync() => await _process!.StandardOutput.ReadLineAsync().WaitAsync(s_startMax);
}
