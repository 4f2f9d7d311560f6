using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Tests.Kube.Resources;

/// <summary>Our checks and the rules' own text say the same.</summary>
public class ResourceReviewTests
{
    [Fact]
    public void Every_example_is_well_and_nothing_that_a_newer_version_says_is_lost()
    {
        var examples = ExampleFiles.All().ToList();
        Assert.Equal(6, examples.Count);
        foreach (var one in examples)
        {
            Assert.Empty(ResourceReview.Of(one));
            Assert.Empty(Cel(one));
        }

        var profile = Object("CaptureProfile", "{}");
        Assert.Empty(ResourceReview.Of(profile));
        profile["spec"]!["tomorrow"] = new JsonArray(1, "two");
        profile["metadata"]!["annotations"] = new JsonObject { ["a"] = "b" };
        var read = ResourceJson.Read<CaptureProfile>(profile);
        Assert.True(JsonNode.DeepEquals(profile, ResourceJson.Write(read)), ResourceJson.Write(read).ToJsonString());
    }

    [Theory]
    [MemberData(nameof(BrokenObjects.OfForm), MemberType = typeof(BrokenObjects))]
    public void What_has_not_the_form_is_told_by_field_and_reason(string kind, string spec, string problem)
    {
        var told = Assert.Single(ResourceReview.Of(Object(kind, spec)));
        Assert.Equal(problem, $"{told.Field} {told.Reason}");
    }

    [Theory]
    [MemberData(nameof(BrokenObjects.OfRules), MemberType = typeof(BrokenObjects))]
    public void What_breaks_a_rule_is_told_as_CEL_tells_it(string kind, string spec, string field)
    {
        var one = Object(kind, spec);
        var told = Assert.Single(ResourceReview.Of(one));
        Assert.Equal((field, "Rule"), (told.Field, told.Reason));
        Assert.Equal((told.Field, told.Text), Assert.Single(Cel(one)));
    }

    public static TheoryData<string, string, string, string> Changes => new()
    {
        { "CaptureProfile", "scope: Namespace", "scope: Cluster", "spec.scope" },
        { "CaptureProfile", "suspend: false", "suspend: true", "" },
        { "CaptureSession", "target: {podNames: [a]}", "target: {podNames: [b]}", "spec" },
        { "CaptureSession", "target: {podNames: [a]}", "target: {podNames: [a]}, filter: tcp", "spec" },
        { "CaptureSession", "target: {podNames: [a]}, filter: udp", "target: {podNames: [a]}, filter: tcp", "spec" },
        { "CaptureSession", "target: {podNames: [a]}, bpfFilter: udp", "target: {podNames: [a]}", "spec" },
        { "CaptureSession", "target: {podNames: [a]}", "target: {podNames: [a]}, window: {before: 1m}", "spec" },
        { "CaptureSession", "target: {podNames: [a]}", "target: {podNames: [a]}, limits: {maxPackets: 1}", "spec" },
        { "CaptureSession", "target: {podNames: [a]}", "target: {podNames: [a]}, format: {merge: Node}", "spec" },
        { "CaptureSession", "target: {podNames: [a]}", "target: {podNames: [a]}, stop: true", "" },
        { "CaptureSession", "target: {podNames: [a]}", "target: {podNames: [a]}, ttlSecondsAfterFinished: 1", "" },
        { "CaptureSession", "target: {podNames: [a]}, stop: true", "target: {podNames: [a]}", "spec.stop" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_may_not_change_is_told_as_CEL_tells_it(string kind, string before, string now, string field)
    {
        var (old, one) = (Object(kind, before), Object(kind, now));
        Assert.Empty(ResourceReview.Of(old));
        var told = ResourceReview.Of(one, old);
        Assert.Equal(field, string.Join(' ', told.Select(problem => problem.Field)));
        Assert.Equal(told.Select(problem => (problem.Field, problem.Text)), Cel(one, old));
    }

    [Fact]
    public void Names_of_profiles_are_short()
    {
        var one = Object("CaptureProfile", "{}", new string('a', 52));
        Assert.Empty(ResourceReview.Of(one));
        one = Object("CaptureProfile", "{}", new string('a', 53));
        Assert.Equal(Assert.Single(ResourceReview.Of(one)).Text, Assert.Single(Cel(one)).Text);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"kind": 7}""")]
    [InlineData("""{"kind": "Pod"}""")]
    [InlineData("""{"kind": "CaptureProfile"}""")]
    [InlineData("""{"kind": "CaptureProfile", "spec": null}""")]
    [InlineData("""{"kind": "CaptureProfile", "spec": [], "metadata": 3}""")]
    [InlineData("""{"kind": "DetectionRule", "spec": {"severity": null, "detector": {"type": 3}}}""")]
    public void Odd_objects_are_problems_and_no_exceptions(string json) =>
        Assert.NotEmpty(ResourceReview.Of(JsonNode.Parse(json)!.AsObject()));

    [Theory]
    [InlineData("1h30m", 5_400_000L)]
    [InlineData("500ms", 500L)]
    [InlineData("1m1ms", 60_001L)]
    [InlineData("99999h", 359_996_400_000)]
    [InlineData("1d", null)]
    [InlineData("123456s", null)]
    public void Durations_are_lengths_of_time(string text, long? milliseconds) =>
        Assert.Equal(milliseconds, new Duration(text).Span()?.TotalMilliseconds is { } span ? (long)span : null);

    /// <summary>A rule that no object here breaks might say anything.</summary>
    [Fact]
    public void Every_rule_is_broken_by_some_object()
    {
        var told = BrokenObjects.OfRules.SelectMany(row => Told(Object(row.Data.Item1, row.Data.Item2)))
            .Concat(Changes.SelectMany(row => Told(
                Object(row.Data.Item1, row.Data.Item3), Object(row.Data.Item1, row.Data.Item2))))
            .Concat(Told(Object("CaptureProfile", "{}", new string('a', 53)))).ToHashSet(StringComparer.Ordinal);
        var rules = CustomResourceDefinitions.Kinds
            .SelectMany(kind => CelRules.Messages(CustomResourceDefinitions.Schema(kind, withRules: true)));
        Assert.Empty(rules.Except(told));

        static IEnumerable<string> Told(JsonObject one, JsonObject? before = null)
        {
            if (before is not null) Assert.Empty(ResourceReview.Of(before));
            return ResourceReview.Of(one, before).Select(problem => problem.Text);
        }
    }

    internal static JsonObject Object(string kind, string spec, string name = "one") => ExampleFiles.Parse($$"""
        apiVersion: netsniff.io/v1alpha1
        kind: {{kind}}
        metadata: {name: {{name}}, namespace: default}
        spec: {{(spec == "{}" ? spec : $"{{{spec}}}")}}
        """).Single();

    /// <summary>The object has had its defaults by now, as on a server.</summary>
    private static IReadOnlyList<(string Field, string Text)> Cel(JsonObject one, JsonObject? before = null)
    {
        var kind = CustomResourceDefinitions.Kinds.Single(kind => kind.Name == one["kind"]!.GetValue<string>());
        return CelRules.Of(CustomResourceDefinitions.Schema(kind, withRules: true), one, before);
    }
}
