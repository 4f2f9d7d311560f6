using System.Text.Json.Nodes;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Control;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Operator.Sensors;

namespace NetSniff.Tests.Operator.CaptureProfiles;

public class ProfileStatusTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly AcceptedProfile s_profile = Profiles.Of("one", "{}");

    [Fact]
    public void Before_there_are_sensors_it_says_what_it_waits_for()
    {
        var sight = new ProfileSight { Generation = 1, Problems = [], Accepted = s_profile };
        Assert.Equal(
            "Accepted=True/Valid ResolvedRefs=True/Resolved Programmed=False/Pending WithinBudget=Unknown/Pending "
            + "Ready=False/Pending", Line(sight));
    }

    [Fact]
    public void Programmed_counts_those_that_run_the_revision()
    {
        var sight = Sight(2, Sensor("a", "new"), Sensor("b", "old"));
        Assert.Contains("Programmed=False/RollingOut", Line(sight));
        Assert.Contains("1/2 sensors run new", Message(sight, "Programmed"));
        Assert.Contains("Programmed=True/RevisionApplied", Line(Sight(2, Sensor("a", "new"), Sensor("b", "new"))));
        Assert.Contains("Ready=True/Capturing", Line(Sight(2, Sensor("a", "new"), Sensor("b", "new"))));
    }

    [Fact]
    public void How_many_there_are_to_be_is_not_believed_before_it_was_counted() =>
        Assert.Contains(
            "Programmed=False/RollingOut", Line(Sight(0, Sensor("a", "new")) with { IsCounted = false }));

    [Fact]
    public void A_sensor_that_refuses_is_quoted()
    {
        var sight = Sight(1, Sensor("a", "old") with { Refused = "capture.bpfFilter: syntax error" });
        Assert.Contains("Programmed=False/Refused", Line(sight));
        Assert.Contains("a: capture.bpfFilter: syntax error", Message(sight, "Programmed"));
    }

    [Theory]
    [InlineData("headers", "SteppedDownToHeaders")]
    [InlineData("flows", "SteppedDownToFlows")]
    [InlineData("sampled-4", "SteppedDownToSamples")]
    public void The_deepest_step_down_is_the_reason(string rung, string reason)
    {
        var sight = Sight(3, Sensor("a", "new"), Sensor("b", "new") with { Rung = "sampled-4" },
            Sensor("c", "new") with { Rung = rung, RungReason = "cpu" });
        Assert.Contains($"WithinBudget=False/{reason}", Line(sight));
    }

    [Fact]
    public void What_is_broken_says_what_runs_instead()
    {
        var sight = Sight(1, Sensor("a", "new")) with
        {
            Generation = 7, Problems = [new ProfileProblem("spec.budget.cpu", "Invalid", "is no amount")],
        };
        Assert.Contains("Accepted=False/Invalid", Line(sight));
        Assert.Contains("spec.budget.cpu: is no amount; generation 1 keeps running", Message(sight, "Accepted"));
        Assert.Contains("Programmed=False/NotAccepted", Line(sight));
    }

    [Fact]
    public void A_profile_that_selects_nobody_says_so() =>
        Assert.Contains("Ready=False/NoPodsMatch", Line(Sight(1, Sensor("a", "new")) with { Pods = 0 }));

    [Fact]
    public void Moments_stay_until_a_condition_turns()
    {
        var before = ProfileStatus.Of(Sight(2, Sensor("a", "new")), null, s_noon);
        var same = ProfileStatus.Of(Sight(2, Sensor("a", "new")), before, s_noon.AddHours(1));
        Assert.True(JsonNode.DeepEquals(before, same));
        var turned = ProfileStatus.Of(Sight(1, Sensor("a", "new")), before, s_noon.AddHours(1));
        Assert.Equal("2026-01-31T13:00:00Z", MomentOf(turned, "Programmed"));
        Assert.Equal("2026-01-31T12:00:00Z", MomentOf(turned, "Accepted"));
    }

    [Fact]
    public void A_quiet_cluster_has_the_same_numbers_for_hours()
    {
        var random = new Random(5);
        JsonObject? before = null;
        var changes = 0;
        for (var minute = 0; minute < 100; minute++)
        {
            var sensor = Sensor("a", "new") with
            {
                PacketsPerSecond = random.Next(0, 200), DropRatio = random.Next(0, 2) * 0.0001,
                BitsPerSecond = 1e6 + random.Next(-100_000, 100_000),
            };
            var now = ProfileStatus.Of(Sight(1, sensor), before, s_noon.AddMinutes(minute));
            if (!JsonNode.DeepEquals(before, now)) changes++;
            before = now;
        }

        Assert.Equal(1, changes);
        var busy = Sensor("a", "new") with { PacketsPerSecond = 2000 };
        Assert.Equal("2000 0.000%", Rates(busy));
        Assert.Equal("2000 1.000%", Rates(busy with { DropRatio = 0.01 }));
        return;

        string Rates(MemberState sensor)
        {
            var rates = ProfileStatus.Of(Sight(1, sensor), before, s_noon)["capture"]!;
            return $"{rates["packetsPerSecond"]} {rates["dropRatio"]}";
        }
    }

    [Fact]
    public void A_rate_is_of_a_minute()
    {
        var rates = new MemberRates();
        for (var second = 0; second <= 120; second += 2) rates.Add(second * 1000, second / 30 * 3000, 0, 0);
        Assert.InRange(rates.PacketsPerSecond, 99, 101);
    }

    [Fact]
    public void Numbers_wait_a_minute_and_news_do_not()
    {
        var before = ProfileStatus.Of(Sight(2, Sensor("a", "new")), null, s_noon);
        var numbers = ProfileStatus.Of(Sight(2, Sensor("a", "new")) with { Pods = 99 }, before, s_noon);
        var news = ProfileStatus.Of(Sight(1, Sensor("a", "new")), before, s_noon);
        Assert.Equal(StatusTurn.Nothing, StatusWriter.TurnOf(before, before, TimeSpan.Zero));
        Assert.Equal(StatusTurn.Later, StatusWriter.TurnOf(before, numbers, TimeSpan.FromSeconds(59)));
        Assert.Equal(StatusTurn.Now, StatusWriter.TurnOf(before, numbers, TimeSpan.FromSeconds(60)));
        Assert.Equal(StatusTurn.Now, StatusWriter.TurnOf(before, news, TimeSpan.Zero));
        Assert.Equal(StatusTurn.Now, StatusWriter.TurnOf(null, numbers, TimeSpan.Zero));
        var another = ProfileStatus.Of(Sight(2, Sensor("a", "new")) with { Generation = 2 }, before, s_noon);
        Assert.Equal(StatusTurn.Now, StatusWriter.TurnOf(before, another, TimeSpan.Zero));
    }

    private static ProfileSight Sight(int desired, params MemberState[] sensors)
    {
        var (classes, _) = Placement.Of([s_profile]);
        return new ProfileSight
        {
            Generation = 1, Problems = [], Accepted = s_profile, Desired = desired, IsCounted = true,
            Plan = new ClassPlan(classes[0], "new", 7, [s_profile]), Sensors = sensors, Pods = 3, WorkersDesired = 2,
            WorkersReady = 2,
        };
    }

    private static MemberState Sensor(string node, string revision) => new()
    {
        Kind = MemberKind.Sensor, Pod = $"sensor-{node}", Node = node, Class = "all", Revision = revision,
        IsReady = true,
    };

    private static string Line(ProfileSight sight) => string.Join(
        ' ', ProfileStatus.Find(sight).Select(one => $"{one.Type}={one.Status}/{one.Reason}"));

    private static string Message(ProfileSight sight, string type) =>
        ProfileStatus.Find(sight).Single(one => one.Type == type).Message;

    private static string MomentOf(JsonObject status, string type) => status["conditions"]!.AsArray()
        .Single(one => one!["type"]!.GetValue<string>() == type)!["lastTransitionTime"]!.GetValue<string>();
}
