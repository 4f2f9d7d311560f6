using NetSniff.Operator.Workers;

namespace NetSniff.Tests.Operator.Workers;

public class ScalerStepsTests
{
    private static readonly ScalerGoal s_goal = new(1, 10, 0.65, TimeSpan.FromSeconds(5));

    private readonly ScalerSteps _steps = new();
    private TimeSpan _now;
    private int _replicas = 1;

    [Fact]
    public void What_is_outside_of_the_bounds_comes_within_at_once()
    {
        Assert.Equal(2, _steps.Step(default, s_goal with { Min = 2 }, new ScalerSample(1, 0, default, 0)));
        Assert.Equal(4, _steps.Step(default, s_goal with { Max = 4 }, new ScalerSample(9, 0.9, default, 9)));
    }

    [Fact]
    public void While_nobody_says_how_it_is_nothing_changes()
    {
        Assert.Equal(5, _steps.Step(default, s_goal, new ScalerSample(5, 0, default, 0)));
        Assert.Equal(5, _steps.Step(TimeSpan.FromHours(1), s_goal, new ScalerSample(5, 0, default, 0)));
    }

    [Fact]
    public void Load_doubles_workers_no_oftener_than_they_can_help_and_then_they_go_one_by_one()
    {
        // All of them together use six CPUs of one each: 0.65 of a CPU each makes ten.
        List<string> story = [];
        for (var second = 0; second < 120; second += 5) Run(story, cpus: 6);
        Assert.Equal(["0: 1 -> 5", "15: 5 -> 10"], story);
        story.Clear();
        for (var second = 120; second < 1200; second += 5) Run(story, cpus: 0.3);
        // Five minutes after the last moment that needed ten, and then a minute each.
        Assert.Equal(Enumerable.Range(0, 9).Select(step => $"{420 + step * 60}: {10 - step} -> {9 - step}"), story);
    }

    [Fact]
    public void Records_that_wait_make_more_workers_whatever_the_CPU_says()
    {
        Assert.Equal(4, _steps.Step(default, s_goal, new ScalerSample(2, 0.1, TimeSpan.FromSeconds(60), 2)));
        var later = new ScalerSample(8, 0.1, TimeSpan.FromSeconds(60), 8);
        Assert.Equal(10, _steps.Step(ScalerSteps.UpEvery, s_goal, later));
    }

    [Fact]
    public void Near_the_goal_nothing_moves()
    {
        for (var second = 0; second < 1000; second += 5)
        {
            var share = second % 10 == 0 ? 0.60 : 0.70;
            var sample = new ScalerSample(4, share, TimeSpan.FromSeconds(5), 4);
            Assert.Equal(4, _steps.Step(TimeSpan.FromSeconds(second), s_goal, sample));
        }
    }

    [Fact]
    public void While_nobody_knows_the_CPU_only_what_waits_counts()
    {
        Assert.Equal(2, _steps.Step(default, s_goal, new ScalerSample(2, double.NaN, default, 2)));
        Assert.Equal(4, _steps.Step(default, s_goal, new ScalerSample(2, double.NaN, TimeSpan.FromMinutes(1), 2)));
    }

    [Fact]
    public void A_short_calm_takes_nobody_away()
    {
        _replicas = 6;
        for (var second = 0; second < 1000; second += 5)
        {
            // Once in four minutes all six are needed.
            var share = second % 240 == 0 ? 0.65 : 0.05;
            var sample = new ScalerSample(6, share, default, 6);
            Assert.Equal(6, _steps.Step(TimeSpan.FromSeconds(second), s_goal, sample));
        }
    }

    private void Run(List<string> story, double cpus)
    {
        var sample = new ScalerSample(_replicas, cpus / _replicas, TimeSpan.Zero, _replicas);
        var wanted = _steps.Step(_now, s_goal, sample);
        if (wanted != _replicas) story.Add($"{_now.TotalSeconds}: {_replicas} -> {wanted}");
        _replicas = wanted;
        _now += TimeSpan.FromSeconds(5);
    }
}
