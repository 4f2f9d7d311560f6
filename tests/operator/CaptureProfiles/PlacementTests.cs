using System.Text.Json.Nodes;
using NetSniff.Operator.CaptureProfiles;

namespace NetSniff.Tests.Operator.CaptureProfiles;

public class PlacementTests
{
    private static readonly string[] s_keys = ["zone", "disk", "team"];
    private static readonly string[] s_values = ["a", "b"];

    [Fact]
    public void Where_one_profile_means_every_node_there_is_one_class()
    {
        var (classes, left) = Placement.Of([Profiles.Of("zone", Selecting("zone", "a")), Profiles.Of("all", "{}")]);
        Assert.Empty(left);
        var one = Assert.Single(classes);
        Assert.Equal((PlacementClass.Everywhere, "all zone"),
            (one.Name, string.Join(' ', one.Profiles.Select(profile => profile.Name.Name))));
        Assert.Null(Placement.AffinityOf(one));
    }

    /// <summary>Sensors that the cluster has put on some nodes are not taken away by whoever wants all, nor are others
    /// put beside them.</summary>
    [Fact]
    public void Where_the_cluster_says_which_nodes_namespaces_have_no_say()
    {
        var cluster = Profiles.Of("zone", Scoped("zone", "a"));
        AcceptedProfile[] others =
            [Profiles.Of("all", "{}", "a"), Profiles.Of("b", Selecting("zone", "b"), "b")];
        var (classes, left) = Placement.Of([.. others, cluster]);
        Assert.Empty(left);
        var one = Assert.Single(classes);
        Assert.Equal(Assert.Single(Placement.Of([cluster]).Classes).Name, one.Name);
        Assert.Equal("zone", string.Join(' ', one.Profiles.Select(profile => profile.Name.Name)));
        Assert.Equal("zone all b", string.Join(' ', one.Serves.Select(profile => profile.Name.Name)));
        Assert.Equal(2, Placement.Of(others[1..].Append(Profiles.Of("c", Selecting("zone", "c")))).Classes.Count);
    }

    /// <summary>A node in two profiles' choice has one sensor, which serves both.</summary>
    [Fact]
    public void Every_class_serves_whoever_means_its_nodes()
    {
        var (classes, _) = Placement.Of(
            [Profiles.Of("disk", Scoped("disk", "a")), Profiles.Of("zone", Scoped("zone", "a"))]);
        Assert.Equal(2, classes.Count);
        Assert.All(classes, one => Assert.Equal(2, one.Serves.Count));
        Assert.Equal(
            "disk-disk zone-zone", string.Join(' ', classes.SelectMany(one => one.Serves
                .Where(profile => Placement.MeansAllOf(one, profile.Spec))
                .Select(profile => $"{profile.Name.Name}-{one.Profiles.Single().Name.Name}")).Order()));
    }

    [Fact]
    public void An_empty_selector_and_none_are_one()
    {
        var (classes, _) = Placement.Of(
            [Profiles.Of("a", "{}"), Profiles.Of("b", """{"targets": {"nodeSelector": {}}}""")]);
        Assert.Equal(PlacementClass.Everywhere, Assert.Single(classes).Name);
    }

    [Fact]
    public void Selectors_that_say_the_same_are_one_class_in_whatever_order()
    {
        var left = Profiles.Of("l", """{"targets": {"nodeSelector": {"matchLabels": {"x": "1", "y": "2"}}}}""");
        var right = Profiles.Of("r", """{"targets": {"nodeSelector": {"matchLabels": {"y": "2", "x": "1"}}}}""");
        Assert.Single(Placement.Of([left, right]).Classes);
        Assert.Equal(Placement.Of([left, right]).Classes[0].Name, Placement.Of([right]).Classes[0].Name);
    }

    /// <summary>On every node that somebody means there is exactly one sensor, and on no other.</summary>
    [Fact]
    public void No_node_has_two_sensors_and_none_that_is_meant_has_none()
    {
        var random = new Random(4);
        for (var round = 0; round < 100; round++)
        {
            var profiles = Enumerable.Range(0, random.Next(1, 7)).Select(number => Profiles.Of(
                $"p{number}",
                Selecting(s_keys[random.Next(3)], s_values[random.Next(2)]))).ToList();
            var (classes, left) = Placement.Of(profiles);
            Assert.Empty(left);
            foreach (var node in Nodes())
            {
                var isMeant = profiles.Any(one => one.Spec.Means(node));
                Assert.Equal(isMeant ? 1 : 0, classes.Count(one => one.Holds(node)));
                // What the scheduler is told is the same.
                Assert.All(classes, one => Assert.Equal(one.Holds(node), Schedules(Placement.AffinityOf(one), node)));
            }
        }
    }

    [Fact]
    public void Further_selectors_than_there_are_classes_are_told()
    {
        var profiles = Enumerable.Range(0, Placement.ClassesMax + 2)
            .Select(number => Profiles.Of($"p{number:00}", Selecting("rack", $"{number}")));
        var (classes, left) = Placement.Of(profiles);
        Assert.Equal((Placement.ClassesMax, 2), (classes.Count, left.Count));
    }

    /// <summary>Each of four labels is a way not to be one of those nodes, and ways multiply.</summary>
    [Fact]
    public void Affinities_stay_within_their_bound()
    {
        var profiles = Enumerable.Range(0, Placement.ClassesMax).Select(number => Profiles.Of(
            $"p{number}",
            """{"targets": {"nodeSelector": {"matchLabels": {"a": "N", "b": "N", "c": "N", "d": "N"}}}}"""
                .Replace("N", $"{number}")));
        var (classes, left) = Placement.Of(profiles);
        Assert.Equal((5, 3), (classes.Count, left.Count));
        Assert.All(classes, one => Assert.InRange(Terms(one), 1, Placement.TermsMax));
    }

    private static int Terms(PlacementClass one) => Placement.AffinityOf(one)!
        ["requiredDuringSchedulingIgnoredDuringExecution"]!["nodeSelectorTerms"]!.AsArray().Count;

    private static string Selecting(string key, string value) =>
        """{"targets": {"nodeSelector": {"matchLabels": {"KEY": "VALUE"}}}}"""
            .Replace("KEY", key).Replace("VALUE", value);

    private static string Scoped(string key, string value) =>
        Selecting(key, value).Replace("{\"targets\"", "{\"scope\": \"Cluster\", \"targets\"");

    private static IEnumerable<Dictionary<string, string>> Nodes() =>
        from zone in s_values
        from disk in s_values
        from team in s_values.Append("")
        select new Dictionary<string, string> { ["zone"] = zone, ["disk"] = disk, ["team"] = team };

    private static bool Schedules(JsonObject? affinity, Dictionary<string, string> node)
    {
        if (affinity is null) return true;

        var terms = affinity["requiredDuringSchedulingIgnoredDuringExecution"]!["nodeSelectorTerms"]!.AsArray();
        return terms.Any(term => term!["matchExpressions"]!.AsArray().All(one =>
        {
            var isIn = one!["values"]!.AsArray().Any(value =>
                node.GetValueOrDefault(one["key"]!.GetValue<string>()) == value!.GetValue<string>());
            return one["operator"]!.GetValue<string>() == "In" ? isIn : !isIn;
        }));
    }
}
