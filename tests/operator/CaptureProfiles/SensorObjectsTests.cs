using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Config;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Sensors;

namespace NetSniff.Tests.Operator.CaptureProfiles;

public class SensorObjectsTests
{
    private static readonly OperatorSettings s_settings = new() { Instance = "ns", Namespace = Profiles.Home };

    [Theory]
    [InlineData("""{"scope": "Cluster"}""", null)]
    [InlineData("""{"scope": "Cluster", "capture": {"bpfFilter": "tcp", "snapLength": 99}}""", null)]
    [InlineData("""{"scope": "Cluster", "capture": {"ring": {"size": "32Mi"}}}""", "Auto FlowHash 33554432")]
    [InlineData("""{"scope": "Cluster", "capture": {"ring": {"fanout": "None"}}}""", "Auto None 0")]
    [InlineData("""{"scope": "Cluster", "capture": {"backend": "Libpcap"}}""", "Libpcap FlowHash 0")]
    [InlineData("""{"scope": "Cluster", "suspend": true, "capture": {"backend": "Libpcap"}}""", null)]
    // Whoever may write profiles of one namespace does not restart everybody's sensors.
    [InlineData("""{"capture": {"ring": {"size": "32Mi"}}}""", null)]
    public void Sensors_are_replaced_for_what_holds_from_their_start_on_and_for_nothing_else(
        string spec, string? expected)
    {
        var profile = Profiles.Of("one", spec);
        var (classes, _) = Placement.Of([profile]);
        var set = new SensorObjects(s_settings, new ObjectNames(s_settings)).DaemonSet(classes[0]);
        var annotations = set["spec"]!["template"]!["metadata"]!["annotations"]!;
        Assert.Equal(expected, annotations[SensorObjects.OpeningAnnotation]?.GetValue<string>());
    }

    [Fact]
    public void A_profile_that_was_placed_elsewhere_and_is_served_here_replaces_the_sensors_too()
    {
        var (classes, _) = Placement.Of(
        [
            Profiles.Of("one", """{"scope": "Cluster", "targets": {"nodeSelector": {"matchLabels": {"a": "1"}}}}"""),
            Profiles.Of("two", """
                {"scope": "Cluster", "targets": {"nodeSelector": {"matchLabels": {"b": "1"}}},
                 "capture": {"ring": {"size": "32Mi"}}}
                """),
        ]);
        Assert.Equal(2, classes.Count);
        var objects = new SensorObjects(s_settings, new ObjectNames(s_settings));
        Assert.All(classes, one => Assert.Equal(
            "Auto FlowHash 33554432",
            objects.DaemonSet(one)["spec"]!["template"]!["metadata"]!["annotations"]![
                SensorObjects.OpeningAnnotation]?.GetValue<string>()));
    }
}
