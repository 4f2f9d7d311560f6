using NetSniff.Flows;

namespace NetSniff.Tests.Flows;

public sealed unsafe class FlowWheelTests : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly FlowTable _table = new(4096);
    private readonly FlowWheel _wheel;

    public FlowWheelTests()
    {
        _wheel = new FlowWheel(_table);
        while (_wheel.TryTakeDue(100 * Second, out _)) { }
    }

    public void Dispose() => _table.Dispose();

    [Theory]
    [InlineData(3, 3)]
    [InlineData(10, 10)]
    [InlineData(600, FlowWheel.HorizonSeconds)]
    public void A_flow_is_looked_at_when_due_or_at_the_horizon(int dueSeconds, int seenSeconds)
    {
        var number = Add(key: 1);
        _wheel.Remind(number, _table.At(number), (100 + dueSeconds) * Second, 100 * Second);
        var seen = -1L;
        for (var now = 101L; now < 130 && seen < 0; now++)
        {
            while (_wheel.TryTakeDue(now * Second, out var first))
            {
                if (first == number) seen = now - 100;
            }
        }

        Assert.InRange(seen, seenSeconds, seenSeconds + 1);
    }

    [Fact]
    public void After_a_long_silence_every_flow_is_seen_once()
    {
        for (var key = 0; key < 40; key++)
        {
            var number = Add(key);
            _wheel.Remind(number, _table.At(number), (101 + key % 14) * Second, 100 * Second);
        }

        List<int> seen = [];
        while (_wheel.TryTakeDue(5000 * Second, out var first))
        {
            for (var at = first; at >= 0; at = _table.At(at)->WheelNext) seen.Add(at);
        }

        Assert.Equal(40, seen.Count);
        Assert.Equal(40, seen.Distinct().Count());
        Assert.False(_wheel.TryTakeAny(out _));
    }

    [Fact]
    public void The_longest_idle_of_those_due_next_gives_way()
    {
        for (var key = 0; key < FlowWheel.SampleMax; key++)
        {
            var number = Add(key);
            _table.At(number)->LastNanos = 1000 - key % 50;
            _wheel.Remind(number, _table.At(number), 103 * Second, 100 * Second);
        }

        Assert.True(_wheel.TryTakeOldest(out var oldest));
        Assert.Equal(1000 - 49, _table.At(oldest)->LastNanos);
        var left = 0;
        while (_wheel.TryTakeAny(out var first))
        {
            for (var at = first; at >= 0; at = _table.At(at)->WheelNext, left++) Assert.NotEqual(oldest, at);
        }

        Assert.Equal(FlowWheel.SampleMax - 1, left);
    }

    private int Add(int key)
    {
        var packet = FlowTableTests.PacketOf(key, isBack: false);
        _table.Add(in packet, out var number);
        return number;
    }
}
