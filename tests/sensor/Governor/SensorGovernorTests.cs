using NetSniff.Pipeline;
using NetSniff.Sensor.Governor;

namespace NetSniff.Tests.Sensor.Governor;

public sealed class SensorGovernorTests
{
    private const long Second = 1_000_000_000;

    private static readonly GovernorOptions s_options = new()
    {
        CpuMax = 1, MemoryBytesMax = 1000, PacketRateMax = 500,
    };

    private readonly SensorGovernor _governor = new(s_options);
    private long _now;

    private GovernorStep? Look(double cpus = 0, long memory = 0, double rate = 0, long lost = 0) =>
        _governor.Observe(new LoadSample(_now += Second, cpus, memory, rate, lost));

    [Fact]
    public void One_observation_over_budget_is_no_reason_and_two_are()
    {
        Assert.Null(Look(cpus: 1.1));
        Assert.Null(Look(cpus: 0.9));
        Assert.Null(Look(cpus: 1.1));
        var step = Look(cpus: 1.2);
        Assert.Equal(("cpu", new ShardDepth(DepthRung.SampledFlows, 4)), (step!.Resource, step.To));
        Assert.Equal(
            "stepping down from full to sampled-4: 1.2 CPUs are used and 1 allowed; transactions of 3 in 4 flows are "
            + "not read; their packets, bytes and TCP health are counted",
            step.Text);
    }

    [Theory]
    [InlineData(1.6, 0, 0, 0, "cpu")]
    [InlineData(0, 1600, 0, 0, "memory")]
    [InlineData(0, 0, 800, 0, "packets")]
    [InlineData(0, 0, 0, 1, "loss")]
    public void Far_over_budget_or_losing_it_steps_at_once(
        double cpus, long memory, double rate, long lost, string resource) =>
        Assert.Equal(resource, Look(cpus, memory, rate, lost)?.Resource);

    [Fact]
    public void Under_any_load_it_ends_on_the_last_rung_and_goes_on_counting()
    {
        List<DepthRung> rungs = [];
        for (var turn = 0; turn < 100; turn++)
        {
            if (Look(cpus: 10, memory: 5000, rate: 5000, lost: 9) is { } step) rungs.Add(step.To.Rung);
        }

        Assert.Equal(
            [DepthRung.SampledFlows, DepthRung.SampledFlows, DepthRung.HeadersOnly, DepthRung.FlowsOnly], rungs);
        Assert.Equal(DepthRung.FlowsOnly, _governor.Depth.Rung);
    }

    [Theory]
    [InlineData(OnOverload.HeadersOnly, DepthRung.HeadersOnly)]
    [InlineData(OnOverload.FlowsOnly, DepthRung.FlowsOnly)]
    public void The_profile_says_where_the_ladder_begins(OnOverload first, DepthRung expected)
    {
        var governor = new SensorGovernor(s_options with { OnOverload = first });
        Assert.Equal(expected, governor.Observe(new LoadSample(Second, 9, 0, 0, 0))!.To.Rung);
    }

    [Fact]
    public void Between_the_two_marks_nothing_changes()
    {
        Look(cpus: 2);
        for (var turn = 0; turn < 10_000; turn++) Assert.Null(Look(cpus: turn % 2 == 0 ? 0.71 : 0.99));
    }

    [Fact]
    public void Up_again_after_the_wait_and_each_failed_trial_doubles_it()
    {
        Look(cpus: 2);
        for (var trial = 0; trial < 4; trial++)
        {
            var turns = 1;
            while (Look(cpus: 0.5) is null) turns++;
            Assert.Equal(ShardDepth.Full, _governor.Depth);
            Assert.Equal(20 * (1 << trial) + 1, turns);
            Assert.NotNull(Look(cpus: 2));
        }
    }

    [Fact]
    public void A_step_up_that_lasts_makes_the_wait_short_again()
    {
        Look(cpus: 2);
        while (Look(cpus: 0.5) is null) { }
        Look(cpus: 2);
        Assert.Equal(2 * s_options.UpAfter, _governor.Wait);
        while (Look(cpus: 0.5) is null) { }
        for (var turn = 0; turn <= s_options.UpHolds.TotalSeconds; turn++) Assert.Null(Look(cpus: 0.5));
        Assert.Equal(s_options.UpAfter, _governor.Wait);
    }

    /// <summary>A load that each rung makes cheaper by a known factor, with noise: it settles, and changes get rare.
    /// </summary>
    [Theory]
    [InlineData(1, 1.05)]
    [InlineData(2, 1.9)]
    [InlineData(3, 3.5)]
    [InlineData(4, 20)]
    public void It_settles_where_the_load_fits(int seed, double fullLoad)
    {
        double[] cost = [1, 0.55, 0.4, 0.3, 0.25];
        var random = new Random(seed);
        var rungs = Ladder.For(OnOverload.SampleFlows).ToList();
        var (steps, over, late) = (0, 0, 0);
        const int Hours = 4, Turns = Hours * 3600;
        for (var turn = 0; turn < Turns; turn++)
        {
            var rung = rungs.IndexOf(_governor.Depth);
            var load = fullLoad * cost[rung] * (0.95 + 0.1 * random.NextDouble());
            var isLast = rung == rungs.Count - 1;
            if (load > 1 && !isLast) over++;
            if (Look(cpus: load) is null) continue;

            steps++;
            if (turn >= Turns / 2) late++;
        }

        // Trials are ten minutes apart in the end, and each is over within a few seconds.
        Assert.InRange(over, 0, Turns / 50);
        Assert.InRange(late, 0, 2 * Hours / 2 * 6 + 2);
        Assert.True(steps > 0);
    }

    [Fact]
    public void The_dial_carries_every_rung()
    {
        var dial = new DepthDial();
        Assert.Equal(ShardDepth.Full, dial.Depth);
        foreach (var depth in Ladder.For(OnOverload.SampleFlows))
        {
            dial.Depth = depth;
            Assert.Equal(depth, dial.Depth);
        }
    }

    [Fact]
    public void The_loop_turns_the_dial_says_so_and_counts()
    {
        var clock = new FakeClock();
        var (use, packets, dial, said) = (new OwnUse(), new PacketTally(), new DepthDial(), new List<string>());
        var loop = new GovernorLoop(
            s_options, dial, () => packets, step => said.Add(step.Text), clock, () => use);
        for (var second = 0; second < 3; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(2));
            use = new OwnUse(use.Cpu + TimeSpan.FromSeconds(1), 100);
            packets = new PacketTally(packets.Offered + 1200, 0); // 600/s, and 500 are allowed
            loop.Look();
        }

        Assert.Equal(new ShardDepth(DepthRung.SampledFlows, 4), dial.Depth);
        Assert.Contains("600 packets/s come and 500 are allowed", Assert.Single(said));
        var sink = new NetSniff.Wire.Health.MetricSink();
        loop.Read(sink);
        var text = NetSniff.Wire.Health.PrometheusText.Write(sink);
        Assert.Contains("netsniff_governor_rung{rung=\"sampled-4\"} 1\n", text);
        Assert.Contains("netsniff_governor_rung{rung=\"full\"} 0\n", text);
        Assert.Contains("netsniff_governor_steps_total{direction=\"down\",resource=\"packets\"} 1\n", text);
        Assert.Contains("netsniff_governor_load_ratio 1.2\n", text);
    }
}
