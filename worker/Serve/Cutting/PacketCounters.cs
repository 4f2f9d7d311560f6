using System.Collections.Concurrent;
using NetSniff.Wire.Health;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>What was given out, and how requests ended.</summary>
public sealed class PacketCounters : IMetricSource
{
    private readonly ConcurrentDictionary<string, long> _outcomes = new(StringComparer.Ordinal);
    private long _packets;
    private long _bytes;

    /// <summary>Tasks that run now.</summary>
    internal Func<int> Running { get; set; } = static () => 0;

    public long Packets => Interlocked.Read(ref _packets);

    public long Of(string outcome) => _outcomes.GetValueOrDefault(outcome);

    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        foreach (var (outcome, count) in _outcomes) sink.Add(Metrics.PacketRequests, count, outcome);
        sink.Add(Metrics.PacketsGiven, Interlocked.Read(ref _packets));
        sink.Add(Metrics.PacketBytesGiven, Interlocked.Read(ref _bytes));
        sink.Add(Metrics.TasksRunning, Running());
    }

    internal void Ended(string outcome) => _outcomes.AddOrUpdate(outcome, 1, static (_, count) => count + 1);

    internal void Gave(ulong packets, int bytes)
    {
        Interlocked.Add(ref _packets, (long)packets);
        Interlocked.Add(ref _bytes, bytes);
    }
}
