using NetSniff.Wire.Cluster;
using NetSniff.Wire.V1;

namespace NetSniff.Fuzz.Swarm;

/// <summary>A sensor that captures nothing and does whatever it is told.</summary>
internal sealed class IdleMember(string node) : IClusterMember
{
    private readonly long _began = Environment.TickCount64;
    private ClusterPlan _plan = new();
    private long _packets;

    public long Plans { get; private set; }

    public ClusterHello Hello() => new()
    {
        Kind = ClusterKind.Sensor, Pod = $"sensor-{node}", Node = node, Class = "all", Version = "attend",
    };

    public ClusterReport Report() => new()
    {
        UpMillis = Environment.TickCount64 - _began,
        Revision = Volatile.Read(ref _plan).Revision,
        Sequence = Volatile.Read(ref _plan).Sequence,
        IsReady = true,
        Packets = _packets += 1000,
        Bytes = _packets * 500,
        MemoryBytes = 100 << 20,
    };

    public void Take(ClusterPlan plan)
    {
        Plans++;
        Volatile.Write(ref _plan, plan);
    }

    public Task<string?> RunAsync(ClusterTask task, CancellationToken cancel) => Task.FromResult<string?>(null);
}
