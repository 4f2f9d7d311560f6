using NetSniff.Cli.Hosting;
using NetSniff.Wire.Ring;

namespace NetSniff.Tests.Cli.Hosting;

public sealed class WorkerTalkTests
{
    private readonly FakeClock _clock = new();
    private readonly WorkerTalk _talk;

    public WorkerTalkTests() => _talk = new WorkerTalk(_clock);

    [Fact]
    public void A_worker_that_goes_and_returns_has_one_line_each()
    {
        Assert.Empty(Hear(isUp: false)); // still connecting
        Assert.Empty(Hear(isUp: true));
        var gone = Assert.Single(Hear(isUp: false, "connection refused"));
        Assert.Equal("worker w0 at 10.0.0.7:9466 is away: connection refused; records wait in the spool", gone);
        Assert.Empty(Hear(isUp: false, "connection refused"));
        _clock.Advance(WorkerTalk.QuietMin);
        Assert.StartsWith("worker w0 is back", Assert.Single(Hear(isUp: true)), StringComparison.Ordinal);
        Assert.Empty(Hear(isUp: true));
    }

    [Fact]
    public void One_that_cannot_be_reached_from_the_start_is_told() =>
        Assert.Contains("is away", Assert.Single(Hear(isUp: false, "no such host")), StringComparison.Ordinal);

    [Fact]
    public void One_that_comes_and_goes_is_told_once_in_a_while()
    {
        Hear(isUp: true);
        var lines = 0;
        for (var second = 0; second < 60; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            lines += Hear(isUp: second % 2 == 1, "it hung up").Count;
        }

        Assert.InRange(lines, 2, 3);
    }

    private List<string> Hear(bool isUp, string? problem = null)
    {
        var lines = _talk.Hear([(new RingMember("w0", "10.0.0.7:9466"), isUp, problem)], _clock.GetTimestamp());
        Assert.All(lines, line => Assert.NotEqual(isUp, line.IsTrouble));
        return [.. lines.Select(line => line.Line)];
    }
}
