using NetSniff.Config;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Config;
using NetSniff.Sensor.Governor;

namespace NetSniff.Tests.Sensor.Config;

public sealed class SensorSteeringTests : IDisposable
{
    private readonly DepthDial _dial = new();
    private readonly Shard _shard = new(new ShardOptions { FlowsMax = 4096 }, new Nobody());

    public void Dispose() => _shard.Dispose();

    [Fact]
    public void Shards_and_gates_take_over_what_is_in_force()
    {
        var steering = new SensorSteering(_dial, CgroupLimits.None);
        var early = steering.NewGate(new Nobody());
        Assert.Empty(steering.Apply(new SensorConfig
        {
            Where = "dns",
            Protocols = [new ProtocolConfig("HTTP1"), new ProtocolConfig("dns")],
            Flows = new FlowsConfig { ActiveMax = "2m" },
            Payload = new PayloadConfig { Level = PayloadLevel.Metadata },
        }));
        var late = steering.NewGate(new Nobody());
        Assert.Same(early.Plan, late.Plan);
        Assert.Equal(("dns", PayloadLevel.Metadata), (late.Plan.Where, late.Plan.Level));

        steering.Before(_shard);
        Assert.Equal(["http", "dns"], _shard.Settings!.Protocols);
        Assert.Equal(TimeSpan.FromMinutes(2), _shard.Settings.ActiveMax);
    }

    [Theory]
    [InlineData(DepthRung.Full, 0, 8, DepthRung.SampledFlows, 8)]
    [InlineData(DepthRung.SampledFlows, 4, 8, DepthRung.SampledFlows, 8)]
    [InlineData(DepthRung.SampledFlows, 16, 8, DepthRung.SampledFlows, 16)]
    [InlineData(DepthRung.FlowsOnly, 1, 8, DepthRung.FlowsOnly, 1)]
    public void A_sample_that_is_asked_for_and_one_that_is_forced_are_one(
        DepthRung rung, int oneIn, int asked, DepthRung expected, int expectedOneIn)
    {
        var steering = new SensorSteering(_dial, CgroupLimits.None);
        steering.Apply(new SensorConfig
        {
            Capture = new CaptureConfig { Sampling = new SamplingConfig { Mode = SamplingMode.Flow, OneIn = asked } },
        });
        _dial.Depth = new ShardDepth(rung, oneIn);
        steering.Before(_shard);
        Assert.Equal(new ShardDepth(expected, expectedOneIn), _shard.Depth);
    }

    [Fact]
    public void What_cannot_be_changed_leaves_everything_as_it_was()
    {
        GovernorOptions? budget = null;
        var steering = new SensorSteering(_dial, CgroupLimits.None)
        {
            BudgetChanged = options => budget = options,
            ChangeCapture = wish => wish.Filter == "bad" ? "no such thing" : null,
        };
        steering.Apply(new SensorConfig { Capture = new CaptureConfig { BpfFilter = "ip" } });
        steering.Apply(new SensorConfig { Capture = new CaptureConfig { BpfFilter = "tcp" } });
        steering.Opened(CaptureWish.Of(
            new SensorConfig { Capture = new CaptureConfig { BpfFilter = "tcp" } }));
        var gate = steering.NewGate(new Nobody());
        budget = null;
        var problems = steering.Apply(new SensorConfig
        {
            Where = "dns", Capture = new CaptureConfig { BpfFilter = "bad" },
        });
        Assert.Equal("capture.bpfFilter: no such thing", Assert.Single(problems).ToString());
        Assert.Equal("", gate.Plan.Where);
        Assert.Null(budget);
        Assert.Empty(steering.Apply(new SensorConfig { Capture = new CaptureConfig { BpfFilter = "udp" } }));
    }

    [Fact]
    public void A_budget_lies_within_the_limits_of_the_group()
    {
        var group = new CgroupLimits(256 << 20, 2);
        var budget = SensorSteering.BudgetOf(new BudgetConfig { Cpu = "500m", Memory = "1Gi" }, group);
        Assert.Equal((0.5, 256L << 20), (budget.CpuMax, budget.MemoryBytesMax));
        budget = SensorSteering.BudgetOf(new BudgetConfig { MaxPacketsPerSecond = 5000 }, CgroupLimits.None);
        Assert.Equal((0, 0, 5000), (budget.CpuMax, budget.MemoryBytesMax, budget.PacketRateMax));
    }

    [Fact]
    public void Another_budget_goes_on_from_the_rung_that_was_reached()
    {
        var clock = new FakeClock();
        var use = new OwnUse(TimeSpan.Zero, 900);
        var loop = new GovernorLoop(
            new GovernorOptions { MemoryBytesMax = 400 }, _dial, () => default, _ => { }, clock, () => use);
        for (var second = 0; second < 3; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            loop.Look();
        }

        Assert.Equal(DepthRung.HeadersOnly, _dial.Depth.Rung);
        loop.Change(new GovernorOptions { MemoryBytesMax = 400, OnOverload = OnOverload.FlowsOnly });
        Assert.Equal(DepthRung.FlowsOnly, _dial.Depth.Rung);
        loop.Change(new GovernorOptions { MemoryBytesMax = 100_000 });
        Assert.Equal(DepthRung.FlowsOnly, _dial.Depth.Rung);
        for (var second = 0; second < 200; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            loop.Look();
        }

        Assert.Equal(DepthRung.Full, _dial.Depth.Rung);
    }

    private sealed class Nobody : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
        }
    }
}
