using NetSniff.Config;

namespace NetSniff.Tests.Config;

public sealed class MemberFilesTests
{
    [Theory]
    // The higher number is the newer, by whichever road.
    [InlineData(2, PlanRoad.Folder, "b", 1, PlanRoad.Push, "a", true)]
    [InlineData(1, PlanRoad.Push, "b", 2, PlanRoad.Folder, "a", false)]
    // Of one number only a push knows the node, and a folder never takes its place.
    [InlineData(1, PlanRoad.Push, "b", 1, PlanRoad.Folder, "a", true)]
    [InlineData(1, PlanRoad.Folder, "b", 1, PlanRoad.Push, "a", false)]
    [InlineData(1, PlanRoad.Push, "b", 1, PlanRoad.Push, "a", true)]
    [InlineData(0, PlanRoad.Folder, "b", 0, PlanRoad.Folder, "a", true)]
    // The same again is nothing new.
    [InlineData(1, PlanRoad.Push, "a", 1, PlanRoad.Push, "a", false)]
    [InlineData(1, PlanRoad.Push, "a", 1, PlanRoad.Folder, "a", false)]
    public void Two_roads_and_one_order(
        long sequence, PlanRoad road, string text, long otherSequence, PlanRoad otherRoad, string otherText,
        bool isNewer)
    {
        Assert.Equal(isNewer, Of(sequence, road, text).IsNewerThan(Of(otherSequence, otherRoad, otherText)));
        Assert.True(Of(sequence, road, text).IsNewerThan(null));
    }

    [Theory]
    [InlineData("sensor.json", true)]
    [InlineData("rules/port-scan.yaml", true)]
    [InlineData("", false)]
    [InlineData("../sensor.json", false)]
    [InlineData("rules/../x", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("a/b/c", false)]
    [InlineData(".hidden", false)]
    [InlineData("rules/", false)]
    [InlineData("a b", false)]
    public void No_name_leads_elsewhere(string name, bool isName) => Assert.Equal(isName, MemberFiles.IsName(name));

    private static MemberFiles Of(long sequence, PlanRoad road, string text) =>
        new(sequence, "", road, new Dictionary<string, string> { ["sensor.json"] = text });
}
