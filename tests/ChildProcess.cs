using System.Diagnostics;
using NetSniff.Tests.Fuzz;
using NetSniff.Tests.Sensor.Governor;
using NetSniff.Tests.Simulation;
using NetSniff.Tests.Storage.MmapQueue;
using NetSniff.Tests.Worker.Store.DuckDb;

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
        ["store-appender"] = StoreAppender.Run,
        ["clickhouse-appender"] = StoreAppender.RunElsewhere,
        ["fuzz-smoke"] = FuzzSmoke.Run,
        ["overload"] = OverloadTests.RunLong,
        ["overloaded-sensor"] = OverloadedSensor.Run,
    };

    public static int Run(string name, string[] arguments) => s_roles[name](arguments);

    /// <summary>Starts a child whose standard output can be read.</summary>
    public static Process Start(string name, params string[] arguments) =>
        Process.Start(Prepare(name, arguments)) ?? throw new InvalidOperationException("no child");

    /// <summary>What is to be started, for who has to say more about it.</summary>
    public static ProcessStartInfo Prepare(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])[Switch, name, .. arguments]) start.ArgumentList.Add(argument);
        return start;
    }
}
