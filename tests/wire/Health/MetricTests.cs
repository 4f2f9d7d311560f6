using NetSniff.Pipeline;
using NetSniff.Wire.Health;

namespace NetSniff.Tests.Wire.Health;

public sealed class MetricTests
{
    private static readonly MetricFamily s_frames = new(
        "frames_total", MetricKind.Counter, "Frames\nby \\ reason.", "reason");

    private static readonly MetricFamily s_depth = new("depth", MetricKind.Gauge, "How deep.");

    private static readonly MetricFamily s_turn = new("turn_seconds", MetricKind.Histogram, "One turn.", "loop");

    [Fact]
    public void What_several_shards_count_under_one_name_is_added_up()
    {
        var sink = new MetricSink();
        sink.Add(s_frames, 3, "a");
        sink.Add(s_frames, 4, "b");
        sink.Add(s_frames, 5, "a");
        sink.AddLargest(s_depth, 7);
        sink.AddLargest(s_depth, 2);
        Assert.Equal(
            "# HELP frames_total Frames\\nby \\\\ reason.\n# TYPE frames_total counter\n"
            + "frames_total{reason=\"a\"} 8\nframes_total{reason=\"b\"} 4\n"
            + "# HELP depth How deep.\n# TYPE depth gauge\ndepth 7\n",
            PrometheusText.Write(sink));
    }

    [Fact]
    public void Buckets_hold_what_is_at_most_their_bound_and_are_written_added_up()
    {
        var (one, other) = (new Histogram(0.5, 1), new Histogram(0.5, 1));
        foreach (var value in (double[])[0.25, 0.5, 0.75]) one.Record(value);
        other.Record(4);
        var sink = new MetricSink();
        sink.Add(s_turn, one, "x");
        sink.Add(s_turn, other, "x");
        Assert.Equal(
            [
                "turn_seconds_bucket{loop=\"x\",le=\"0.5\"} 2", "turn_seconds_bucket{loop=\"x\",le=\"1\"} 3",
                "turn_seconds_bucket{loop=\"x\",le=\"+Inf\"} 4", "turn_seconds_sum{loop=\"x\"} 5.5",
                "turn_seconds_count{loop=\"x\"} 4",
            ],
            PrometheusText.Write(sink).Split('\n').Where(line => line.StartsWith("turn", StringComparison.Ordinal)));
        Assert.Throws<ArgumentException>(() => sink.Add(s_turn, new Histogram(1), "x"));
    }

    [Fact]
    public void A_source_that_fails_is_counted_and_hides_no_other()
    {
        var board = new HealthBoard("netsniff", "1");
        board.Add(new Failing());
        board.AddLedger(() => throw new IOException("the store is gone"));
        board.AddLedger(() => [new LedgerLine("capture", "frames", 7, false)]);
        board.Scrape();
        var text = PrometheusText.Write(board.Scrape());
        Assert.Contains("stage=\"capture\",what=\"frames\",loss=\"false\"} 7\n", text);
        Assert.Contains(
            "netsniff_ledger_total{stage=\"health\",what=\"sources that failed\",loss=\"false\"} 3\n", text);
    }

    [Fact]
    public void Label_values_are_escaped()
    {
        var sink = new MetricSink();
        sink.Add(s_frames, 1, "say \"no\" \\ never\nagain");
        Assert.Contains(
            "frames_total{reason=\"say \\\"no\\\" \\\\ never\\nagain\"} 1\n", PrometheusText.Write(sink));
    }

    [Fact]
    public void Label_sets_beyond_the_bound_are_left_out_and_counted()
    {
        var sink = new MetricSink();
        for (var index = 0; index < MetricSink.SeriesMax + 7; index++) sink.Add(s_frames, 1, $"{index}");
        sink.Add(s_frames, 1, "0");
        Assert.Equal(7, sink.Overflow);
        Assert.Equal(MetricSink.SeriesMax, sink.Families.Single().Series.Count);
    }

    [Fact]
    public void Names_are_unique_and_formed_as_dashboards_expect()
    {
        Assert.Equal(Metrics.All.Count, Metrics.All.Select(family => family.Name).Distinct().Count());
        Assert.All(Metrics.All, family =>
        {
            Assert.Matches("^(netsniff|process|dotnet)_[a-z_]+$", family.Name);
            Assert.Equal(family.Kind == MetricKind.Counter, family.Name.EndsWith("_total", StringComparison.Ordinal));
            Assert.EndsWith(".", family.Help);
            Assert.All(family.Labels, label => Assert.Matches("^[a-z_]+$", label));
        });
    }

    private sealed class Failing : IMetricSource
    {
        public void Read(MetricSink sink) => throw new IOException("the store is gone");
    }
}
