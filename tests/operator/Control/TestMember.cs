using NetSniff.Wire.Cluster;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Operator.Control;

/// <summary>A member that runs whatever it is told, and says so.</summary>
internal sealed class TestMember(ClusterKind kind, string pod, string node, string className = "all") : IClusterMember
{
    private readonly Lock _lock = new();
    private readonly List<ClusterPlan> _plans = [];

    public ClusterReport Next { get; set; } = new() { IsReady = true };

    /// <summary>What each task does.</summary>
    public Func<ClusterTask, CancellationToken, Task<string?>> Work { get; set; } =
        static (_, _) => Task.FromResult<string?>(null);

    public IReadOnlyList<ClusterPlan> Plans
    {
        get
        {
            lock (_lock) return [.. _plans];
        }
    }

    public ClusterHello Hello() =>
        new() { Kind = kind, Pod = pod, Node = node, Class = kind == ClusterKind.Sensor ? className : "" };

    public ClusterReport Report()
    {
        var report = Next.Clone();
        report.UpMillis = Environment.TickCount64;
        lock (_lock)
        {
            if (_plans is [.., var last]) (report.Sequence, report.Revision) = (last.Sequence, last.Revision);
        }

        return report;
    }

    public void Take(ClusterPlan plan)
    {
        lock (_lock) _plans.Add(plan);
    }

    public Task<string?> RunAsync(ClusterTask task, CancellationToken cancel) => Work(task, cancel);
}
