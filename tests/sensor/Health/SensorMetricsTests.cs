using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Health;
using NetSniff.Tests.Pipeline;
using NetSniff.Wire.Health;

namespace NetSniff.Tests.Sensor.Health;

public sealed class SensorMetricsTests
{
    [Fact]
    public void Captures_and_shards_are_added_up()
    {
        var frames = new SmallTrace(conversations: 10).From(1_700_000_000_000_000_000);
        using var turns = new TurnTimes();
        using var one = new Shard(new ShardOptions { FlowsMax = 4096 }, new Nobody());
        using var other = new Shard(new ShardOptions { FlowsMax = 4096, ShardNumber = 1 }, new Nobody());
        foreach (var shard in (Shard[])[one, other])
        {
            turns.Begin();
            shard.Run(frames);
            turns.End();
            turns.End(); // nothing was begun
        }

        CaptureCounters[] captures =
        [
            new(
                100, 5, [new("interface", "missed", 3), new("kernel", "ring-full", 2), new("capture", "copy", 9)], 1,
                119),
            new(50, 0, [new("kernel", "ring-full", 4)], 0, 55),
        ];
        var sink = new MetricSink();
        new SensorMetrics(() => captures, () => [one, other], turns).Read(sink);
        var text = PrometheusText.Write(sink);
        Assert.Contains("netsniff_packets_received_total 150\n", text);
        Assert.Contains("netsniff_packets_filtered_total 5\n", text);
        Assert.Contains("netsniff_packets_dropped_total{stage=\"nic\",reason=\"missed\"} 3\n", text);
        Assert.Contains("netsniff_packets_dropped_total{stage=\"ring\",reason=\"ring-full\"} 6\n", text);
        Assert.Contains("netsniff_packets_dropped_total{stage=\"ring\",reason=\"unexplained\"} 1\n", text);
        Assert.Contains("netsniff_packets_dropped_total{stage=\"parser\",reason=\"malformed\"} 0\n", text);
        Assert.DoesNotContain("copy", text);
        Assert.Contains("netsniff_flows_total 40\n", text);
        Assert.Contains("netsniff_dissect_duration_seconds_count 2\n", text);
        Assert.Contains($"netsniff_capture_bytes_total {frames.Sum(frame => (long)frame.WireLength) * 2}\n", text);
    }

    private sealed class Nobody : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
        }
    }
}
