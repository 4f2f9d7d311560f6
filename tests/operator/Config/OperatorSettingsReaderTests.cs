using System.Text;
using NetSniff.Operator.Config;

namespace NetSniff.Tests.Operator.Config;

public class OperatorSettingsReaderTests
{
    private const string Least =
        """
        "instance": "ns", "namespace": "a", "sensorsNamespace": "b", "images": {"sensor": "s:1", "worker": "w:1"}
        """;

    [Fact]
    public void The_least_that_makes_sense_has_the_defaults_of_the_rest()
    {
        var settings = Read("{" + Least + """, "tomorrow": {"x": 1}}""", out var problems);
        Assert.Empty(problems);
        Assert.Equal(("10%", "24h", 9464, "Auto"), (
            settings!.Sensor.MaxUnavailable, settings.Worker.Retention.Age, settings.Sensor.HealthPort,
            settings.Worker.Scaling));
    }

    [Fact]
    public void Parts_of_pods_are_kept_as_they_are()
    {
        var settings = Read(
            "{" + Least + """, "worker": {"tolerations": [{"key": "x"}], "topologySpreadConstraints": null}}""", out _);
        Assert.Equal("""[{"key":"x"}]""", settings!.Worker.Tolerations!.ToJsonString());
    }

    [Fact]
    public void All_that_is_wrong_is_told()
    {
        Assert.Null(Read(
            """
            {"instance": "NS", "namespace": "a", "sensorsNamespace": "",
             "images": {"worker": "w:1", "pullPolicy": "no"},
             "worker": {"storage": {"type": "Disk", "size": "much"}, "retention": {"age": "long"}, "scaling": "Yes"}}
            """, out var problems));
        Assert.Equal(
            "images.pullPolicy images.sensor instance sensorsNamespace worker.retention.age worker.scaling "
            + "worker.storage.size worker.storage.type",
            string.Join(' ', problems.Select(problem => problem.Path).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("""{"instance": null}""")]
    [InlineData("""{"worker": {"storage": null}}""")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("""{"sensor": 7}""")]
    public void What_is_no_document_of_this_kind_is_a_problem(string json)
    {
        Assert.Null(Read(json, out var problems));
        Assert.NotEmpty(problems);
    }

    private static OperatorSettings? Read(string json, out IReadOnlyList<NetSniff.Config.ConfigProblem> problems) =>
        OperatorSettingsReader.Read(Encoding.UTF8.GetBytes(json), out problems);
}
