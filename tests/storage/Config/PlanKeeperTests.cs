using NetSniff.Config;
using NetSniff.Storage.Config;

namespace NetSniff.Tests.Storage.Config;

public sealed class PlanKeeperTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _applied = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_newest_plan_is_kept_over_a_start()
    {
        var keeper = NewKeeper();
        Assert.True(keeper.Offer(Plan(3, "three")));
        Assert.False(keeper.Offer(Plan(2, "two")));
        Assert.False(keeper.Offer(Plan(3, "generic", PlanRoad.Folder)));
        Assert.True(keeper.Offer(Plan(3, "three, and another pod")));
        Assert.Equal("three, and another pod", Lying("sensor.json"));
        Assert.Equal("rule", Lying("rules/a.yaml"));

        var again = NewKeeper();
        Assert.Equal((3, PlanRoad.Push), (again.Current!.Sequence, again.Current.Road));
        Assert.False(again.Offer(Plan(3, "generic", PlanRoad.Folder)));
        Assert.True(again.Offer(Plan(4, "four", PlanRoad.Folder)));
        Assert.Equal("four", Lying("sensor.json"));
    }

    [Fact]
    public void What_is_refused_leaves_the_last_good_one_everywhere()
    {
        var keeper = NewKeeper();
        keeper.Apply = () =>
        {
            var text = Lying("sensor.json");
            if (text.StartsWith("cannot", StringComparison.Ordinal)) return [new ConfigProblem("capture", "no")];
            _applied.Add(text);
            return [];
        };
        Assert.True(keeper.Offer(Plan(1, "one")));
        Assert.True(keeper.Offer(Plan(2, "bad")));
        Assert.Equal("is bad", keeper.Refused!.Value.Why);
        Assert.True(keeper.Offer(Plan(3, "cannot be applied")));
        Assert.Equal("capture: no", keeper.Refused!.Value.Why);
        Assert.Equal((1, "one"), (keeper.Current!.Sequence, Lying("sensor.json")));
        Assert.Equal(["one", "one"], _applied); // and those who had it go back
        Assert.False(keeper.Offer(Plan(3, "cannot be applied"))); // told once
        Assert.Equal(1, NewKeeper().Current!.Sequence);

        Assert.True(keeper.Offer(Plan(4, "four")));
        Assert.Null(keeper.Refused);
        Assert.Equal("four", Lying("sensor.json"));
    }

    [Fact]
    public void What_the_disk_would_not_take_is_tried_again_and_what_makes_no_sense_is_not()
    {
        var keeper = NewKeeper();
        Assert.True(keeper.Offer(Plan(1, "one")));
        // A folder of the plan's parts cannot be made where a file lies: as on a full disk, whoever we are.
        Directory.Delete(_folder["plan"], recursive: true);
        File.WriteAllText(_folder["plan"], "in the way");
        Assert.True(keeper.Offer(Plan(2, "two")));
        Assert.StartsWith("cannot be kept: ", keeper.Refused!.Value.Why, StringComparison.Ordinal);
        Assert.False(keeper.Retry());
        Assert.Equal(1, keeper.Current!.Sequence);
        File.Delete(_folder["plan"]);
        Assert.True(keeper.Retry());
        Assert.Equal((2, "two"), (keeper.Current!.Sequence, Lying("sensor.json")));
        Assert.False(keeper.Retry());

        Assert.True(keeper.Offer(Plan(3, "bad")));
        Assert.False(keeper.Retry());
    }

    [Fact]
    public void A_first_plan_that_is_refused_leaves_nothing()
    {
        var keeper = NewKeeper();
        keeper.Apply = () => Directory.Exists(_folder["plan/..data"]) ? [new ConfigProblem("", "no")] : [];
        Assert.True(keeper.Offer(Plan(1, "one")));
        Assert.Null(keeper.Current);
        Assert.Throws<FileNotFoundException>(() => Lying("sensor.json"));
        Assert.Null(NewKeeper().Current);
    }

    [Fact]
    public void Files_swap_together_and_old_versions_go()
    {
        var keeper = NewKeeper();
        for (var sequence = 1; sequence <= 20; sequence++) Assert.True(keeper.Offer(Plan(sequence, $"{sequence}")));
        Assert.Equal(2, Directory.GetDirectories(_folder["plan"], "..plan-*").Length);
        Assert.True(keeper.Offer(new MemberFiles(
            21, "r", PlanRoad.Push, new Dictionary<string, string> { ["sensor.json"] = "only" })));
        Assert.True(Directory.Exists(_folder["plan/rules"])); // there also without a rule in it
        Assert.Empty(Directory.GetFiles(_folder["plan/rules"]));
    }

    [Fact]
    public void A_plan_half_written_by_a_run_that_was_killed_does_not_count()
    {
        Assert.True(NewKeeper().Offer(Plan(1, "one")));
        Directory.CreateDirectory(_folder["plan/..plan-2-killed"]);
        File.WriteAllText(_folder["plan/..plan-2-killed/sensor.json"], "half");
        var keeper = NewKeeper();
        Assert.Equal("one", keeper.Current!.Files["sensor.json"]);
        Assert.True(keeper.Offer(Plan(2, "two")));
        Assert.False(Directory.Exists(_folder["plan/..plan-2-killed"]));
    }

    [Fact]
    public void A_purge_leaves_no_file_and_takes_nothing_more()
    {
        var keeper = NewKeeper();
        keeper.Offer(Plan(1, "one"));
        keeper.Purge();
        Assert.False(keeper.Offer(Plan(2, "two")));
        Assert.False(Directory.Exists(_folder["plan"]));
    }

    [Fact]
    public void No_file_is_written_elsewhere()
    {
        var keeper = NewKeeper();
        Assert.True(keeper.Offer(new MemberFiles(
            1, "r", PlanRoad.Push, new Dictionary<string, string> { ["../sensor.json"] = "x" })));
        Assert.Equal("no file is called '../sensor.json'", keeper.Refused!.Value.Why);
        Assert.False(File.Exists(_folder["sensor.json"]));
    }

    private PlanKeeper NewKeeper() => new(
        new PlanFolder(_folder["plan"], "rules"),
        plan => plan.Files["sensor.json"] == "bad" ? [new ConfigProblem("", "is bad")] : []);

    private string Lying(string name) => File.ReadAllText(_folder["plan/" + name]);

    private static MemberFiles Plan(long sequence, string text, PlanRoad road = PlanRoad.Push) => new(
        sequence, $"r{sequence}", road,
        new Dictionary<string, string> { ["sensor.json"] = text, ["rules/a.yaml"] = "rule" });
}
