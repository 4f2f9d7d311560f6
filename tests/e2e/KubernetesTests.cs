using System.Diagnostics;

namespace NetSniff.Tests.EndToEnd;

/// <summary>The first five minutes on a real cluster of three nodes. The rest of `make e2e` takes longer.</summary>
[Collection(nameof(Alone))]
public sealed class KubernetesTests
{
    private const int NotHere = 3;
    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task Somebody_who_installs_it_sees_flows_is_told_and_is_rid_of_it_again()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("nodes are Linux'");

        using var run = Process.Start(new ProcessStartInfo(
            "python3", [Path.Combine(Repository.Root, "e2e", "kubernetes", "run.py"), "--only", "begin,end"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
            // A cluster of its own, whatever else stands on this machine.
            // How long a step took is told by `make e2e`, and decides nothing here.
            Environment = { ["NETSNIFF_CLUSTER"] = "tests", ["E2E_KUBECONFIG"] = "", ["E2E_PATIENCE"] = "10" },
        })!;
        var said = run.StandardOutput.ReadToEndAsync();
        var error = run.StandardError.ReadToEndAsync();
        await run.WaitForExitAsync().WaitAsync(s_timeMax);
        var problem = (await error).TrimEnd();
        if (run.ExitCode == NotHere) Assert.Skip(problem.Split('\n')[^1]);

        Assert.True(run.ExitCode == 0, $"{await said}{problem}");
    }
}
