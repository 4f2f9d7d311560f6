using System.Diagnostics;
using NetSniff.Tests.Fuzz;
using NetSniff.Tests.Simulation;
using NetSniff.Tests.Storage.MmapQueue;

namespace NetSniff.Tests;

/// <summary>This program once more, as a process that a test may kill.</summary>
internal static class ChildProcess
{
    public const string Switch = "--child";

    /// <summary>What a child can be. Adding one is adding its line.</summary>
    private static readonly Dictionary<string, Func<string[], int>> s_roles = new(StringComparer.Ordinal)
    {
        ["queue-appender"] = QueueAppender.Run,
        ["worker"] = DeliveryRoles.Worker,
        ["sensor"] = DeliveryRoles.Sensor,
        ["fuzz-smoke"] = FuzzSmoke.Run,
    };

    public static int Run(string name, string[] arguments) => s_roles[name](arguments);

    /// <summary>Starts a child whose standard output can be read.</summary>
    public static Process Start(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])[Switch, name, .. arguments]) start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException("no child");
    }
}
