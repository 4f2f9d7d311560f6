using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;
using NetSniff.Wire.Health;

namespace NetSniff.Sensor.Health;

/// <summary>What captures and shards counted, under the names that dashboards know.</summary>
/// <remarks>Reads plain counters that other threads write: a scrape may be a batch behind.</remarks>
/// <param name="captures">Their counters, asked for at each scrape.</param>
public sealed class SensorMetrics(
    Func<IEnumerable<CaptureCounters>> captures, Func<IEnumerable<Shard>> shards, TurnTimes turns) : IMetricSource
{
    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        foreach (var counters in captures()) Add(sink, counters);
        foreach (var shard in shards()) Add(sink, shard);
        foreach (var histogram in turns.All) sink.Add(Metrics.DissectDuration, histogram);
    }

    private static void Add(MetricSink sink, CaptureCounters counters)
    {
        sink.Add(Metrics.PacketsReceived, counters.Received);
        sink.Add(Metrics.PacketsFiltered, counters.Filtered);
        sink.Add(Metrics.RingFull, counters.Freezes);
        foreach (var drop in counters.Drops.Where(drop => drop.Stage != CaptureCounters.ChosenStage))
        {
            sink.Add(Metrics.PacketsDropped, drop.Count, StageOf(drop.Stage), drop.Reason);
        }

        // A shortfall is a loss that nobody owned up to.
        if (counters.Unexplained > 0) sink.Add(Metrics.PacketsDropped, counters.Unexplained, "ring", "unexplained");
    }

    private static void Add(MetricSink sink, Shard shard)
    {
        var counters = shard.Counters;
        sink.Add(Metrics.CaptureBytes, counters.Bytes);
        sink.Add(Metrics.FlowsActive, shard.FlowsLive);
        sink.Add(Metrics.Flows, counters.FlowsStarted);
        sink.Add(Metrics.StreamHeldBytes, shard.BytesHeld);
        sink.Add(Metrics.Records, shard.Records.Emitted);
        foreach (var line in counters.Ledger().Where(line => line is { Stage: "decode", IsLoss: true }))
        {
            // Cut packets are read as far as they go.
            if (line.Reason == "cut by snap length") continue;
            sink.Add(Metrics.PacketsDropped, line.Count, "parser", line.Reason);
        }
    }

    /// <summary>The few words that dashboards have for where a packet was lost.</summary>
    private static string StageOf(string stage) => stage switch
    {
        "interface" => "nic",
        "kernel" => "ring",
        _ => stage,
    };
}
