using NetSniff.Config;
using NetSniff.Sensor.Capture;

namespace NetSniff.Tests.Sensor.Capture;

public class CaptureOpeningTests
{
    private static readonly LiveOptions s_live = new() { Interfaces = [LiveOptions.AnyInterface] };

    [Theory]
    [InlineData(FanoutChoice.FlowHash, 0, "", 1, 64)]
    [InlineData(FanoutChoice.FlowHash, 0.5, "", 1, 64)]
    [InlineData(FanoutChoice.FlowHash, 3.9, "", 3, 21)]
    [InlineData(FanoutChoice.FlowHash, 4, "128Mi", 4, 32)]
    [InlineData(FanoutChoice.FlowHash, 64, "64Mi", 16, 8)]
    [InlineData(FanoutChoice.None, 4, "128Mi", 1, 128)]
    [InlineData(null, 4, "1Mi", 1, 1)]
    public void An_interface_has_so_many_rings_and_they_share_what_it_is_given(
        FanoutChoice? fanout, double cpus, string size, int rings, int mebibytes)
    {
        var config = new CaptureConfig { Ring = new RingConfig { Fanout = fanout, Size = size } };
        var opening = CaptureOpening.Of(config, s_live, cpus);
        Assert.Equal((rings, mebibytes), (opening.Rings, opening.RingMebibytes));
    }

    [Fact]
    public void Who_cannot_share_has_one_ring_with_all_of_it()
    {
        var config = new CaptureConfig { Ring = new RingConfig { Fanout = FanoutChoice.FlowHash, Size = "64Mi" } };
        var options = CaptureOpening.Of(config, s_live, 4).In(s_live, canShare: false);
        Assert.Equal((1, 64), (options.Rings, options.RingMebibytes));
        options = CaptureOpening.Of(config, s_live, 4).In(s_live, canShare: true);
        Assert.Equal((4, 16), (options.Rings, options.RingMebibytes));
    }

    [Fact]
    public void Threads_by_the_cpu_of_a_packet_are_refused()
    {
        var config = ConfigReader.Read("""{"capture": {"ring": {"fanout": "CPU"}}}"""u8, out var problems);
        Assert.Null(config);
        Assert.Equal("capture.ring.fanout", Assert.Single(problems).Path);
    }
}
